/* What every request of a client begins with: base URL, fields, credentials. */
#include "http_call.h"

int hr__client_fields_open(hr_http_client *client, const struct hr_http_client_options *options,
                           struct hr_error *error) {
    (void)client, (void)options, (void)error;
    return 0;
}

void hr__client_fields_close(hr_http_client *client) {
    (void)client;
}
