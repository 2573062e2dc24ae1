/* The fault proxy of a bench. */
#include "bench_faults.h"

#include <stdio.h>

#include <headrace/url.h>

int bench_faults_read(struct bench_faults *faults, const struct option_list *rules, uint64_t seed,
                      bool json) {
    struct hr_error error = {0};
    faults->report.script = &faults->script;
    faults->report.seed = seed;
    for (size_t i = 0; i < rules->count; i++)
        if (fault_script_add(&faults->script, hr_slice_of(rules->items[i]), 0, &error) != 0)
            return output_failed_as(EXIT_USAGE, json, error.code, "--fault %s", error.message);
    return EXIT_DONE;
}

/* "HOST:PORT" of an endpoint. 0 or -1. */
static int address_of(const char *endpoint, char to[BENCH_FAULTS_TEXT]) {
    struct hr_url url;
    struct hr_error error = {0};
    if (hr_url_parse(hr_slice_of(endpoint), &error, &url) != 0 || url.tls) return -1;
    if (url.path.size > 1 || url.userinfo.size) return -1;
    int size = snprintf(to, BENCH_FAULTS_TEXT, url.ipv6 ? "[%.*s]:%u" : "%.*s:%u",
                        (int)url.host.size, url.host.data, (unsigned)url.port);
    return size > 0 && size < BENCH_FAULTS_TEXT ? 0 : -1;
}

static int start_proxy(struct bench_faults *faults, const char *to, unsigned connections,
                       bool json) {
    const struct fault_proxy_options options = {.listen = "127.0.0.1:0",
                                                .to = to,
                                                .script = &faults->script,
                                                .seed = faults->report.seed,
                                                .connections_max = connections};
    struct hr_error error = {0};
    int err = fault_proxy_new(faults->on.engine, &options, &faults->report.outcome, &error,
                              &faults->proxy);
    if (err) return output_failed(json, err, "--fault: %s", error.message);
    snprintf(faults->endpoint, sizeof faults->endpoint, "http://127.0.0.1:%u",
             (unsigned)fault_proxy_port(faults->proxy));
    return EXIT_DONE;
}

int bench_faults_check(const char *endpoint) {
    char to[BENCH_FAULTS_TEXT];
    if (address_of(endpoint, to) == 0) return EXIT_DONE;
    output_complain("--fault needs an endpoint http://HOST:PORT without a path: what is encrypted "
                    "cannot be read by a proxy ('proxy faults --tcp' passes it through)");
    return EXIT_USAGE;
}

int bench_faults_open(struct bench_faults *faults, const char *endpoint, unsigned connections,
                      const struct engine_options *engine, bool json) {
    char to[BENCH_FAULTS_TEXT];
    if (address_of(endpoint, to) != 0) return bench_faults_check(endpoint);
    int code = session_engine_open(engine, 1, json, &faults->on);
    if (code) return code;
    code = start_proxy(faults, to, connections, json);
    if (!code) return EXIT_DONE;
    hr_engine_close(faults->on.engine, NULL, NULL);
    faults->on.engine = NULL;
    return code;
}

void bench_faults_close(struct bench_faults *faults, struct session *session) {
    if (!faults->proxy) return;
    fault_proxy_close(faults->proxy, session_client_closed, session);
    session_wait_closed(session);
    faults->proxy = NULL;
    hr_engine_close(faults->on.engine, NULL, NULL);
    faults->on.engine = NULL;
}
