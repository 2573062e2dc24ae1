/* Names that a name server may be asked for. Pure. */
#ifndef HR_NET_DNS_NAME_H
#define HR_NET_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

/* Without the dot at the end (RFC 1035: 255 bytes with the lengths of the labels). */
#define HR_DNS_NAME_MAX  253
#define HR_DNS_LABEL_MAX 63
#define HR_DNS_NAME_SIZE (HR_DNS_NAME_MAX + 2) /* with that dot and a zero */

/* Copies a name in lower case, with its dot at the end. NULL, or why no name server is asked for it
 * (static text). */
const char *hr__dns_name_read(struct hr_slice text, char name[HR_DNS_NAME_SIZE]);

#endif
