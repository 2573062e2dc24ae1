/* What the reactors of a client share of a host: breaker and retry budget. */
#include "http_call.h"

int hr__client_hosts_open(hr_http_client *client, const struct hr_http_client_options *options,
                          struct hr_error *error) {
    (void)client, (void)options, (void)error;
    return 0;
}

void hr__client_hosts_close(hr_http_client *client) {
    (void)client;
}
