/* A message for programs, put for a person at the command line. */
#include "wording.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

#define OPTION_NAME_MAX 32

/* A word of the library, the command's option for it (the first of several, with '|' between them,
 * that the command at work has), and what stands there where the command at
 * work has no such option (NULL: nothing; a remark in parentheses goes altogether). '#' stands for
 * a number. The first row that fits counts, so phrases stand before their words. Each field of a
 * public struct that a message names has a row here or is excused by tests/integration/wording.py.
 */
struct row {
    const char *library, *option, *otherwise;
};

static const struct row phrases[] = {
    {"see version_min and version_max", NULL, "see --tls-min"},
    {"use such a name, or set server_name to it", NULL,
     "use such a name; --resolve NAME:PORT:ADDRESS leads it here"},
    {"it does not serve this name, see server_name", NULL,
     "it does not serve this name; --resolve NAME:PORT:ADDRESS leads another here"},
    {"unix_socket and proxy.url: one of them", NULL,
     "--unix-socket and --proxy exclude each other"},
    {"resolver.ipv4_only and ipv6_only exclude each other: set one", NULL,
     "--ipv4 and --ipv6 exclude each other"},
    {"set redirects.downgrade to allow it", NULL, "ask that URL itself, where it is to be trusted"},
    {"request.auth is given, and Authorization among request.fields: one of them is sent", NULL,
     "credentials are given, and Authorization by --header: one of them is sent"},
    {"Expect are not for the caller to set (see body, close, expect_continue)", NULL,
     "Expect follow from the body and the options, --header does not set them"},
    {"user information in the URL is not sent; give it as auth", NULL,
     "user information in the URL is not sent; give it by --user"},
    {"session_token is set, access_key and secret_key are not", NULL,
     "AWS_SESSION_TOKEN is set, --access-key and --secret-key are not given"},
    {"set access_key and secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, "
     "or anonymous",
     NULL,
     "give --access-key and --secret-key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a "
     "profile, or --no-sign-request"},
    {"writing the sink's file", NULL, "writing the output"},
    {"and the sink has room for", NULL, "and there is room for"},
    {"the sink could not grow", NULL, "the memory for it could not grow"},
    {"larger than the sink's", NULL, "larger than the"},
    {"and the sink's size_max is", NULL, "and the limit is"},
    {"the source ended after", NULL, "what is to be sent ended after"},
    {"the source failed", NULL, "what is to be sent cannot be read"},
    {"its source cannot be read a second time; give one that can be rewound", NULL,
     "it cannot be read a second time; give a file"},
    {"this producer has no rewind; use payload unsigned", NULL,
     "a pipe cannot be read again; give a file, or --payload unsigned"},
    {"before the consumer's pause reached it", NULL, "before it could be written"},
    {"the head is larger than response.head_bytes_max", NULL, "the head is larger than 64 KiB"},
    {"more header fields than response.head_fields_max", NULL, "more than 128 header fields"},
    {"prefix, delimiter or start_after is longer", NULL, "the prefix is longer"},
    {", budget_bytes)", NULL, ")"},
    {"had no room within pool_timeout_ms", NULL, "had no room in time"},
};

static const struct row words[] = {
    {"access_key", "access-key", "the access key"},
    {"anonymous_read", "anonymous-read", "the buckets that everybody may read"},
    {"budget_bytes", NULL, NULL},
    {"ca_directory", "ca-directory", "the folder of authorities"},
    {"ca_file", "ca-file", "the file of authorities"},
    {"certificate_file", "cert|tls-cert", "the certificate"},
    {"client_ca_file", NULL, "the authorities of clients"},
    {"connect_timeout_ms", "connect-timeout", NULL},
    {"content_type", "content-type", "the content type"},
    {"env_files", "env-file", "the .env files"},
    {"first_byte_timeout_ms", "first-byte-timeout", NULL},
    {"handshake_timeout_ms", "connect-timeout", NULL},
    {"key_file", "key|tls-key", "the key"},
    {"(ipv4_only, ipv6_only)", NULL, "(--ipv4, --ipv6)"},
    {"limits.alias_nodes_max", NULL, NULL},
    {"limits.depth_max", NULL, NULL},
    {"limits.file_bytes_max", NULL, NULL},
    {"limits.nodes_max", NULL, NULL},
    {"limits.pipe_wait_ms", "pipe-wait", NULL},
    {"limits.problems_max", NULL, NULL},
    {"pinned_keys", "pin", "the pinned keys"},
    {"pool_timeout_ms", NULL, NULL},
    {"pool.queue_max", NULL, NULL},
    {"redirects.max", "redirects", "the limit"},
    {"request.fields[#]", "header", "a header field"},
    {"request.redirects.max", "redirects", "the limit"},
    {"resolve_timeout_ms", "connect-timeout", NULL},
    {"resolver.entries[#].address", "resolve", "the address"},
    {"resolver.entries[#].host", "resolve", "the host"},
    {"resolver.nameservers", "nameserver", "the name servers"},
    {"response.decoded_bytes_max", NULL, NULL},
    {"retry.budget_percent", NULL, NULL},
    {"schema_file", "schema-file", "the place of the schema"},
    {"secret_key", "secret-key", "the secret key"},
    {"session_token", NULL, "AWS_SESSION_TOKEN"},
    {"spin_us", "spin-us", "the time of spinning"},
    {"stall_timeout_ms", "stall-timeout", NULL},
    {"the option resolver.nameservers", "nameserver", "the name servers"},
    {"the option proxy.no_proxy", "no-proxy", "the list of hosts without a proxy"},
    {"the option profile", "profile", "the profile"},
    {"the option proxy.url", "proxy", "the proxy"},
    {"unix_socket", "unix-socket", "the socket"},
    {"user_agent", "user-agent", "the user agent"},
};

/* Part of a word, of a path or of a host is none of our options. */
static bool is_boundary(char byte) {
    return byte == '\0' || strchr(" :;,()", byte) != NULL;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* How much of `at` the row's words are; 0: they do not stand there. */
static size_t match(const char *library, const char *message, const char *at) {
    const char *end = at;
    if (at > message && !is_boundary(library[0]) && !is_boundary(at[-1])) return 0;
    for (; *library; library++) {
        if (*library == '#' && is_digit(*end)) {
            while (is_digit(*end)) end++;
            continue;
        }
        if (*library != *end++) return 0;
    }
    return is_boundary(end[-1]) || is_boundary(*end) ? (size_t)(end - at) : 0;
}

static const struct row *find(const char *message, const char *at, size_t *size) {
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if ((*size = match(phrases[i].library, message, at))) return &phrases[i];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((*size = match(words[i].library, message, at))) return &words[i];
    return NULL;
}

struct writer {
    char *text;
    size_t size, used;
};

static void put(struct writer *writer, const char *from, size_t size) {
    size_t room = writer->size - 1 - writer->used;
    if (size > room) size = room;
    memcpy(writer->text + writer->used, from, size);
    writer->used += size;
}

/* The command's words for the row, before `rest` of the message; how much of `rest` goes with it.
 */
static size_t put_row(struct writer *writer, const struct row *row, const char *rest) {
    for (const char *name = row->option; name;
         name = strchr(name, '|') ? strchr(name, '|') + 1 : NULL) {
        char option[OPTION_NAME_MAX];
        snprintf(option, sizeof option, "%.*s", (int)strcspn(name, "|"), name);
        if (!option_exists(option)) continue;
        put(writer, "--", 2);
        put(writer, option, strlen(option));
        return 0;
    }
    if (row->otherwise) {
        put(writer, row->otherwise, strlen(row->otherwise));
        return 0;
    }
    bool remark =
        writer->used >= 2 && *rest == ')' && memcmp(writer->text + writer->used - 2, " (", 2) == 0;
    if (remark) writer->used -= 2;
    return remark;
}

void wording_of_command(const char *message, char *text, size_t size) {
    struct writer writer = {.text = text, .size = size};
    for (const char *at = message; *at && writer.used + 1 < size;) {
        size_t matched;
        const struct row *row = find(message, at, &matched);
        if (row) {
            at += matched;
            at += put_row(&writer, row, at);
        } else {
            put(&writer, at++, 1);
        }
    }
    text[writer.used] = '\0';
}
