/* What the connections of a client are made with: names, TLS, proxies. */
#include "http_call.h"

int hr__client_network_open(hr_http_client *client, const struct hr_http_client_options *options,
                            struct hr_error *error) {
    (void)client, (void)options, (void)error;
    return 0;
}

void hr__client_network_close(hr_http_client *client) {
    (void)client;
}
