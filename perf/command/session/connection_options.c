/* The options of a connection: their table, and what the client makes of them. */
#include <stddef.h>
#include <string.h>

#include "session.h"

#define CONNECTION(field) offsetof(struct connection_options, field)

const struct option store_table[] = {
    {"endpoint", "URL", OPTION_STRING, CONNECTION(endpoint),
     .environment = "S3_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL",
     .environment_elsewhere = true, .check = not_empty_check, .aliases = "endpoint-url",
     .help = "The store, as https://HOST:PORT or http://HOST:PORT"},
    {"timeout", "DURATION", OPTION_DURATION, CONNECTION(timeout_ms), .max = UINT32_MAX - 1,
     .help = "Longest time for one request, retries included (default none)"},
    {"literal", NULL, OPTION_FLAG, CONNECTION(literal),
     .help = "*, ? and [ in s3://BUCKET/KEY stand for themselves; without it they are refused, "
             "since wildcards are not part of this version"},
    {.name = NULL}};

const struct option store_table_bench[] = {
    {"endpoint", "URL", OPTION_STRING, CONNECTION(endpoint), .check = not_empty_check,
     .help =
         "The store, as https://HOST:PORT or http://HOST:PORT (default: 'serve s3' as a child on "
         "a free port)"},
    {"timeout", "DURATION", OPTION_DURATION, CONNECTION(timeout_ms), .standard = "60s", .min = 1,
     .max = UINT32_MAX - 1, .help = "Longest time for one operation, retries included"},
    {.name = NULL}};

const struct option connection_table[] = {
    {"region", "REGION", OPTION_STRING, CONNECTION(region),
     .environment = "AWS_REGION, AWS_DEFAULT_REGION", .environment_elsewhere = true,
     .check = not_empty_check, .help = "The region to sign for (default us-east-1)"},
    {"access-key", "KEY", OPTION_STRING, CONNECTION(access_key), .environment = "AWS_ACCESS_KEY_ID",
     .environment_elsewhere = true, .check = not_empty_check,
     .help = "Access key; together with --secret-key"},
    {"secret-key", "KEY", OPTION_STRING, CONNECTION(secret_key),
     .environment = "AWS_SECRET_ACCESS_KEY", .environment_elsewhere = true,
     .check = not_empty_check,
     .help = "Secret key; others see a command line in the process list, so prefer the variable "
             "(and AWS_SESSION_TOKEN)"},
    {"addressing", "STYLE", OPTION_CHOICE, CONNECTION(addressing), .choices = "auto|path|virtual",
     .standard = "auto",
     .help = "auto, path or virtual (where the host is a name): where the bucket's name stands"},
    {"resolve", "HOST:PORT:ADDRESS", OPTION_LIST, CONNECTION(resolve), .check = resolve_check,
     .help =
         "Use this address for HOST and PORT (* is every port, *.SUFFIX any host under it); may "
         "be repeated"},
    {"nameserver", "ADDRESS", OPTION_STRING, CONNECTION(nameservers), .check = not_empty_check,
     .help = "Ask this name server instead of the system's, ADDRESS or ADDRESS:PORT, more behind "
             "commas"},
    {"ipv4", NULL, OPTION_FLAG, CONNECTION(ipv4), .short_name = '4',
     .help = "Connect to IPv4 addresses only"},
    {"ipv6", NULL, OPTION_FLAG, CONNECTION(ipv6), .short_name = '6',
     .help = "Connect to IPv6 addresses only"},
    {"proxy", "URL", OPTION_STRING, CONNECTION(proxy),
     .help = "Go through this proxy, http://[USER:PASSWORD@]HOST[:PORT] (default: http_proxy, "
             "https_proxy, all_proxy and no_proxy); '' is none"},
    {"no-proxy", "HOSTS", OPTION_STRING, CONNECTION(no_proxy),
     .help = "Hosts that --proxy is not asked for, as NO_PROXY"},
    {"lenient", NULL, OPTION_FLAG, CONNECTION(lenient),
     .help = "Take what careless stores send: bare line feeds, Content-Length twice, blanks behind "
             "a chunk's size, an end of TLS that is not announced"},
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
    struct hr_http_client_options *http = &client->http;
    client->endpoint = options->endpoint;
    client->region = options->region;
    client->access_key = options->access_key;
    client->secret_key = options->secret_key;
    client->addressing = (enum hr_s3_addressing)options->addressing;
    http->retry.attempts_max = options->attempts == 1 ? HR_NO_RETRY : (uint32_t)options->attempts;
    resolve_fill(&options->resolve, &settings->resolve);
    http->resolver.entries = settings->resolve.entries;
    http->resolver.entry_count = settings->resolve.count;
    http->resolver.nameservers = options->nameservers;
    http->resolver.ipv4_only = options->ipv4;
    http->resolver.ipv6_only = options->ipv6;
    http->proxy.url = options->proxy;
    http->proxy.no_proxy = options->no_proxy;
    http->on_notice = output_notice;
    http->proxy.from_environment = true;
    http->response.lenient = options->lenient;
    return tls_values_fill(&options->tls, &http->tls);
}
