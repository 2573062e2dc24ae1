/* The files of AWS on disk: where they are, and their bytes in memory that no core file has. */
#ifndef HR_S3_PROFILE_FILE_H
#define HR_S3_PROFILE_FILE_H

#include "profile_parse.h"

/* Memory for so many bytes, none of them used so far. -ENOMEM. */
int hr__profile_file_init(struct hr__profile_file *file, size_t capacity);
/* Wipes. Zeroed is empty. */
void hr__profile_file_deinit(struct hr__profile_file *file);

/* Reads the file at file->path, none where that is empty. One that is missing has no bytes; so has
 * one that is not `named` and stands where this process may not look. HR_ERR_S3_PROFILE, -ENOMEM.
 */
int hr__profile_file_read(struct hr__profile_file *file, bool named, struct hr_error *error);

#endif
