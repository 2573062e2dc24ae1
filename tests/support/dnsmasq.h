/* A dnsmasq of the test's own on the loopback, whose hosts file can be changed while it runs. */
#ifndef TEST_DNSMASQ_H
#define TEST_DNSMASQ_H

#include <stdbool.h>
#include <stdint.h>

struct dnsmasq;

/* Knows of *.test alone: what stands in `hosts` (lines of a hosts file, answered with `ttl_s`) and
 * in the further options `more` (ends with NULL; may be NULL). Listens when it returns. NULL: there
 * is none on this machine. */
struct dnsmasq *dnsmasq_start(const char *hosts, unsigned ttl_s, const char *const *more);
void dnsmasq_stop(struct dnsmasq *dnsmasq);
/* "127.0.0.1:PORT". */
const char *dnsmasq_address(const struct dnsmasq *dnsmasq);
/* Other lines from now on: has been read when it returns. */
void dnsmasq_change(struct dnsmasq *dnsmasq, const char *hosts);
/* How many questions it was asked that its log shows as `question`: "query[A] a.test". */
unsigned dnsmasq_asked(const struct dnsmasq *dnsmasq, const char *question);

/* A UDP port of 127.0.0.1 that is free now. */
uint16_t dnsmasq_free_port(void);

#endif
