/* Environment variables. */
#ifndef HR_S3_ENVIRONMENT_H
#define HR_S3_ENVIRONMENT_H

/* The variable's value; NULL where it is not set, or set to nothing. */
const char *hr__environment(const char *name);

#endif
