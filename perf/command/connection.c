/* The options of a connection: their table, and what the client makes of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <headrace/text.h>

#include "session.h"

/* The form of curl's --resolve: HOST:PORT:ADDRESS, the address of version 6 with brackets or not;
 * port 0 or * is every port; behind the address a port of its own may stand when it has brackets or
 * is of version 4. Slices of `text`. */
struct resolve_parts {
    struct hr_slice host, address;
    uint16_t port, to_port;
};

static int read_port(struct hr_slice text, uint16_t *port) {
    uint64_t value;
    if (hr_text_u64(text, UINT16_MAX, &value) != 0) return -EINVAL;
    *port = (uint16_t)value;
    return 0;
}

/* ADDRESS, [ADDRESS], ADDRESS4:PORT or [ADDRESS]:PORT. */
static int split_address(const char *text, struct resolve_parts *parts) {
    const char *rest = "";
    if (*text == '[') {
        const char *close = strchr(text, ']');
        if (!close) return -EINVAL;
        parts->address = hr_slice_bytes(text + 1, (size_t)(close - text - 1));
        rest = close + 1;
    } else {
        const char *colon = strchr(text, ':');
        bool version6 = colon && strchr(colon + 1, ':');
        parts->address =
            hr_slice_bytes(text, colon && !version6 ? (size_t)(colon - text) : strlen(text));
        rest = text + parts->address.size;
    }
    parts->to_port = 0;
    if (!*rest) return 0;
    return *rest == ':' ? read_port(hr_slice_of(rest + 1), &parts->to_port) : -EINVAL;
}

static int split_resolve(const char *text, struct resolve_parts *parts) {
    const char *first = strchr(text, ':'), *second = first ? strchr(first + 1, ':') : NULL;
    if (!second || first == text) return -EINVAL;
    parts->host = hr_slice_bytes(text, (size_t)(first - text));
    struct hr_slice port = hr_slice_bytes(first + 1, (size_t)(second - first - 1));
    parts->port = 0;
    if (!hr_slice_equal(port, hr_slice_of("*")) && read_port(port, &parts->port) != 0)
        return -EINVAL;
    return split_address(second + 1, parts);
}

static bool is_numeric(struct hr_slice address) {
    char text[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    if (address.size >= sizeof text) return false;
    hr_text_copy(text, sizeof text, address);
    return inet_pton(AF_INET, text, &parsed) == 1 || inet_pton(AF_INET6, text, &parsed) == 1;
}

static int check_resolve(const char *text, char *why, size_t why_size) {
    struct resolve_parts parts;
    if (strlen(text) >= 300) {
        snprintf(why, why_size, "the entry is too long");
        return -1;
    }
    if (split_resolve(text, &parts) != 0) {
        snprintf(why, why_size, "'%s' is not HOST:PORT:ADDRESS", text);
        return -1;
    }
    if (!is_numeric(parts.address)) {
        snprintf(why, why_size, "'%s': the address is not a numeric one", text);
        return -1;
    }
    return 0;
}

static int check_not_empty(const char *text, char *why, size_t why_size) {
    if (*text) return 0;
    snprintf(why, why_size, "the value is empty");
    return -1;
}

#define CONNECTION(field) offsetof(struct connection_options, field)

const struct option store_table[] = {
    {"endpoint", "URL", OPTION_STRING, CONNECTION(endpoint), .environment = "S3_ENDPOINT_URL",
     .environment_elsewhere = true, .check = check_not_empty,
     .help = "The store, as http://HOST:PORT"},
    {"timeout", "DURATION", OPTION_DURATION, CONNECTION(timeout_ms), .max = UINT32_MAX - 1,
     .help = "Longest time for one request, retries included (default none)"},
    {.name = NULL}};

const struct option store_table_bench[] = {
    {"endpoint", "URL", OPTION_STRING, CONNECTION(endpoint), .check = check_not_empty,
     .help = "The store, as http://HOST:PORT (default: 'serve s3' as a child on a free port)"},
    {"timeout", "DURATION", OPTION_DURATION, CONNECTION(timeout_ms), .standard = "60s", .min = 1,
     .max = UINT32_MAX - 1, .help = "Longest time for one operation, retries included"},
    {.name = NULL}};

const struct option connection_table[] = {
    {"region", "REGION", OPTION_STRING, CONNECTION(region), .environment = "AWS_REGION",
     .standard = "us-east-1", .check = check_not_empty, .help = "The region to sign for"},
    {"access-key", "KEY", OPTION_STRING, CONNECTION(access_key), .environment = "AWS_ACCESS_KEY_ID",
     .environment_elsewhere = true, .check = check_not_empty,
     .help = "Access key; together with --secret-key"},
    {"secret-key", "KEY", OPTION_STRING, CONNECTION(secret_key),
     .environment = "AWS_SECRET_ACCESS_KEY", .environment_elsewhere = true,
     .check = check_not_empty,
     .help = "Secret key; others see a command line in the process list, so prefer the variable "
             "(and AWS_SESSION_TOKEN)"},
    {"addressing", "STYLE", OPTION_CHOICE, CONNECTION(addressing), .choices = "auto|path|virtual",
     .standard = "auto",
     .help = "auto, path or virtual (where the host is a name): where the bucket's name stands"},
    {"resolve", "HOST:PORT:ADDRESS", OPTION_LIST, CONNECTION(resolve), .check = check_resolve,
     .help =
         "Use this address for HOST and PORT (* is every port, *.SUFFIX any host under it); may "
         "be repeated"},
    {"attempts", "N", OPTION_UINT, CONNECTION(attempts), .standard = "4", .min = 1, .max = 100,
     .help = "Attempts per request, the first one counted"},
    {.name = NULL}};

int connection_settings_fill(const struct connection_options *options,
                             struct connection_settings *settings) {
    memset(settings, 0, sizeof *settings);
    if (!options->access_key != !options->secret_key) {
        output_complain("--%s is given without --%s: they go together",
                        options->access_key ? "access-key" : "secret-key",
                        options->access_key ? "secret-key" : "access-key");
        return EXIT_USAGE;
    }
    struct hr_s3_client_options *client = &settings->client;
    client->endpoint = options->endpoint;
    client->region = options->region;
    client->access_key = options->access_key;
    client->secret_key = options->secret_key;
    client->addressing = (enum hr_s3_addressing)options->addressing;
    client->attempts_max = options->attempts == 1 ? HR_NO_RETRY : (uint32_t)options->attempts;
    client->resolve = settings->resolve;
    client->resolve_count = options->resolve.count;
    for (size_t i = 0; i < options->resolve.count; i++) {
        struct resolve_parts parts;
        struct hr_resolve_entry *entry = &settings->resolve[i];
        char *text = settings->text[i];
        split_resolve(options->resolve.items[i], &parts); /* checked when it was read */
        size_t size = hr_text_copy(text, 260, parts.host);
        entry->host = text;
        entry->port = parts.port;
        entry->to_port = parts.to_port;
        entry->address = text + size + 1;
        hr_text_copy(text + size + 1, sizeof settings->text[i] - size - 1, parts.address);
    }
    return EXIT_DONE;
}
