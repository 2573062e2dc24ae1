/* The hosts of AWS's own endpoints: SERVICE[-fips][-ZONE][.dualstack][.REGION].SUFFIX. Pure. */
#ifndef HR_S3_AWS_HOST_H
#define HR_S3_AWS_HOST_H

#include "endpoint.h"

/* One such host. */
struct hr__aws_host {
    const char *service;
    struct hr_slice zone;   /* empty: none */
    struct hr_slice region; /* a host label; empty: not in the host */
    const char *suffix;
    bool fips, dual_stack;
};

/* Sets host, scheme, port and path of an endpoint. Labels and a suffix always fit. */
void hr__aws_host_set(const struct hr__aws_host *host, struct hr__endpoint *endpoint);

/* The host of S3 in the endpoint's region. */
void hr__aws_host_default(struct hr__endpoint *endpoint);

#endif
