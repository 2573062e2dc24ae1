/* Names of DNS: one label of a host. Pure. */
#ifndef HR_S3_HOST_LABEL_H
#define HR_S3_HOST_LABEL_H

#include <stdbool.h>

#include <headrace/slice.h>

#define HR__HOST_LABEL_MAX 63 /* bytes (RFC 1035 2.3.4) */

/* One label (RFC 1123 2.1): 1 to 63 letters, digits, and hyphens inside. Everything that is put
 * into a host passes here first. */
bool hr__host_label(struct hr_slice text);

/* Whether four groups of one to three digits stand there, as in an IPv4 address. */
bool hr__host_label_like_ipv4(struct hr_slice text);

#endif
