/* Options of TLS, names, proxies and time-outs: their tables, and what a client makes of them. */
#include "network_options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <headrace/text.h>

#include "output.h"
#include "shown.h"

/* The parts of HOST:PORT:ADDRESS, slices of it. */
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
    /* An IPv6 address stands in brackets. */
    const char *close = *text == '[' ? strchr(text, ']') : NULL;
    const char *first = close ? close + 1 : strchr(text, ':');
    const char *second = first && *first == ':' ? strchr(first + 1, ':') : NULL;
    if (!second || first == text) return -EINVAL;
    parts->host = close ? hr_slice_bytes(text + 1, (size_t)(close - text - 1))
                        : hr_slice_bytes(text, (size_t)(first - text));
    struct hr_slice port = hr_slice_bytes(first + 1, (size_t)(second - first - 1));
    parts->port = 0;
    if (!hr_slice_equal(port, hr_slice_of("*")) && read_port(port, &parts->port) != 0)
        return -EINVAL;
    return split_address(second + 1, parts);
}

/* Whether this host has the interface of a zone ("fe80::1%eth0"), the library says. */
static bool is_numeric(struct hr_slice address) {
    char text[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    const char *zone = address.size ? memchr(address.data, '%', address.size) : NULL;
    if (zone) address.size = (size_t)(zone - address.data);
    if (address.size >= sizeof text) return false;
    hr_text_copy(text, sizeof text, address);
    return inet_pton(AF_INET, text, &parsed) == 1 || inet_pton(AF_INET6, text, &parsed) == 1;
}

int resolve_check(const char *text, char *why, size_t why_size) {
    struct resolve_parts parts;
    if (strlen(text) >= 300) {
        snprintf(why, why_size, "the entry is too long");
        return -1;
    }
    if (split_resolve(text, &parts) != 0) {
        snprintf(why, why_size, "'%s' is not HOST:PORT:ADDRESS", shown_argument(text));
        return -1;
    }
    if (!is_numeric(parts.address)) {
        snprintf(why, why_size, "'%s': the address is not a numeric one", shown_argument(text));
        return -1;
    }
    return 0;
}

void resolve_fill(const struct option_list *list, struct resolve_settings *settings) {
    settings->count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct resolve_parts parts;
        struct hr_resolve_entry *entry = &settings->entries[i];
        char *text = settings->text[i];
        split_resolve(list->items[i], &parts);
        size_t size = hr_text_copy(text, 260, parts.host);
        entry->host = text;
        entry->port = parts.port;
        entry->to_port = parts.to_port;
        entry->address = text + size + 1;
        hr_text_copy(text + size + 1, sizeof settings->text[i] - size - 1, parts.address);
    }
}

int not_empty_check(const char *text, char *why, size_t why_size) {
    if (*text) return 0;
    snprintf(why, why_size, "the value is empty");
    return -1;
}

int header_read(const char *text, struct hr_http_field *field) {
    const char *colon = strchr(text, ':');
    if (!colon || colon == text) return -1;
    field->name = hr_slice_bytes(text, (size_t)(colon - text));
    field->value = hr_slice_of(colon + 1 + strspn(colon + 1, " \t"));
    while (field->value.size > 0 && strchr(" \t", field->value.data[field->value.size - 1]))
        field->value.size--;
    return 0;
}

int header_check(const char *text, char *why, size_t why_size) {
    struct hr_http_field field;
    if (header_read(text, &field) == 0) return 0;
    snprintf(why, why_size, "'%.100s' is not 'Name: value'", shown_argument(text));
    return -1;
}

#define TLS(field) offsetof(struct tls_values, field)
const struct option tls_table[] = {
    {"ca-file", "FILE", OPTION_STRING, TLS(ca_file), .check = not_empty_check, .aliases = "cacert",
     .help = "Trust these certificates (PEM) instead of the system's"},
    {"ca-directory", "FOLDER", OPTION_STRING, TLS(ca_directory), .check = not_empty_check,
     .aliases = "capath", .help = "Trust the certificates of this folder, as c_rehash leaves it"},
    {"insecure", NULL, OPTION_FLAG, TLS(insecure), .short_name = 'k',
     .help = "Accept any certificate for any name: for tests only"},
    {"cert", "FILE", OPTION_STRING, TLS(certificate), .check = not_empty_check, .short_name = 'E',
     .help = "What this client shows (PEM, the chain behind the certificate); together with --key"},
    {"key", "FILE", OPTION_STRING, TLS(key), .check = not_empty_check,
     .help = "The private key of --cert (PEM)"},
    {"pin", "KEYS", OPTION_STRING, TLS(pinned_keys), .check = not_empty_check,
     .aliases = "pinnedpubkey",
     .help = "The server's public key must be one of these: sha256//BASE64, more behind ';'"},
    {"tls-min", "VERSION", OPTION_CHOICE, TLS(version_min), .choices = "1.2|1.3", .standard = "1.2",
     .help = "The oldest version of TLS that is spoken: 1.2 or 1.3"},
    {"tlsv1.2", NULL, OPTION_CHOICE, TLS(version_min), .choices = "1.2|1.3", .fixed = "1.2",
     .help = "--tls-min 1.2"},
    {"tlsv1.3", NULL, OPTION_CHOICE, TLS(version_min), .choices = "1.2|1.3", .fixed = "1.3",
     .help = "--tls-min 1.3"},
    {.name = NULL}};

int tls_values_fill(const struct tls_values *values, struct hr_tls_options *options) {
    if (!values->certificate != !values->key) {
        output_complain("--%s is given without --%s: they go together",
                        values->certificate ? "cert" : "key", values->certificate ? "key" : "cert");
        return EXIT_USAGE;
    }
    options->insecure = values->insecure;
    options->ca_file = values->ca_file;
    options->ca_directory = values->ca_directory;
    options->certificate_file = values->certificate;
    options->key_file = values->key;
    options->pinned_keys = values->pinned_keys;
    options->version_min = values->version_min ? HR_TLS_1_3 : HR_TLS_1_2;
    return EXIT_DONE;
}

#define CLIENT(field) offsetof(struct client_values, field)
const struct option client_table[] = {
    {"resolve", "HOST:PORT:ADDRESS", OPTION_LIST, CLIENT(resolve), .check = resolve_check,
     .help = "Use this address for HOST and PORT (* is every port, *.SUFFIX any host under it); "
             "may be repeated"},
    {"nameserver", "ADDRESS", OPTION_STRING, CLIENT(nameservers), .check = not_empty_check,
     .aliases = "dns-servers",
     .help = "Ask this name server instead of the system's, ADDRESS or ADDRESS:PORT, more behind "
             "commas"},
    {"ipv4", NULL, OPTION_FLAG, CLIENT(ipv4), .short_name = '4',
     .help = "Connect to IPv4 addresses only"},
    {"ipv6", NULL, OPTION_FLAG, CLIENT(ipv6), .short_name = '6',
     .help = "Connect to IPv6 addresses only"},
    {"proxy", "URL", OPTION_STRING, CLIENT(proxy), .short_name = 'x', .secret = true,
     .help = "Go through this proxy, http://[USER:PASSWORD@]HOST[:PORT] (default: http_proxy, "
             "https_proxy, all_proxy and no_proxy; bench http: none); '' is none"},
    {"no-proxy", "HOSTS", OPTION_STRING, CLIENT(no_proxy), .aliases = "noproxy",
     .help = "Hosts that --proxy is not asked for, as NO_PROXY"},
    {"lenient", NULL, OPTION_FLAG, CLIENT(lenient),
     .help =
         "Take what careless servers send: bare line feeds, Content-Length twice, blanks behind "
         "a chunk's size, an end of TLS that is not announced"},
    {.name = NULL}};

void client_values_fill(const struct client_values *values, struct resolve_settings *settings,
                        struct hr_http_client_options *options) {
    resolve_fill(&values->resolve, settings);
    options->resolver.entries = settings->entries;
    options->resolver.entry_count = settings->count;
    options->resolver.nameservers = values->nameservers;
    options->resolver.ipv4_only = values->ipv4;
    options->resolver.ipv6_only = values->ipv6;
    options->proxy.url = values->proxy;
    options->proxy.no_proxy = values->no_proxy;
    options->on_notice = output_notice;
    options->response.lenient = values->lenient;
}

#define NETWORK(field) offsetof(struct network_values, field)
const struct option network_table[] = {
    {"unix-socket", "PATH", OPTION_STRING, NETWORK(unix_socket), .check = not_empty_check,
     .help = "Connect to this socket, whatever the URL's host"},
    {"connect-timeout", "DURATION", OPTION_SECONDS, NETWORK(connect_timeout_ms),
     .max = UINT32_MAX - 1,
     .help = "Longest time for each of the name, the connection and the handshake (default 5s, "
             "10s, 10s)"},
    {"first-byte-timeout", "DURATION", OPTION_SECONDS, NETWORK(first_byte_timeout_ms), .min = 1,
     .max = UINT32_MAX - 1,
     .help = "Longest time from the request's end to the response's first byte (default 30s)"},
    {"stall-timeout", "DURATION", OPTION_SECONDS, NETWORK(stall_timeout_ms), .min = 1,
     .max = UINT32_MAX - 1, .help = "Longest time in which no byte moves (default 30s)"},
    {.name = NULL}};

void network_values_fill(const struct network_values *values, struct resolve_settings *settings,
                         struct hr_http_client_options *options) {
    client_values_fill(&values->client, settings, options);
    options->unix_socket = values->unix_socket;
    uint32_t connect_ms = (uint32_t)values->connect_timeout_ms;
    options->timeouts.resolve_timeout_ms = connect_ms;
    options->timeouts.connect_timeout_ms = connect_ms;
    options->timeouts.handshake_timeout_ms = connect_ms;
    options->timeouts.first_byte_timeout_ms = (uint32_t)values->first_byte_timeout_ms;
    options->timeouts.stall_timeout_ms = (uint32_t)values->stall_timeout_ms;
}
