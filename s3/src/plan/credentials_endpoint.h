/* Where STS and single sign-on are. Pure. */
#ifndef HR_S3_CREDENTIALS_ENDPOINT_H
#define HR_S3_CREDENTIALS_ENDPOINT_H

#include "credentials_plan.h"

enum hr__credentials_service { HR__SERVICE_STS, HR__SERVICE_SSO };

/* The region of STS: the option, AWS_REGION, AWS_DEFAULT_REGION, the profile's; empty: none. */
struct hr_slice hr__credentials_region(const struct hr__credentials_plan *plan);

/* Writes the URL without a slash at its end: a configured one, else AWS's of the region (of STS
 * empty: the global one). `region` becomes the one to sign for. HR_ERR_S3_REGION_INVALID,
 * HR_ERR_S3_ENDPOINT_INVALID, HR_ERR_S3_CREDENTIALS (a setting that means nothing); `error` names
 * it. */
int hr__credentials_service_url(const struct hr__credentials_plan *plan,
                                enum hr__credentials_service service, struct hr_slice *region,
                                struct hr__writer *out, struct hr_error *error);

#endif
