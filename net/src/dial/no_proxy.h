/* The hosts that are reached without a proxy (NO_PROXY). Pure. */
#ifndef HR_NET_NO_PROXY_H
#define HR_NET_NO_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/error.h>
#include <headrace/url.h>

#define HR_NO_PROXY_ENTRIES_MAX 4096

struct hr_no_proxy {
    struct hr_no_proxy_entry *entries;
    size_t count;
    bool all; /* "*" */
    char *text;
    /* Entries that say nothing here and are passed over: how many, and the first, in `text`. */
    size_t unread_count;
    struct hr_slice unread;
};

/* Entries by comma or blank (NULL: none): "*"; a name, with or without "." or "*." before it, which
 * stands for itself and what is below it; an address; a network (10.0.0.0/8, fd00::/8, 192.168.*);
 * any but a network with ":port" behind it, an IPv6 address then in brackets. An IPv6 address may
 * have a zone ("%eth0"). What is none of these, or one entry too many, is passed over. -ENOMEM. */
int hr__no_proxy_init(struct hr_no_proxy *list, const char *text, struct hr_error *error);
void hr__no_proxy_deinit(struct hr_no_proxy *list);
/* Names are not resolved: a network never matches one. */
bool hr__no_proxy_matches(const struct hr_no_proxy *list, const struct hr_url *url);

#endif
