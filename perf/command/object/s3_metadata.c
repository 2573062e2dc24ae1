/* NAME=VALUE,NAME=VALUE: the shorthand of the AWS CLI. */
#include "s3_metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output.h"

/* Bytes of a name, a token of RFC 9110 5.6.2: it becomes a part of a header field's name. */
static size_t name_size(const char *text) {
    return strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* The next pair, if the comma at `at` ends this one; NULL: it does not. */
static const char *next_pair(const char *at) {
    if (*at != ',') return NULL;
    at += 1 + strspn(at + 1, " \t");
    size_t size = name_size(at);
    return size > 0 && at[size] == '=' ? at : NULL;
}

/* A value in quotes, where the quote that ends it ends the pair too; its end, or NULL. */
static const char *quoted_end(const char *at) {
    char quote = *at;
    if (quote != '"' && quote != '\'') return NULL;
    for (at++; *at && *at != quote; at++)
        if (*at == '\\' && (at[1] == quote || at[1] == '\\')) at++;
    if (!*at) return NULL;
    return !at[1] || next_pair(at + 1) ? at : NULL;
}

/* Copies the value at *at to *out, both of which move on; NUL-terminated. */
static void read_value(const char **at, char **out) {
    const char *end = quoted_end(*at), *from = *at + (end != NULL);
    char quote = **at;
    for (; end ? from < end : *from && !next_pair(from); from++) {
        bool escapes =
            *from == '\\' && (end ? from[1] == quote || from[1] == '\\' : from[1] == ',');
        if (escapes) from++;
        *(*out)++ = *from;
    }
    *(*out)++ = '\0';
    *at = end ? end + 1 : from;
}

/* Reads one pair at *at, moves behind it and the comma; -1: it is none. `out` has room for all of
 * the text. */
static int read_pair(const char **at, char **out, struct hr_s3_metadata *pair) {
    size_t size = name_size(*at);
    if (size == 0 || (*at)[size] != '=') return -1;
    pair->name = *out;
    memcpy(*out, *at, size);
    (*out)[size] = '\0';
    *out += size + 1;
    *at += size + 1;
    pair->value = *out;
    read_value(at, out);
    if (**at == ',') *at = next_pair(*at);
    return 0;
}

int s3_metadata_check(const char *text, char *why, size_t why_size) {
    char *copy = malloc(strlen(text) + 2), *out = copy;
    struct hr_s3_metadata pair;
    int err = copy ? read_pair(&text, &out, &pair) : -1;
    free(copy);
    if (err) snprintf(why, why_size, "'%.100s' is not NAME=VALUE", text);
    return err;
}

static int add(struct s3_metadata *metadata, const struct hr_s3_metadata *pair) {
    for (size_t i = 0; i < metadata->count; i++) {
        if (strcasecmp(metadata->items[i].name, pair->name) != 0) continue;
        output_complain("--metadata: '%s' is given twice", pair->name);
        return EXIT_USAGE;
    }
    metadata->items[metadata->count++] = *pair;
    return EXIT_DONE;
}

int s3_metadata_read(const struct option_list *list, struct s3_metadata *metadata) {
    size_t bytes = 1, most = 1;
    for (size_t i = 0; i < list->count; i++) {
        bytes += strlen(list->items[i]) + 2;
        most += 1;
        for (const char *at = list->items[i]; *at; at++) most += *at == ',';
    }
    *metadata =
        (struct s3_metadata){.items = calloc(most, sizeof *metadata->items), .text = malloc(bytes)};
    if (!metadata->items || !metadata->text) {
        s3_metadata_free(metadata);
        output_complain("out of memory");
        return EXIT_FAILED;
    }
    char *out = metadata->text;
    int code = EXIT_DONE;
    for (size_t i = 0; i < list->count && !code; i++) {
        const char *at = list->items[i];
        struct hr_s3_metadata pair;
        while (!code && *at && read_pair(&at, &out, &pair) == 0) code = add(metadata, &pair);
    }
    if (code) s3_metadata_free(metadata);
    return code;
}

void s3_metadata_free(struct s3_metadata *metadata) {
    free(metadata->items);
    free(metadata->text);
    *metadata = (struct s3_metadata){.items = NULL};
}
