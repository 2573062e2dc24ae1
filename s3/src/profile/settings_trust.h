/* The bundle of authorities as an option of TLS. */
#ifndef HR_S3_SETTINGS_TRUST_H
#define HR_S3_SETTINGS_TRUST_H

#include <headrace/s3_client.h>

#include "aws_settings.h"

/* Trusts the file or folder of AWS_CA_BUNDLE, or of the profile's ca_bundle, where the options name
 * no trust. `used` is that value, which tls then borrows; its text is NULL where there is none.
 * HR_ERR_TLS_OPTIONS: it is empty, or cannot be read. */
int hr__s3_settings_trust(const struct hr__s3_settings *settings, struct hr_tls_options *tls,
                          struct hr_error *error, struct hr__s3_value *used);

#endif
