/* The table of operations. */
#ifndef HR_S3_ROWS_H
#define HR_S3_ROWS_H

#include "s3_row.h"

/* By kind. */
extern const struct hr__s3_row hr__s3_rows[HR__S3_KINDS];

#endif
