/* A folder of a test's own. */
#ifndef HR_TEST_SCRATCH_FOLDER_H
#define HR_TEST_SCRATCH_FOLDER_H

#include <stddef.h>

#define SCRATCH_PATH_SIZE 256

extern char scratch_folder[SCRATCH_PATH_SIZE];

void scratch_make(void);
void scratch_remove(void);
/* The path of a name in it; good for the next seven calls. */
const char *scratch_at(const char *name);
/* A new file, which its owner alone may read. */
void scratch_write(const char *name, const char *text);
void scratch_write_bytes(const char *name, const char *bytes, size_t size);

#endif
