/* The options of curl that `headrace http` has not, each with what is nearest to it. */
#include <string.h>

#include "http_call.h"

/* A sentence, and the names it is for; behind a slash stands the letter of the name before. */
static const struct {
    const char *sentence, *names;
} rows[] = {
    {"not supported: requests are HTTP/1.1",
     "http0.9 http1.0/0 http2 http2-prior-knowledge http3 http3-only"},
    {"not supported: --proxy takes an http:// proxy",
     "preproxy proxy1.0 proxy-http2 proxy-http3 socks4 socks4a socks5 "
     "socks5-hostname socks5-basic socks5-gssapi socks5-gssapi-nec "
     "socks5-gssapi-service proxy-ca-native proxy-cacert proxy-capath proxy-cert "
     "proxy-cert-type proxy-ciphers proxy-crlfile proxy-insecure proxy-key "
     "proxy-key-type proxy-pass proxy-pinnedpubkey proxy-ssl-allow-beast "
     "proxy-ssl-auto-client-cert proxy-tls13-ciphers proxy-tlsauthtype "
     "proxy-tlspassword proxy-tlsuser proxy-tlsv1"},
    {"not supported: the credentials of a proxy stand in --proxy http://USER:PASSWORD@HOST:PORT",
     "proxy-user/U proxy-anyauth proxy-basic proxy-digest proxy-negotiate proxy-ntlm "
     "proxy-service-name"},
    {"not supported: https goes through a proxy by CONNECT, http without", "proxytunnel/p"},
    {"not supported: --header goes to the server, and to a proxy only with http", "proxy-header"},
    {"not supported: --user sends Basic, --bearer a token",
     "anyauth digest negotiate ntlm ntlm-wb delegation krb service-name "
     "login-options sasl-authzid sasl-ir"},
    {"give --bearer env:NAME or file:PATH, which keeps the token out of the process list",
     "oauth2-bearer"},
    {"not supported: 'headrace s3' signs requests to a store", "aws-sigv4"},
    {"not supported: give --user or --bearer", "netrc/n netrc-file netrc-optional"},
    {"not supported: credentials go to the URL's own origin alone", "location-trusted"},
    {"not supported: cookies that a server sets are not kept, --cookie 'NAME=VALUE' sends some",
     "cookie-jar/c junk-session-cookies/j"},
    {"not supported: a redirect of 307 or 308 keeps the method", "post301 post302 post303"},
    {"not supported: --location follows redirects by the rules of their status", "follow"},
    {"not supported: --config FILE names a headrace.yaml", "config/K"},
    {"not supported: options stand on the command line", "variable"},
    {"not supported: one set of options for all URLs", "next/:"},
    {"not supported: several URLs are asked one after the other",
     "parallel/Z parallel-immediate parallel-max parallel-max-host rate"},
    {"not supported: a limit of speed is not there", "limit-rate"},
    {"not supported: --stall-timeout ends what does not move", "speed-limit/Y speed-time/y"},
    {"not supported: --max-time limits how long it may take", "max-filesize"},
    {"--retry N does so already, with a backoff that grows", "retry-connrefused"},
    {"not supported: --retry N repeats what may succeed later, with a backoff that grows",
     "retry-all-errors retry-delay retry-max-time"},
    {"not supported: --include shows the heads, on standard output where --output names a file",
     "dump-header/D"},
    {"not supported: 2>FILE in the shell leads standard error elsewhere", "stderr"},
    {"not supported: --verbose shows heads, addresses and TLS",
     "trace trace-ascii trace-config trace-ids trace-time"},
    {"not supported: --remote-name takes the name from the URL", "remote-header-name/J"},
    {"not supported: the file's time is that of its arrival", "remote-time/R"},
    {"not supported: give --output /dev/null", "out-null"},
    {"not supported: a file is replaced when the new one is complete",
     "no-clobber skip-existing create-file-mode"},
    {"it is always so: a file that is not complete is not put in place", "remove-on-error"},
    {"not supported: give --header 'If-Modified-Since: DATE'", "time-cond/z"},
    {"not supported: give --header 'If-None-Match: ETAG'", "etag-compare etag-save"},
    {"not supported: write it into the URL, or give --get --data-urlencode", "url-query"},
    {"not supported: give --resolve HOST:PORT:ADDRESS", "connect-to"},
    {"not supported: the system chooses where connections begin",
     "interface local-port ip-tos vlan-priority"},
    {"not supported: --nameserver ADDRESS asks a name server of your choice",
     "dns-interface dns-ipv4-addr dns-ipv6-addr doh-cert-status doh-insecure doh-url"},
    {"not supported: a socket has a path, --unix-socket PATH", "abstract-unix-socket"},
    {"not supported: the first connection to answer is used", "happy-eyeballs-timeout-ms"},
    {"not supported: connections are those of plain TCP with keep-alive",
     "keepalive-cnt keepalive-time no-keepalive mptcp tcp-fastopen haproxy-protocol "
     "haproxy-clientip"},
    {"not supported: what a server asks for is not kept for later runs", "alt-svc hsts"},
    {"not supported: only http:// and https://, and no redirect from https to http",
     "proto proto-default proto-redir ipfs-gateway"},
    {"not supported: certificates and keys are PEM", "cert-type key-type"},
    {"not supported: give a key without a pass phrase by --key", "pass"},
    {"not supported: the system's certificates are used where neither --ca-file nor --ca-directory "
     "is given",
     "ca-native"},
    {"not supported: revoked certificates are not looked for",
     "cert-status crlfile ssl-no-revoke ssl-revoke-best-effort"},
    {"not supported: OpenSSL's own choice is used, --tls-min sets the oldest version",
     "ciphers tls13-ciphers curves sigalgs tls-max false-start tls-earlydata ech "
     "no-alpn no-npn no-sessionid ssl-allow-beast ssl-auto-client-cert tlsauthtype "
     "tlspassword tlsuser engine egd-file random-file dump-ca-embed"},
    {"not supported: TLS 1.2 and 1.3, --tls-min sets the oldest",
     "tlsv1/1 tlsv1.0 tlsv1.1 sslv2/2 sslv3/3"},
    {"not supported: the scheme says it, https://", "ssl ssl-reqd"},
    {"not supported: a coding of the connection is always undone, --compressed undoes that of the "
     "content",
     "raw tr-encoding"},
    {"not supported: the length that the server tells is kept to", "ignore-content-length"},
    {"not supported: the target is that of the URL, sent as it stands", "request-target"},
    {"not supported: bodies are sent at once", "expect100-timeout"},
    {"not supported: quotes in names are percent-encoded, as browsers do", "form-escape"},
    {"not supported: bodies are sent and written as they are", "crlf use-ascii/B xattr"},
    {"progress is shown after a second, with a percentage where the size is known",
     "progress-bar/#"},
    {"not supported: heads are shown as they came", "styled-output"},
    {"it is always so", "suppress-connect-headers"},
    {"'headrace --version' prints it", "version/V"},
    {"'headrace http --help' and docs/command.md are the manual", "manual/M"},
    {"not supported", "libcurl metalink"},
    {"not supported: headrace speaks HTTP alone",
     "append/a compressed-ssh disable-eprt disable-epsv ftp-account "
     "ftp-alternative-to-user ftp-create-dirs ftp-method ftp-pasv ftp-port/P "
     "ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode ftp-ssl-control "
     "hostpubmd5 hostpubsha256 knownhosts list-only/l mail-auth mail-from mail-rcpt "
     "mail-rcpt-allowfails pubkey quote/Q telnet-option/t tftp-blksize "
     "tftp-no-options upload-flags"},
};

static bool is_meant(const char *word, size_t size, struct hr_slice name, char letter) {
    bool has_letter = size > 2 && word[size - 2] == '/';
    if (!name.size) return has_letter && word[size - 1] == letter;
    return hr_slice_equal(hr_slice_bytes(word, has_letter ? size - 2 : size), name);
}

static const char *find(struct hr_slice name, char letter) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (const char *at = rows[i].names; *at;) {
            size_t size = strcspn(at, " ");
            if (is_meant(at, size, name, letter)) return rows[i].sentence;
            at += size + (at[size] == ' ');
        }
    }
    return NULL;
}

/* curl takes --no-NAME for a flag: the sentence is that of the flag. */
const char *curl_option_sentence(struct hr_slice name, char letter) {
    const char *sentence = find(name, letter);
    if (!sentence && name.size > 3 && memcmp(name.data, "no-", 3) == 0)
        sentence = find(hr_slice_bytes(name.data + 3, name.size - 3), 0);
    return sentence;
}
