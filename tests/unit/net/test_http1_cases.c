/* The shared cases at the parser: whole, one byte at a time, split at seeded places. */
#include <criterion/criterion.h>
#include <openssl/sha.h>
#include <stdio.h>

#include <headrace/encode.h>

#include "cases.h"
#include "http1_replay.h"

struct bytes {
    char *data;
    size_t size;
};

static void append(struct bytes *bytes, const json_t *object, size_t repeat) {
    struct hr_slice text = cases_slice(object, "b64");
    if (!text.data) text = cases_slice(object, "bytes_b64");
    size_t room = text.size;
    char *decoded = malloc(room + 1);
    ssize_t size = hr_base64_decode(text, decoded, room + 1);
    cr_assert_geq(size, 0);
    bytes->data = realloc(bytes->data, bytes->size + (size_t)size * repeat + 1);
    for (size_t i = 0; i < repeat; i++) {
        if (size > 0) memcpy(bytes->data + bytes->size, decoded, (size_t)size);
        bytes->size += (size_t)size;
    }
    free(decoded);
}

static struct bytes bytes_of(const json_t *one) {
    struct bytes bytes = {.data = malloc(1)};
    const json_t *segments = json_object_get(one, "segments"), *segment;
    size_t i;
    if (!segments) append(&bytes, one, 1);
    json_array_foreach(segments, i, segment) {
        const json_t *repeat = json_object_get(segment, "repeat");
        append(&bytes, segment, json_is_integer(repeat) ? (size_t)json_integer_value(repeat) : 1);
    }
    return bytes;
}

/* Fields as the cases write them: names in lower case, bytes as code points. */
static void add_as_case(struct replay_text *out, struct hr_slice text, bool lower) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (lower && byte >= 'A' && byte <= 'Z') byte = (unsigned char)(byte + 32);
        char utf8[2] = {(char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f))};
        if (byte < 0x80)
            replay_add(out, (char *)&byte, 1);
        else
            replay_add(out, utf8, 2);
    }
}

static struct replay_text as_case(const struct replay_text *fields) {
    struct replay_text out = {0};
    replay_add(&out, "", 0);
    const char *at = fields->data;
    while (*at) {
        const char *end = strchr(at, '\n'), *colon = strchr(at, ':');
        add_as_case(&out, hr_slice(at, (size_t)(colon - at)), true);
        add_as_case(&out, hr_slice(colon, (size_t)(end - colon) + 1), false);
        at = end + 1;
    }
    return out;
}

static bool has_fields(const struct replay *replay, const json_t *expected, const char *key) {
    const json_t *list = json_object_get(expected, key), *pair;
    bool whole = strcmp(key, "headers") == 0, good = true;
    struct replay_text wanted = {0}, got = as_case(&replay->fields);
    size_t i;
    replay_add(&wanted, "", 0);
    json_array_foreach(list, i, pair) {
        char line[20000];
        snprintf(line, sizeof line, "%s: %s\n", json_string_value(json_array_get(pair, 0)),
                 json_string_value(json_array_get(pair, 1)));
        replay_add(&wanted, line, strlen(line));
        if (!whole) good &= strstr(got.data, line) != NULL;
    }
    if (whole && list) good = strcmp(wanted.data, got.data) == 0;
    free(wanted.data);
    free(got.data);
    return good;
}

static bool has_body(const struct replay *replay, const json_t *expected) {
    const json_t *size = json_object_get(expected, "body_len");
    const char *wanted = cases_text(expected, "body_sha256");
    if (json_is_integer(size) && (size_t)json_integer_value(size) != replay->body.size)
        return false;
    if (!wanted) return true;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH + 1] = "";
    SHA256((const unsigned char *)replay->body.data, replay->body.size, digest);
    for (size_t i = 0; i < sizeof digest; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return strcmp(hex, wanted) == 0;
}

static bool has_interim(const struct replay *replay, const json_t *expected) {
    const json_t *list = json_object_get(expected, "interim"), *status;
    char text[256] = "", one[16];
    size_t i;
    if (!list) return true;
    json_array_foreach(list, i, status) {
        snprintf(one, sizeof one, "%d ", (int)json_integer_value(status));
        strncat(text, one, sizeof text - strlen(text) - 1);
    }
    return strcmp(text, replay->interim.data) == 0;
}

static bool accepts(const json_t *expected, const char *outcome) {
    const json_t *list = json_object_get(expected, "accept"), *one;
    size_t i;
    if (!list) return strcmp(cases_text(expected, "outcome"), outcome) == 0;
    json_array_foreach(list, i, one) {
        if (strcmp(json_string_value(one), outcome) == 0) return true;
    }
    return false;
}

/* NULL, or what differs from the case. */
static const char *grade(const json_t *one, const struct replay *replay, size_t size) {
    const json_t *expected = json_object_get(one, "expected");
    const char *class = cases_text(one, "class");
    bool strict = strcmp(class, "strict") == 0;
    const char *outcome = replay->complete ? "ok" : "error";
    /* No byte at all is no error of the parser's; the client, which has asked, makes it one. */
    bool nothing = size == 0 && replay->result == 0 && !replay->complete;
    if (!nothing && replay->complete == (replay->result < 0)) return "neither complete nor refused";
    if (!strict && strcmp(class, "choice") != 0) return NULL;
    if (strict ? strcmp(outcome, cases_text(expected, "outcome")) != 0
               : !accepts(expected, outcome))
        return "outcome";
    if (!replay->complete || strcmp(cases_text(expected, "outcome"), "ok") != 0) return NULL;
    if (replay->status != (int)json_integer_value(json_object_get(expected, "status")))
        return "status";
    if (!has_body(replay, expected)) return "body";
    if (!has_interim(replay, expected)) return "interim";
    if (!has_fields(replay, expected, "headers")) return "headers";
    if (!has_fields(replay, expected, "headers_contain")) return "headers_contain";
    const json_t *reuse = json_object_get(expected, "reuse");
    bool reusable = replay->keep_alive && replay->consumed == size;
    if (reuse && json_is_true(reuse) != reusable) return "reuse";
    return NULL;
}

static const char *replay_case(const json_t *one, const struct bytes *bytes) {
    bool head = strcmp(cases_text(one, "method"), "HEAD") == 0;
    bool closed = !json_is_true(json_object_get(one, "server_holds_open"));
    uint64_t seed = 0x9e3779b97f4a7c15u + bytes->size;
    struct replay whole;
    replay_init(&whole, HR_HTTP1_RESPONSE, NULL, head);
    replay_all(&whole, hr_slice(bytes->data, bytes->size), 0, 0, closed);
    const char *wrong = grade(one, &whole, bytes->size);
    for (int cut = 0; !wrong && cut < 12; cut++) {
        struct replay again;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t first = bytes->size > 0 ? 1 + (size_t)(seed >> 33) % bytes->size : 0;
        replay_init(&again, HR_HTTP1_RESPONSE, NULL, head);
        again.body_max = cut % 3 == 2 ? 1 + (size_t)cut : 0;
        replay_all(&again, hr_slice(bytes->data, bytes->size), cut > 0 ? first : 0,
                   cut == 0       ? 1
                   : cut % 2 == 0 ? 7
                                  : 0,
                   closed);
        if (!replay_equal(&whole, &again)) wrong = "another outcome when cut";
        replay_deinit(&again);
    }
    if (wrong)
        fprintf(stderr, "%s: %s (result %d, status %d, body %zu, reason %s)\n%s\n",
                cases_text(one, "name"), wrong, whole.result, whole.status, whole.body.size,
                hr__http1_parser_reason(whole.parser), whole.fields.data);
    replay_deinit(&whole);
    return wrong;
}

Test(http1_cases, answers, .timeout = 300) {
    json_t *cases = cases_load("http1/cases.given.jsonl"), *one;
    size_t i, failed = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        struct bytes bytes = bytes_of(one);
        if (replay_case(one, &bytes)) failed++;
        free(bytes.data);
    }
    cr_expect_gt(json_array_size(cases), 100);
    json_decref(cases);
    cr_assert_eq(failed, 0);
}

/* What llhttp in its own tests refuses of requests, a strict server refuses too; and no request is
 * read in two ways. */
Test(http1_cases, requests, .timeout = 60) {
    json_t *cases = cases_load("http1/llhttp-raw.given.jsonl"), *one;
    size_t i, refused = 0, failed = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        if (strcmp(cases_text(one, "type"), "request") != 0) continue;
        struct bytes bytes = bytes_of(one);
        struct replay whole, single;
        replay_init(&whole, HR_HTTP1_REQUEST, NULL, false);
        replay_init(&single, HR_HTTP1_REQUEST, NULL, false);
        replay_all(&whole, hr_slice(bytes.data, bytes.size), 0, 0, true);
        replay_all(&single, hr_slice(bytes.data, bytes.size), 0, 1, true);
        const json_t *error = json_object_get(one, "error");
        long code =
            json_is_object(error) ? (long)json_integer_value(json_object_get(error, "code")) : 0;
        /* 5: bytes behind a last message, which a server leaves unread. 22: CONNECT and upgrades,
         * where llhttp stops and we refuse or ignore. */
        bool bad = code != 0 && code != 5 && code != 22 && whole.result == 0;
        refused += code != 0 && whole.result < 0;
        if (bad || !replay_equal(&whole, &single)) {
            fprintf(stderr, "%s: %s\n", cases_text(one, "name"), bad ? "not refused" : "differs");
            failed++;
        }
        replay_deinit(&whole);
        replay_deinit(&single);
        free(bytes.data);
    }
    json_decref(cases);
    cr_expect_gt(refused, 20);
    cr_assert_eq(failed, 0);
}
