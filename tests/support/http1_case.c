#include "http1_case.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/encode.h>

#include "cases.h"

/* The bytes of `object` behind what is there, `repeat` times. */
static void append(struct http_case *one, struct hr_slice base64, size_t repeat) {
    size_t room = base64.size + 1;
    char *decoded = malloc(room);
    size_t size = 0;
    int err = decoded ? hr_base64_decode(base64, decoded, room, &size) : -1;
    char *bytes = err ? NULL : realloc(one->bytes, one->size + size * repeat + 1);
    if (!bytes) abort();
    one->bytes = bytes;
    for (size_t i = 0; i < repeat; i++) {
        memcpy(bytes + one->size, decoded, size);
        one->size += size;
    }
    free(decoded);
}

void http_case_init(struct http_case *one, const json_t *json) {
    const char *class = cases_text(json, "class");
    memset(one, 0, sizeof *one);
    one->json = json;
    one->name = cases_text(json, "name");
    one->method = cases_text(json, "method");
    one->strict = class && strcmp(class, "strict") == 0;
    one->choice = class && strcmp(class, "choice") == 0;
    one->held = json_is_true(json_object_get(json, "server_holds_open"));
    const json_t *segments = json_object_get(json, "segments"), *segment;
    size_t i;
    if (!segments) append(one, cases_slice(json, "bytes_b64"), 1);
    json_array_foreach(segments, i, segment) {
        const json_t *repeat = json_object_get(segment, "repeat");
        append(one, cases_slice(segment, "b64"),
               json_is_integer(repeat) ? (size_t)json_integer_value(repeat) : 1);
    }
}

void http_case_deinit(struct http_case *one) {
    free(one->bytes);
}

/* Bytes as code points, as the cases have them; names in lower case. */
static void put_latin1(FILE *out, const char *text, size_t size, bool lower) {
    for (size_t i = 0; i < size; i++) {
        int byte = (unsigned char)text[i];
        if (lower && byte >= 'A' && byte <= 'Z') byte += 32;
        if (byte >= 0x80) fputc(0xc0 | byte >> 6, out);
        fputc(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte, out);
    }
}

static char *as_cases_write(const char *fields) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    for (const char *line = fields; *line; line = strchr(line, '\n') + 1) {
        size_t name = strcspn(line, ":");
        put_latin1(out, line, name, true);
        put_latin1(out, line + name, strcspn(line + name, "\n") + 1, false);
    }
    fclose(out);
    return text;
}

static bool has_fields(const struct http_seen *seen, const json_t *expected, const char *key) {
    const json_t *list = json_object_get(expected, key), *pair;
    bool whole = strcmp(key, "headers") == 0, good = true;
    char *got = as_cases_write(seen->fields), *wanted = NULL;
    size_t i, size;
    FILE *out = open_memstream(&wanted, &size);
    if (!out) abort();
    json_array_foreach(list, i, pair) {
        fflush(out);
        size_t before = size;
        fprintf(out, "%s: %s\n", json_string_value(json_array_get(pair, 0)),
                json_string_value(json_array_get(pair, 1)));
        fflush(out);
        if (!whole) good = good && strstr(got, wanted + before) != NULL;
    }
    fclose(out);
    if (whole && list) good = strcmp(wanted, got) == 0;
    free(wanted);
    free(got);
    return good;
}

static bool has_body(const struct http_seen *seen, const json_t *expected) {
    const json_t *size = json_object_get(expected, "body_len");
    const char *wanted = cases_text(expected, "body_sha256");
    if (json_is_integer(size) && (size_t)json_integer_value(size) != seen->body_size) return false;
    if (!wanted) return true;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH + 1] = "";
    SHA256((const unsigned char *)seen->body, seen->body_size, digest);
    for (size_t i = 0; i < sizeof digest; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return strcmp(hex, wanted) == 0;
}

static bool has_interim(const struct http_seen *seen, const json_t *expected) {
    const json_t *list = json_object_get(expected, "interim"), *status;
    const char *at = seen->interim;
    size_t i;
    if (!list) return true;
    json_array_foreach(list, i, status) {
        char *end;
        if (strtol(at, &end, 10) != (long)json_integer_value(status)) return false;
        at = end;
    }
    return strspn(at, " ") == strlen(at);
}

static bool accepts(const json_t *expected, const char *outcome) {
    const json_t *list = json_object_get(expected, "accept"), *one;
    size_t i;
    json_array_foreach(list, i, one) {
        if (strcmp(json_string_value(one), outcome) == 0) return true;
    }
    return !list && strcmp(cases_text(expected, "outcome"), outcome) == 0;
}

const char *http_case_grade(const struct http_case *one, const struct http_seen *seen) {
    const json_t *expected = json_object_get(one->json, "expected");
    const char *wanted = cases_text(expected, "outcome"), *outcome = seen->ok ? "ok" : "error";
    if (!one->strict && !one->choice) return NULL;
    if (one->strict ? strcmp(outcome, wanted) != 0 : !accepts(expected, outcome)) return "outcome";
    if (!seen->ok || strcmp(wanted, "ok") != 0) return NULL;
    if (seen->status != (int)json_integer_value(json_object_get(expected, "status")))
        return "status";
    if (!has_body(seen, expected)) return "body";
    if (!has_interim(seen, expected)) return "interim answers";
    if (!has_fields(seen, expected, "headers")) return "headers";
    if (!has_fields(seen, expected, "headers_contain")) return "a header";
    return NULL;
}

int http_case_reuse(const struct http_case *one) {
    const json_t *reuse = json_object_get(json_object_get(one->json, "expected"), "reuse");
    return json_is_boolean(reuse) ? json_is_true(reuse) : -1;
}
