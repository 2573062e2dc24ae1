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
    {"no-sign-request", NULL, OPTION_FLAG, CONNECTION(anonymous), .aliases = "anonymous",
     .help = "Sign nothing: what a bucket lets anybody do needs no credentials"},
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
    {"profile", "NAME", OPTION_STRING, CONNECTION(profile),
     .environment = "AWS_DEFAULT_PROFILE, AWS_PROFILE", .environment_elsewhere = true,
     .help = "The profile of ~/.aws/config and ~/.aws/credentials (default default); an empty one: "
             "no file is read"},
    {"region", "REGION", OPTION_STRING, CONNECTION(region),
     .environment = "AWS_REGION, AWS_DEFAULT_REGION", .environment_elsewhere = true,
     .check = not_empty_check, .help = "The region to sign for (default us-east-1)"},
    {"access-key", "KEY", OPTION_STRING, CONNECTION(access_key), .environment = "AWS_ACCESS_KEY_ID",
     .environment_elsewhere = true, .check = not_empty_check,
     .environment_too = "AWS_SECRET_ACCESS_KEY", .help = "Access key; together with --secret-key"},
    {"secret-key", "KEY", OPTION_STRING, CONNECTION(secret_key),
     .environment = "AWS_SECRET_ACCESS_KEY", .environment_elsewhere = true,
     .check = not_empty_check, .secret = true, .environment_too = "AWS_ACCESS_KEY_ID",
     .help = "Secret key; others see a command line in the process list, so prefer the variable "
             "(and AWS_SESSION_TOKEN)"},
    {"addressing", "STYLE", OPTION_CHOICE, CONNECTION(addressing), .choices = "auto|path|virtual",
     .standard = "auto",
     .help = "auto (or as the profile has it), path or virtual (where the host is a name): where "
             "the bucket's name stands"},
    {"attempts", "N", OPTION_UINT, CONNECTION(attempts), .environment = "AWS_MAX_ATTEMPTS",
     .environment_elsewhere = true, .min = 1, .max = 100,
     .help = "Attempts per request, the first one counted (default 4)"},
    {.name = NULL}};

/* Keys of a file or of variables give way to --no-sign-request; those beside it contradict it. */
static int check_keys(const struct connection_options *options) {
    for (const struct option *option = connection_table; option->name; option++) {
        bool key =
            strcmp(option->name, "access-key") == 0 || strcmp(option->name, "secret-key") == 0;
        if (!options->anonymous || !key || !option_in_words(option)) continue;
        output_complain("--no-sign-request and --%s exclude each other", option->name);
        return EXIT_USAGE;
    }
    if (options->anonymous || !options->access_key == !options->secret_key) return EXIT_DONE;
    output_complain("--%s is given without --%s: they go together",
                    options->access_key ? "access-key" : "secret-key",
                    options->access_key ? "secret-key" : "access-key");
    return EXIT_USAGE;
}

int connection_settings_fill(const struct connection_options *options,
                             struct connection_settings *settings) {
    memset(settings, 0, sizeof *settings);
    int code = check_keys(options);
    if (code) return code;
    struct hr_s3_client_options *client = &settings->client;
    struct hr_http_client_options *http = &client->http;
    client->endpoint = options->endpoint;
    client->profile = options->profile;
    client->region = options->region;
    client->anonymous = options->anonymous;
    client->access_key = options->anonymous ? NULL : options->access_key;
    client->secret_key = options->anonymous ? NULL : options->secret_key;
    client->addressing = (enum hr_s3_addressing)options->addressing;
    http->retry.attempts_max = options->attempts == 1 ? HR_NO_RETRY : (uint32_t)options->attempts;
    client_values_fill(&options->client, &settings->resolve, http);
    http->proxy.from_environment = true;
    return tls_values_fill(&options->tls, &http->tls);
}
