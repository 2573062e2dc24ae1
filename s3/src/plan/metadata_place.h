/* Where the metadata services are: of containers, and of an instance. Pure. */
#ifndef HR_S3_METADATA_PLACE_H
#define HR_S3_METADATA_PLACE_H

#include "credentials_plan.h"

/* Each writes a URL, with a NUL behind it. HR_ERR_S3_CREDENTIALS: it is none that may be asked;
 * `error` says why. */

/* The URL of a container's credentials: by HTTP from this machine and the three addresses of AWS
 * alone, by HTTPS from anywhere. */
int hr__container_url(const struct hr__credentials_plan *plan, struct hr__writer *out,
                      struct hr_error *error);
/* The instance's service, without a slash at its end. */
int hr__imds_url(const struct hr__credentials_plan *plan, struct hr__writer *out,
                 struct hr_error *error);

#endif
