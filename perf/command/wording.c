/* What a message says to a program, said to a person at the command line. */
#include "wording.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    const char *library, *command;
} words[] = {
    {"ca_file", "--ca-file"},
    {"ca_directory", "--ca-directory"},
    {"pinned_keys", "--pin"},
    {"see version_min and version_max", "see --tls-min"},
    {"use that name, or set server_name to it",
     "use that name; --resolve NAME:PORT:ADDRESS leads it here"},
    {"resolver.nameservers", "--nameserver"},
    {"the option nameservers", "--nameserver"},
    {"unix_socket and proxy: one of them", "--unix-socket and --proxy exclude each other"},
    {"redirects_max", "--redirects"},
    {"resolver.ipv4_only and ipv6_only exclude each other: set one",
     "--ipv4 and --ipv6 exclude each other"},
    {"(ipv4_only, ipv6_only)", "(--ipv4, --ipv6)"},
    {"the option proxy", "--proxy"},
    {"the option no_proxy", "--no-proxy"},
    {"set redirect_downgrade to allow it", "ask that URL itself, where it is to be trusted"},
};

/* Part of a word, of a path or of a host is none of our options. */
static bool is_boundary(char byte) {
    return byte == '\0' || strchr(" :;,()", byte) != NULL;
}

/* The row that stands at `at`; -1: none. */
static int find(const char *message, const char *at) {
    if (at > message && !is_boundary(at[-1])) return -1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].library);
        if (strncmp(at, words[i].library, size) == 0 && is_boundary(at[size])) return (int)i;
    }
    return -1;
}

void wording_of_command(const char *message, char *text, size_t size) {
    size_t used = 0;
    for (const char *at = message; *at;) {
        int row = find(message, at);
        const char *from = row < 0 ? at : words[row].command;
        size_t count = row < 0 ? 1 : strlen(from);
        if (used + count >= size) break;
        memcpy(text + used, from, count);
        used += count;
        at += row < 0 ? 1 : strlen(words[row].library);
    }
    text[used] = '\0';
}
