/* The URL of an endpoint, as a user writes it. Pure. */
#ifndef HR_S3_ENDPOINT_URL_H
#define HR_S3_ENDPOINT_URL_H

#include "endpoint.h"

/* Fills scheme, host, port and path. HR_ERR_S3_ENDPOINT_INVALID, with a message that names
 * `source`, which the text came from. */
int hr__endpoint_url_read(const char *text, const char *source, struct hr_error *error,
                          struct hr__endpoint *endpoint);

#endif
