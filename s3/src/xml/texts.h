/* Memory of the texts of a document: copies that stay where they are, wiped when they go. Pure. */
#ifndef HR_S3_TEXTS_H
#define HR_S3_TEXTS_H

#include <headrace/slice.h>

/* Zeroed at first. Several documents may share it. */
struct hr__texts {
    struct hr__texts_block *blocks;
};

/* A NUL-terminated copy, valid until hr__texts_clear and hr__texts_free. NULL: no memory. */
const char *hr__texts_add(struct hr__texts *texts, struct hr_slice text);
/* Forgets all texts, and keeps memory for others. */
void hr__texts_clear(struct hr__texts *texts);
/* Wipes and frees; it may be used again. */
void hr__texts_free(struct hr__texts *texts);

#endif
