/* --resolve in curl's form, header fields, and what the options of a network mean to a client. */
#include "command_fixture.h"

#include "commands.h"
#include "network_options.h"
#include "output.h"
#include "session.h"

/* curl's manual: "[+]host:port:addr[,addr]", a wildcard port, an IPv6 address in brackets. */
Test(network, resolve) {
    static const struct {
        const char *text, *host;
        unsigned port, to_port;
        const char *address; /* NULL: refused */
    } rows[] = {
        {"example.com:443:127.0.0.1", "example.com", 443, 0, "127.0.0.1"},
        {"example.com:*:127.0.0.1", "example.com", 0, 0, "127.0.0.1"},
        {"example.com:0:127.0.0.1", "example.com", 0, 0, "127.0.0.1"},
        {"*.example.com:80:10.0.0.1", "*.example.com", 80, 0, "10.0.0.1"},
        {"example.com:80:[::1]", "example.com", 80, 0, "::1"},
        {"example.com:80:::1", "example.com", 80, 0, "::1"},
        {"example.com:80:2001:db8::7", "example.com", 80, 0, "2001:db8::7"},
        {"[::1]:80:127.0.0.1", "::1", 80, 0, "127.0.0.1"},
        {"example.com:80:127.0.0.1:8080", "example.com", 80, 8080, "127.0.0.1"},
        {"example.com:80:[::1]:8080", "example.com", 80, 8080, "::1"},
        {"example.com:80:fe80::1%lo", "example.com", 80, 0, "fe80::1%lo"},
        {"example.com:65535:127.0.0.1", "example.com", 65535, 0, "127.0.0.1"},
        {"example.com:65536:127.0.0.1", NULL, 0, 0, NULL},
        {"example.com:80:127.0.0.1:65536", NULL, 0, 0, NULL},
        {"example.com:80:127.0.0.1:", NULL, 0, 0, NULL},
        {"example.com:80:[::1]x", NULL, 0, 0, NULL},
        {"example.com:80:[::1", NULL, 0, 0, NULL},
        {"example.com:80:", NULL, 0, 0, NULL},
        {"example.com:80:localhost", NULL, 0, 0, NULL},
        {"example.com:80:127.0.0.256", NULL, 0, 0, NULL},
        {"example.com:80:127.0.0.1,127.0.0.2", NULL, 0, 0, NULL},
        {"example.com::127.0.0.1", NULL, 0, 0, NULL},
        {"example.com:x:127.0.0.1", NULL, 0, 0, NULL},
        {"example.com:127.0.0.1", NULL, 0, 0, NULL},
        {":80:127.0.0.1", NULL, 0, 0, NULL},
        {"example.com", NULL, 0, 0, NULL},
        {"", NULL, 0, 0, NULL},
        {"[::1]80:127.0.0.1", NULL, 0, 0, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[OPTION_WHY_SIZE] = "";
        int result = resolve_check(rows[i].text, why, sizeof why);
        cr_expect_eq(result, rows[i].address ? 0 : -1, "'%s'", rows[i].text);
        cr_expect_eq(*why != '\0', result != 0, "'%s': %s", rows[i].text, why);
        if (result) continue;
        struct option_list list = {.items = {rows[i].text}, .count = 1};
        static struct resolve_settings settings;
        resolve_fill(&list, &settings);
        cr_assert_eq(settings.count, 1);
        cr_expect_str_eq(settings.entries[0].host, rows[i].host);
        cr_expect_str_eq(settings.entries[0].address, rows[i].address);
        cr_expect_eq(settings.entries[0].port, rows[i].port, "'%s'", rows[i].text);
        cr_expect_eq(settings.entries[0].to_port, rows[i].to_port, "'%s'", rows[i].text);
    }
}

Test(network, resolve_that_is_too_long) {
    char text[400], why[OPTION_WHY_SIZE];
    memset(text, 'a', sizeof text);
    snprintf(text + 300, sizeof text - 300, ":80:127.0.0.1");
    cr_expect_eq(resolve_check(text, why, sizeof why), -1);
    cr_expect_str_eq(why, "the entry is too long");
}

Test(network, headers) {
    static const struct {
        const char *text, *name, *value; /* NULL: refused */
    } rows[] = {{"A: b", "A", "b"},  {"A:b", "A", "b"},      {"A: \tb c \t", "A", "b c"},
                {"A:", "A", ""},     {"A: b:c", "A", "b:c"}, {"A", NULL, NULL},
                {": b", NULL, NULL}, {"", NULL, NULL}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_http_field field;
        char why[160] = "";
        cr_expect_eq(header_read(rows[i].text, &field), rows[i].name ? 0 : -1, "'%s'",
                     rows[i].text);
        cr_expect_eq(header_check(rows[i].text, why, sizeof why), rows[i].name ? 0 : -1);
        if (!rows[i].name) continue;
        cr_expect(hr_slice_equal(field.name, hr_slice_of(rows[i].name)), "'%s'", rows[i].text);
        cr_expect(hr_slice_equal(field.value, hr_slice_of(rows[i].value)), "'%s'", rows[i].text);
    }
}

struct both {
    struct tls_values tls;
    struct network_values network;
};

static const struct command command = {.path = "test",
                                       .arguments = "",
                                       .values_size = sizeof(struct both),
                                       .groups = {{"TLS", tls_table, offsetof(struct both, tls)},
                                                  NETWORK_GROUPS(offsetof(struct both, network))}};

static struct both values;

static void parse(const char *const *words) {
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    cr_assert_eq(fixture_parse(&command, &values, &call, words, why), OPTION_PARSED, "%s", why);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

Test(network, options_of_tls) {
    struct hr_tls_options options = {0};
    PARSE("--cacert", "ca.pem", "--capath", "/ca", "-k", "-E", "c.pem", "--key", "k.pem",
          "--pinnedpubkey", "sha256//x", "--tls-min", "1.3");
    cr_assert_eq(tls_values_fill(&values.tls, &options), EXIT_DONE);
    cr_expect_str_eq(options.ca_file, "ca.pem");
    cr_expect_str_eq(options.ca_directory, "/ca");
    cr_expect_str_eq(options.certificate_file, "c.pem");
    cr_expect_str_eq(options.key_file, "k.pem");
    cr_expect_str_eq(options.pinned_keys, "sha256//x");
    cr_expect(options.insecure);
    cr_expect_eq(options.version_min, HR_TLS_1_3);
    static const char *const versions[][2] = {{"--tlsv1.3", NULL}, {"--tlsv1.2", NULL}};
    for (size_t i = 0; i < 2; i++) {
        parse(versions[i]);
        cr_assert_eq(tls_values_fill(&values.tls, &options), EXIT_DONE);
        cr_expect_eq(options.version_min, i ? HR_TLS_1_2 : HR_TLS_1_3);
        cr_expect_not(options.insecure);
    }
}

Test(network, a_certificate_and_its_key_go_together) {
    static const char *const words[][3] = {{"--cert", "c.pem"}, {"--key", "k.pem"}};
    for (size_t i = 0; i < 2; i++) {
        struct hr_tls_options options = {0};
        int code = -1;
        parse(words[i]);
        CAPTURE(code = tls_values_fill(&values.tls, &options));
        cr_expect_eq(code, EXIT_USAGE);
        cr_expect_eq(strncmp(captured_err,
                             i ? "headrace: --key is given without --cert"
                               : "headrace: --cert is given without --key",
                             39),
                     0, "%s", captured_err);
    }
}

Test(network, options_of_a_network) {
    static struct resolve_settings settings;
    struct hr_http_client_options options = {0};
    PARSE("--resolve", "a:80:127.0.0.1", "--resolve", "b:*:127.0.0.2", "--dns-servers", "192.0.2.1",
          "-4", "-x", "http://p:3128", "--noproxy", "*.local", "--unix-socket", "/s",
          "--connect-timeout", "2.5", "--first-byte-timeout", "7", "--stall-timeout", "1m",
          "--lenient");
    network_values_fill(&values.network, &settings, &options);
    cr_assert_eq(options.resolver.entry_count, 2);
    cr_expect_str_eq(options.resolver.entries[1].host, "b");
    cr_expect_str_eq(options.resolver.nameservers, "192.0.2.1");
    cr_expect(options.resolver.ipv4_only);
    cr_expect_not(options.resolver.ipv6_only);
    cr_expect_str_eq(options.proxy.url, "http://p:3128");
    cr_expect_str_eq(options.proxy.no_proxy, "*.local");
    cr_expect_str_eq(options.unix_socket, "/s");
    cr_expect(options.response.lenient);
    cr_expect_eq(options.timeouts.resolve_timeout_ms, 2500);
    cr_expect_eq(options.timeouts.connect_timeout_ms, 2500);
    cr_expect_eq(options.timeouts.handshake_timeout_ms, 2500);
    cr_expect_eq(options.timeouts.first_byte_timeout_ms, 7000);
    cr_expect_eq(options.timeouts.stall_timeout_ms, 60000);
}

Test(network, nothing_given_is_the_clients_default) {
    static struct resolve_settings settings;
    static const struct hr_http_client_options nothing;
    struct hr_http_client_options options = {0};
    PARSE("--no-ipv4");
    network_values_fill(&values.network, &settings, &options);
    cr_expect_eq(options.resolver.entry_count, 0);
    cr_expect_null(options.proxy.url);
    cr_expect_null(options.unix_socket);
    cr_expect_eq(options.timeouts.connect_timeout_ms, nothing.timeouts.connect_timeout_ms);
    cr_expect_eq(options.timeouts.stall_timeout_ms, nothing.timeouts.stall_timeout_ms);
    cr_expect_not(options.response.lenient);
}

static void parse_store(struct connection_options *connection, const char *const *words) {
    static char room[1 << 16];
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    cr_assert_eq(fixture_parse(&command_s3_cat, room, &call, words, why), OPTION_PARSED, "%s", why);
    memcpy(connection, room, sizeof *connection);
}

Test(network, options_of_a_store) {
    static struct connection_options connection;
    static struct connection_settings settings;
    parse_store(&connection, (const char *const[]){"--endpoint-url",
                                                   "http://h:9000",
                                                   "--region",
                                                   "eu-west-1",
                                                   "--access-key",
                                                   "a",
                                                   "--secret-key",
                                                   "s",
                                                   "--addressing",
                                                   "virtual",
                                                   "--attempts",
                                                   "7",
                                                   "--ipv6",
                                                   "--no-proxy",
                                                   "x",
                                                   "--lenient",
                                                   "--tls-min",
                                                   "1.3",
                                                   "s3://b/k",
                                                   NULL});
    cr_assert_eq(connection_settings_fill(&connection, &settings), EXIT_DONE);
    cr_expect_str_eq(settings.client.endpoint, "http://h:9000");
    cr_expect_str_eq(settings.client.region, "eu-west-1");
    cr_expect_str_eq(settings.client.access_key, "a");
    cr_expect_str_eq(settings.client.secret_key, "s");
    cr_expect_eq(settings.client.addressing, HR_S3_ADDRESSING_VIRTUAL);
    cr_expect_eq(settings.client.http.retry.attempts_max, 7);
    cr_expect(settings.client.http.resolver.ipv6_only);
    cr_expect(settings.client.http.response.lenient);
    cr_expect(settings.client.http.proxy.from_environment);
    cr_expect_eq(settings.client.http.tls.version_min, HR_TLS_1_3);
    parse_store(&connection, (const char *const[]){"--attempts", "1", "s3://b/k", NULL});
    cr_assert_eq(connection_settings_fill(&connection, &settings), EXIT_DONE);
    cr_expect_eq(settings.client.http.retry.attempts_max, HR_NO_RETRY, "the first one is counted");
    cr_expect_eq(settings.client.addressing, HR_S3_ADDRESSING_AUTO);
}

Test(network, half_of_the_credentials_is_refused) {
    static struct connection_options connection;
    static struct connection_settings settings;
    static const char *const words[][4] = {{"--access-key", "a", "s3://b/k"},
                                           {"--secret-key", "s", "s3://b/k"}};
    for (size_t i = 0; i < 2; i++) {
        int code = -1;
        parse_store(&connection, words[i]);
        CAPTURE(code = connection_settings_fill(&connection, &settings));
        cr_expect_eq(code, EXIT_USAGE);
        cr_expect_not_null(strstr(captured_err, "they go together"), "%s", captured_err);
    }
}
