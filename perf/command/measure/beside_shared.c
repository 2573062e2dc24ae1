/* Whether a server runs on this machine. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <headrace/url.h>

#include "bench_beside.h"
#include "resources.h"

#define HOST_MAX 256

static bool is_loopback(const char *host) {
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

unsigned beside_shared_cores(const char *url) {
    struct hr_url parts;
    char host[HOST_MAX], own[HOST_MAX] = "";
    if (hr_url_parse(hr_slice_of(url), NULL, &parts) != 0) return 0;
    snprintf(host, sizeof host, "%.*s", (int)parts.host.size, parts.host.data);
    gethostname(own, sizeof own - 1);
    return is_loopback(host) || strcasecmp(host, own) == 0 ? perf_cores() : 0;
}
