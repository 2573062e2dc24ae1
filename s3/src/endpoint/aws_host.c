/* The hosts of AWS's own endpoints. */
#include "aws_host.h"

#include <assert.h>

#include "partition.h"

static void put_after(struct hr__writer *out, char mark, struct hr_slice text) {
    if (text.size == 0) return;
    hr__put_byte(out, mark);
    hr__put_slice(out, text);
}

void hr__aws_host_set(const struct hr__aws_host *host, struct hr__endpoint *endpoint) {
    struct hr__writer out = hr__writer(endpoint->host, HR__ENDPOINT_HOST_MAX);
    hr__put_text(&out, host->service);
    if (host->fips) hr__put_text(&out, "-fips");
    put_after(&out, '-', host->zone);
    if (host->dual_stack) hr__put_text(&out, ".dualstack");
    put_after(&out, '.', host->region);
    put_after(&out, '.', hr_slice_of(host->suffix));
    *out.at = 0;
    endpoint->tls = endpoint->aws = true;
    endpoint->port = 443;
    endpoint->port_suffix[0] = endpoint->path[0] = 0;
    assert(!out.full);
}

/* The old endpoint, s3.amazonaws.com, has neither FIPS nor dual stack. */
static bool is_global(const struct hr__endpoint *endpoint) {
    if (endpoint->fips || endpoint->dual_stack) return false;
    return endpoint->aws_global || (endpoint->global && strcmp(endpoint->region, "us-east-1") == 0);
}

void hr__aws_host_default(struct hr__endpoint *endpoint) {
    struct hr_slice region = hr_slice_of(endpoint->region);
    struct hr__aws_host host = {
        .service = "s3",
        .region = is_global(endpoint) ? hr_slice_bytes(NULL, 0) : region,
        .suffix = hr__partition_of(region)->suffix,
        .fips = endpoint->fips,
        .dual_stack = endpoint->dual_stack,
    };
    hr__aws_host_set(&host, endpoint);
}
