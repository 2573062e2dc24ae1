/* The hosts file (hosts(5)): names and addresses, read once, searched by name. Pure. */
#ifndef HR_NET_HOSTS_FILE_H
#define HR_NET_HOSTS_FILE_H

#include "resolve.h"

#define HR_HOSTS_BYTES_MAX (16u << 20)

struct hr_hosts;

/* Reads the file's text, which is copied. Malformed lines are passed over, as other resolvers do.
 * -ENOMEM. */
int hr__hosts_new(struct hr_slice text, struct hr_hosts **hosts);
void hr__hosts_free(struct hr_hosts *hosts);
/* Whether it was made of exactly this text. */
bool hr__hosts_same(const struct hr_hosts *hosts, struct hr_slice text);
/* Appends the addresses of `name` (lower case, no dot at the end) in the order of their lines,
 * ports 0; `family` AF_UNSPEC takes both. Returns how many. */
unsigned hr__hosts_find(const struct hr_hosts *hosts, struct hr_slice name, int family,
                        struct hr_addresses *addresses);

#endif
