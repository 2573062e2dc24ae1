/* Every option of curl is one of ours or has an answer: the list is that of `curl --help all`, 8.x.
 */
#include "http_fixture.h"

static const char *const curl[] = {"abstract-unix-socket",
                                   "alt-svc",
                                   "anyauth",
                                   "append",
                                   "aws-sigv4",
                                   "basic",
                                   "ca-native",
                                   "cacert",
                                   "capath",
                                   "cert",
                                   "cert-status",
                                   "cert-type",
                                   "ciphers",
                                   "compressed",
                                   "compressed-ssh",
                                   "config",
                                   "connect-timeout",
                                   "connect-to",
                                   "continue-at",
                                   "cookie",
                                   "cookie-jar",
                                   "create-dirs",
                                   "create-file-mode",
                                   "crlf",
                                   "crlfile",
                                   "curves",
                                   "data",
                                   "data-ascii",
                                   "data-binary",
                                   "data-raw",
                                   "data-urlencode",
                                   "delegation",
                                   "digest",
                                   "disable",
                                   "disable-eprt",
                                   "disable-epsv",
                                   "disallow-username-in-url",
                                   "dns-interface",
                                   "dns-ipv4-addr",
                                   "dns-ipv6-addr",
                                   "dns-servers",
                                   "doh-cert-status",
                                   "doh-insecure",
                                   "doh-url",
                                   "dump-header",
                                   "egd-file",
                                   "engine",
                                   "etag-compare",
                                   "etag-save",
                                   "expect100-timeout",
                                   "fail",
                                   "fail-early",
                                   "fail-with-body",
                                   "false-start",
                                   "form",
                                   "form-escape",
                                   "form-string",
                                   "ftp-account",
                                   "ftp-alternative-to-user",
                                   "ftp-create-dirs",
                                   "ftp-method",
                                   "ftp-pasv",
                                   "ftp-port",
                                   "ftp-pret",
                                   "ftp-skip-pasv-ip",
                                   "ftp-ssl-ccc",
                                   "ftp-ssl-ccc-mode",
                                   "ftp-ssl-control",
                                   "get",
                                   "globoff",
                                   "happy-eyeballs-timeout-ms",
                                   "haproxy-clientip",
                                   "haproxy-protocol",
                                   "head",
                                   "header",
                                   "hostpubmd5",
                                   "hostpubsha256",
                                   "hsts",
                                   "http0.9",
                                   "http1.0",
                                   "http1.1",
                                   "http2",
                                   "http2-prior-knowledge",
                                   "http3",
                                   "http3-only",
                                   "ignore-content-length",
                                   "include",
                                   "insecure",
                                   "interface",
                                   "ip-tos",
                                   "ipfs-gateway",
                                   "ipv4",
                                   "ipv6",
                                   "json",
                                   "junk-session-cookies",
                                   "keepalive-cnt",
                                   "keepalive-time",
                                   "key",
                                   "key-type",
                                   "krb",
                                   "libcurl",
                                   "limit-rate",
                                   "list-only",
                                   "local-port",
                                   "location",
                                   "location-trusted",
                                   "login-options",
                                   "mail-auth",
                                   "mail-from",
                                   "mail-rcpt",
                                   "mail-rcpt-allowfails",
                                   "manual",
                                   "max-filesize",
                                   "max-redirs",
                                   "max-time",
                                   "metalink",
                                   "mptcp",
                                   "negotiate",
                                   "netrc",
                                   "netrc-file",
                                   "netrc-optional",
                                   "next",
                                   "no-alpn",
                                   "no-buffer",
                                   "no-clobber",
                                   "no-keepalive",
                                   "no-npn",
                                   "no-progress-meter",
                                   "no-sessionid",
                                   "noproxy",
                                   "ntlm",
                                   "ntlm-wb",
                                   "oauth2-bearer",
                                   "output",
                                   "output-dir",
                                   "parallel",
                                   "parallel-immediate",
                                   "parallel-max",
                                   "pass",
                                   "path-as-is",
                                   "pinnedpubkey",
                                   "post301",
                                   "post302",
                                   "post303",
                                   "preproxy",
                                   "progress-bar",
                                   "proto",
                                   "proto-default",
                                   "proto-redir",
                                   "proxy",
                                   "proxy-anyauth",
                                   "proxy-basic",
                                   "proxy-cacert",
                                   "proxy-capath",
                                   "proxy-cert",
                                   "proxy-digest",
                                   "proxy-header",
                                   "proxy-insecure",
                                   "proxy-key",
                                   "proxy-negotiate",
                                   "proxy-ntlm",
                                   "proxy-pass",
                                   "proxy-pinnedpubkey",
                                   "proxy-tlsv1",
                                   "proxy-user",
                                   "proxy1.0",
                                   "proxytunnel",
                                   "pubkey",
                                   "quote",
                                   "random-file",
                                   "range",
                                   "rate",
                                   "raw",
                                   "referer",
                                   "remote-header-name",
                                   "remote-name",
                                   "remote-name-all",
                                   "remote-time",
                                   "remove-on-error",
                                   "request",
                                   "request-target",
                                   "resolve",
                                   "retry",
                                   "retry-all-errors",
                                   "retry-connrefused",
                                   "retry-delay",
                                   "retry-max-time",
                                   "sasl-authzid",
                                   "sasl-ir",
                                   "service-name",
                                   "show-error",
                                   "silent",
                                   "socks4",
                                   "socks4a",
                                   "socks5",
                                   "socks5-basic",
                                   "socks5-gssapi",
                                   "socks5-hostname",
                                   "speed-limit",
                                   "speed-time",
                                   "ssl",
                                   "ssl-allow-beast",
                                   "ssl-no-revoke",
                                   "ssl-reqd",
                                   "sslv2",
                                   "sslv3",
                                   "stderr",
                                   "styled-output",
                                   "suppress-connect-headers",
                                   "tcp-fastopen",
                                   "tcp-nodelay",
                                   "telnet-option",
                                   "tftp-blksize",
                                   "tftp-no-options",
                                   "time-cond",
                                   "tls-max",
                                   "tls13-ciphers",
                                   "tlsauthtype",
                                   "tlspassword",
                                   "tlsuser",
                                   "tlsv1",
                                   "tlsv1.0",
                                   "tlsv1.1",
                                   "tlsv1.2",
                                   "tlsv1.3",
                                   "tr-encoding",
                                   "trace",
                                   "trace-ascii",
                                   "trace-config",
                                   "trace-ids",
                                   "trace-time",
                                   "unix-socket",
                                   "upload-file",
                                   "url",
                                   "url-query",
                                   "use-ascii",
                                   "user",
                                   "user-agent",
                                   "verbose",
                                   "version",
                                   "vlan-priority",
                                   "write-out",
                                   "xattr"};

static bool is_own(const char *name) {
    for (const struct option_group *group = command_http.groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            if (strcmp(option->name, name) == 0) return true;
            for (const char *at = option->aliases; at && *at;) {
                size_t size = strcspn(at, "|");
                if (strlen(name) == size && memcmp(at, name, size) == 0) return true;
                at += size + (at[size] == '|');
            }
        }
    }
    return false;
}

Test(curl_options, each_is_ours_or_has_an_answer_and_never_both) {
    for (size_t i = 0; i < COUNT(curl); i++) {
        const char *answer = curl_option_sentence(hr_slice_of(curl[i]), 0);
        cr_expect(is_own(curl[i]) != (answer != NULL), "--%s: %s", curl[i],
                  answer ? answer : "neither");
    }
}

Test(curl_options, letters) {
    static const struct {
        char letter;
        const char *part; /* NULL: ours, or nobody's */
    } rows[] = {{'0', "HTTP/1.1"},
                {'U', "--proxy"},
                {'c', "--cookie"},
                {'K', "headrace.yaml"},
                {'Z', "one after"},
                {'Y', "--stall"},
                {'y', "--stall"},
                {'D', "--include"},
                {'J', "--remote"},
                {'R', "arrival"},
                {'z', "If-Modified-Since"},
                {'n', "--user"},
                {'p', "CONNECT"},
                {'V', "--version"},
                {'M', "manual"},
                {'a', "HTTP"},
                {'P', "HTTP"},
                {'Q', "HTTP"},
                {'t', "HTTP"},
                {'1', "TLS"},
                {'2', "TLS"},
                {'3', "TLS"},
                {'B', "as they are"},
                {'#', "percentage"},
                {':', "one set"},
                {'o', NULL},
                {'/', NULL},
                {' ', NULL}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *answer = curl_option_sentence((struct hr_slice){0}, rows[i].letter);
        cr_expect_eq(answer != NULL, rows[i].part != NULL, "-%c", rows[i].letter);
        if (answer && rows[i].part)
            cr_expect_not_null(strstr(answer, rows[i].part), "-%c: %s", rows[i].letter, answer);
    }
}

Test(curl_options, whole_names_only) {
    static const char *const rows[] = {"htt",     "http2 ", "http1.0/0", "n",
                                       "netrc/n", "NETRC",  "no-",       "no-http9"};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_null(curl_option_sentence(hr_slice_of(rows[i]), 0), "'%s'", rows[i]);
}

/* "--no-OPTION": curl's form of switching off. */
Test(curl_options, no_in_front) {
    const char *answer = curl_option_sentence(hr_slice_of("no-netrc"), 0);
    cr_expect_not_null(answer);
    cr_expect_eq(answer, curl_option_sentence(hr_slice_of("netrc"), 0));
    cr_expect_neq(curl_option_sentence(hr_slice_of("no-clobber"), 0),
                  curl_option_sentence(hr_slice_of("clobber"), 0), "a name of its own");
}

/* An option that an answer tells to use must be there. */
Test(curl_options, answers_name_options_that_there_are) {
    for (size_t i = 0; i < COUNT(curl); i++) {
        const char *at = curl_option_sentence(hr_slice_of(curl[i]), 0);
        while (at && (at = strstr(at, "--"))) {
            char name[64];
            size_t size = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
            snprintf(name, sizeof name, "%.*s", (int)size, at + 2);
            bool general = strcmp(name, "help") == 0 || strcmp(name, "version") == 0 ||
                           strcmp(name, "config") == 0;
            cr_expect(general || is_own(name), "--%s names --%s", curl[i], name);
            at += 2;
        }
    }
}
