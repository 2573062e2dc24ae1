/* Making one of AWS's providers for a client. */
#ifndef HR_S3_CREDENTIALS_PROVIDER_H
#define HR_S3_CREDENTIALS_PROVIDER_H

#include "credentials.h"

struct hr__credentials_start {
    struct hr_s3_credentials_provider provider;
    struct hr__credentials *keys; /* the caller's: where nobody has to be asked; NULL else */
};

/* As hr_s3_credentials_new. */
int hr__credentials_provider_make(hr_engine *engine,
                                  const struct hr_s3_credentials_options *options,
                                  struct hr_error *error, struct hr__credentials_start *start);

#endif
