/* The shared cases through the public client over loopback: answers whole, one byte a send, and
 * split at a seeded place; and the scripted sequences. */
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <headrace/encode.h>

#include "cases.h"
#include "client_fixture.h"

/* Above it one byte a send takes too long to be of use. */
#define BYTES_SIZE_MAX 8192

struct answer {
    char *data;
    size_t size;
};

static void append(struct answer *answer, struct hr_slice text, size_t repeat) {
    char *decoded = malloc(text.size + 1);
    ssize_t size = hr_base64_decode(text, decoded, text.size + 1);
    cr_assert_geq(size, 0);
    answer->data = realloc(answer->data, answer->size + (size_t)size * repeat + 1);
    for (size_t i = 0; i < repeat; i++) {
        if (size > 0) memcpy(answer->data + answer->size, decoded, (size_t)size);
        answer->size += (size_t)size;
    }
    free(decoded);
}

static struct answer answer_of(const json_t *one) {
    struct answer answer = {.data = malloc(1)};
    const json_t *segments = json_object_get(one, "segments"), *segment;
    size_t i;
    if (!segments) append(&answer, cases_slice(one, "bytes_b64"), 1);
    json_array_foreach(segments, i, segment) {
        json_int_t repeat = json_integer_value(json_object_get(segment, "repeat"));
        append(&answer, cases_slice(segment, "b64"), repeat > 0 ? (size_t)repeat : 1);
    }
    return answer;
}

struct outcome {
    int result, status;
    size_t size;
    char digest[2 * SHA256_DIGEST_LENGTH + 1];
    char interim[64];
    bool kept;
};

static int note_interim(struct hr_http_request *request, const struct hr_http_head *head) {
    struct outcome *outcome = request->request.user;
    char one[16];
    snprintf(one, sizeof one, "%d ", head->status);
    if (head->status < 200 && strlen(outcome->interim) + strlen(one) < sizeof outcome->interim)
        memcpy(outcome->interim + strlen(outcome->interim), one, strlen(one) + 1);
    return 0;
}

enum mode { WHOLE, BYTES, SPLIT, MODES };

static struct outcome ask(const json_t *one, const struct answer *answer, enum mode mode) {
    struct peer_script script = {{{PEER_HEAD}}};
    size_t step = 1;
    size_t cut = mode == SPLIT && answer->size > 1
                     ? 1 + (answer->size * 2654435761u >> 7) % (answer->size - 1)
                     : 0;
    if (cut > 0) script.steps[step++] = (struct peer_step){PEER_SEND, answer->data, cut};
    if (answer->size > 0)
        script.steps[step++] = (struct peer_step){mode == BYTES ? PEER_BYTES : PEER_SEND,
                                                  answer->data + cut, answer->size - cut};
    bool open = json_is_true(json_object_get(one, "server_holds_open"));
    script.steps[step].kind = open ? PEER_DRAIN : PEER_END;

    struct hr_http_client_options options = {.first_byte_timeout_ms = 3000,
                                             .stall_timeout_ms = 3000};
    struct fixture f;
    struct outcome outcome = {0};
    struct hr_buffer body = {0};
    open_all(&f, &options, &script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    request.method = cases_text(one, "method");
    request.sink = hr_sink_buffer(&body, 0);
    request.on_head = note_interim;
    request.request.user = &outcome;
    outcome.result = run(&f, &request);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    outcome.kept = metrics.connections_idle == 1;
    outcome.status = outcome.result ? 0 : request.status;
    outcome.size = outcome.result ? 0 : body.size;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)body.data, outcome.size, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(outcome.digest + 2 * i, 3, "%02x", digest[i]);
    if (outcome.result) cr_expect_neq(request.request.error.message[0], 0);
    hr_buffer_deinit(&body);
    close_all(&f);
    return outcome;
}

static bool accepted(const json_t *expected, const char *outcome) {
    const json_t *list = json_object_get(expected, "accept"), *one;
    size_t i;
    json_array_foreach(list, i, one) {
        if (strcmp(json_string_value(one), outcome) == 0) return true;
    }
    return !list && strcmp(cases_text(expected, "outcome"), outcome) == 0;
}

static const char *grade(const json_t *one, const struct outcome *got, enum mode mode) {
    const json_t *expected = json_object_get(one, "expected");
    const char *class = cases_text(one, "class"), *wanted = cases_text(expected, "outcome");
    const char *outcome = got->result ? "error" : "ok";
    bool strict = strcmp(class, "strict") == 0;
    if (got->result == HR_ERR_STALL_TIMEOUT || got->result == HR_ERR_FIRST_BYTE_TIMEOUT)
        return "it hangs";
    if (!strict && strcmp(class, "choice") != 0) return NULL;
    if (strict ? strcmp(outcome, wanted) != 0 : !accepted(expected, outcome)) return "outcome";
    if (got->result || strcmp(wanted, "ok") != 0) return NULL;
    if (got->status != (int)json_integer_value(json_object_get(expected, "status")))
        return "status";
    if (got->size != (size_t)json_integer_value(json_object_get(expected, "body_len")))
        return "body_len";
    if (strcmp(got->digest, cases_text(expected, "body_sha256")) != 0) return "body_sha256";
    const json_t *interim = json_object_get(expected, "interim"), *status;
    char list[64] = "";
    size_t i, at = 0;
    json_array_foreach(interim, i, status) at +=
        (size_t)snprintf(list + at, sizeof list - at, "%d ", (int)json_integer_value(status));
    if (interim && strcmp(list, got->interim) != 0) return "interim";
    /* In pieces the bytes that forbid it may come after the answer is done. */
    const json_t *reuse = json_object_get(expected, "reuse");
    if (mode == WHOLE && json_is_false(reuse) && got->kept) return "reuse";
    return NULL;
}

Test(http_client_cases, answers) {
    json_t *cases = cases_load("http1/cases.given.jsonl"), *one;
    size_t i, failed = 0, asked = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        struct answer answer = answer_of(one);
        struct outcome first = {0};
        for (enum mode mode = WHOLE; mode < MODES; mode++) {
            if (mode == BYTES && answer.size > BYTES_SIZE_MAX) continue;
            struct outcome got = ask(one, &answer, mode);
            const char *wrong = grade(one, &got, mode);
            if (mode == WHOLE)
                first = got;
            else if (!wrong &&
                     ((first.result == 0) != (got.result == 0) || first.status != got.status ||
                      strcmp(first.digest, got.digest) != 0))
                wrong = "another outcome when cut";
            asked++;
            if (!wrong) continue;
            failed++;
            fprintf(stderr, "%s, mode %d: %s (%s, status %d, body %zu)\n", cases_text(one, "name"),
                    mode, wrong, hr_error_name(got.result), got.status, got.size);
        }
        free(answer.data);
    }
    printf("http1/cases: %zu asked\n", asked);
    json_decref(cases);
    cr_assert_eq(failed, 0);
}

/* ---- Sequences. */

struct sequence {
    struct peer_script scripts[8];
    size_t script_count;
    size_t body_size; /* of the PUT in it */
};

/* "TEXT#directive": what is sent, then what is done. */
static size_t add_reply(struct sequence *sequence, struct peer_step *steps, size_t at,
                        const char *reply, bool same_request) {
    const char *mark = strchr(reply, '#');
    size_t size = mark ? (size_t)(mark - reply) : strlen(reply);
    if (!same_request) steps[at++].kind = PEER_HEAD;
    bool continues =
        mark && (strncmp(mark, "#expect-continue:", 17) == 0 || strcmp(mark, "#no-continue") == 0);
    if (!continues && sequence->body_size > 0)
        steps[at++] = (struct peer_step){PEER_BODY, NULL, sequence->body_size};
    if (size > 0) steps[at++] = (struct peer_step){PEER_SEND, reply, size};
    if (!mark || strcmp(mark, "#no-continue") == 0) return at;
    if (strncmp(mark, "#expect-continue:", 17) == 0)
        steps[at++] = (struct peer_step){PEER_SEND, mark + 17, 0};
    else if (strcmp(mark, "#close") == 0)
        steps[at++].kind = PEER_CLOSE;
    else if (strcmp(mark, "#rst") == 0)
        steps[at++].kind = PEER_RESET;
    else if (strcmp(mark, "#hang") == 0)
        steps[at++].kind = PEER_STALL;
    else if (strncmp(mark, "#zeros:", 7) == 0)
        steps[at++] = (struct peer_step){PEER_ZEROS, NULL, strtoull(mark + 7, NULL, 10)};
    else
        cr_assert(false, "unknown directive %s", mark);
    return at;
}

static void read_script(struct sequence *sequence, const json_t *one) {
    const json_t *connection, *reply, *asked;
    size_t i, j;
    json_array_foreach(json_object_get(one, "requests"), i, asked) {
        const char *text = json_string_value(asked);
        if (strncmp(text, "PUT-expect:", 11) == 0) sequence->body_size = strlen(text + 11);
        if (strncmp(text, "PUT:", 4) == 0) sequence->body_size = strtoull(text + 4, NULL, 10);
    }
    json_array_foreach(json_object_get(one, "script"), i, connection) {
        struct peer_step *steps = sequence->scripts[i].steps;
        size_t at = 0;
        bool same = false;
        json_array_foreach(connection, j, reply) {
            const char *text = json_string_value(reply);
            at = add_reply(sequence, steps, at, text, same);
            same = strncmp(text, "#expect-continue", 16) == 0 || strcmp(text, "#no-continue") == 0;
        }
        sequence->script_count = i + 1;
    }
}

static void pass_time(struct fixture *f, int ms) {
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)ms * 1000000;
    do {
        hr_engine_poll(f->engine, 10);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - end.tv_sec) * 1000000000 + now.tv_nsec < end.tv_nsec);
}

/* "\\r\\n" in a case is CR LF. */
static void unescape(const char *from, char *to) {
    while (*from) {
        if (strncmp(from, "\\r\\n", 4) == 0) {
            *to++ = '\r';
            *to++ = '\n';
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = 0;
}

struct asked {
    int result;
    char body[16];
    uint64_t size;
    long grown_kib;
};

static void ask_one(struct fixture *f, const char *text, struct asked *asked) {
    static char upload[8 << 20];
    char url[256], value[64], path[64] = "/";
    struct hr_http_field field = {.name = {"X", 1}};
    struct hr_http_request request = {.url = url};
    request.sink = hr_sink_bytes(asked->body, sizeof asked->body - 1);
    snprintf(url, sizeof url, "http://name.test:%u", peer_port(f->peer));
    if (strncmp(text, "PUT", 3) == 0) {
        request.method = "PUT";
        request.expect_continue = strncmp(text, "PUT-expect:", 11) == 0;
        request.body = request.expect_continue
                           ? hr_source_bytes(text + 11, strlen(text + 11))
                           : hr_source_bytes(upload, strtoull(text + 4, NULL, 10));
    } else if (strcmp(text, "GET-stream") == 0 || strncmp(text, "GET cancel", 10) == 0) {
        request.sink = hr_sink_discard();
    } else if (strncmp(text, "GET timeout:", 12) == 0) {
        request.request.timeout_ms = (uint32_t)strtoul(text + 12, NULL, 10);
    } else if (strncmp(text, "GET header:X=", 13) == 0) {
        unescape(text + 13, value);
        field.value = hr_slice_of(value);
        request.fields = &field;
        request.field_count = 1;
    } else if (strncmp(text, "GET path:", 9) == 0) {
        unescape(text + 9, path);
    } else if (strcmp(text, "GET port:80") == 0) {
        snprintf(url, sizeof url, "http://name.test:80");
    } else {
        cr_assert(strcmp(text, "GET") == 0, "unknown request %s", text);
    }
    memcpy(url + strlen(url), path, strlen(path) + 1);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    cr_assert_eq(hr_http_request_start(f->client, &request), 0);
    if (strncmp(text, "GET cancel-after:", 17) == 0) {
        pass_time(f, (int)strtol(text + 17, NULL, 10));
        hr_cancel(&request.request);
    }
    asked->result = hr_wait(&request.request);
    asked->size = request.body_bytes;
    getrusage(RUSAGE_SELF, &after);
    asked->grown_kib = after.ru_maxrss - before.ru_maxrss;
}

/* "ok:b", "timeout", "cancelled", "rejected-by-api". */
static void check_result(const char *name, const char *wanted, const struct asked *asked) {
    int result = asked->result;
    if (strncmp(wanted, "ok:", 3) == 0)
        cr_expect(result == 0 && strcmp(asked->body, wanted + 3) == 0, "%s", name);
    else if (strcmp(wanted, "timeout") == 0)
        cr_expect_eq(result, -ETIMEDOUT, "%s", name);
    else if (strcmp(wanted, "cancelled") == 0)
        cr_expect_eq(result, -ECANCELED, "%s", name);
    else
        cr_expect(result == HR_ERR_HEADER_INVALID || result == HR_ERR_TARGET_INVALID ||
                      result == HR_ERR_URL_MALFORMED,
                  "%s: %s", name, hr_error_name(result));
}

static bool contains_nocase(const char *text, const char *part) {
    return strcasestr(text, part) != NULL;
}

static void check_sequence(struct fixture *f, const json_t *one, const struct asked *asked) {
    const json_t *expect = json_object_get(one, "expect"), *value;
    const char *name = cases_text(one, "name"), *received = peer_received(f->peer, NULL);
    size_t i;
    json_array_foreach(json_object_get(expect, "bodies"), i, value) {
        cr_expect_eq(asked[i].result, 0, "%s: %s", name, hr_error_name(asked[i].result));
        cr_expect_str_eq(asked[i].body, json_string_value(value), "%s", name);
    }
    json_array_foreach(json_object_get(expect, "results"), i, value)
        check_result(name, json_string_value(value), &asked[i]);
    if ((value = json_object_get(expect, "connections")))
        cr_expect_eq(peer_connections(f->peer), json_integer_value(value), "%s", name);
    if ((value = json_object_get(expect, "never")))
        for (i = 0; i < 4; i++) {
            cr_expect_null(strstr(asked[i].body, json_string_value(value)), "%s", name);
            cr_expect_null(strstr(received, json_string_value(value)), "%s", name);
        }
    if ((value = json_object_get(expect, "body_received")))
        cr_expect_not_null(strstr(strstr(received, "\r\n\r\n"), json_string_value(value)), "%s",
                           name);
    if ((value = json_object_get(expect, "body_len")))
        cr_expect_eq(asked[0].size, json_integer_value(value), "%s", name);
    if ((value = json_object_get(expect, "max_rss_growth_mib")))
        cr_expect_lt(asked[0].grown_kib, json_integer_value(value) * 1024, "%s", name);
    json_array_foreach(json_object_get(expect, "request_has"), i, value) {
        char wanted[128];
        /* NAME is the host asked for, to the end of its line. */
        if (strcmp(json_string_value(value), "host: NAME") == 0)
            snprintf(wanted, sizeof wanted, "\r\nhost: name.test\r\n");
        else
            snprintf(wanted, sizeof wanted, "%s", json_string_value(value));
        cr_expect(contains_nocase(received, wanted), "%s: %s", name, received);
    }
    json_array_foreach(json_object_get(expect, "request_has_not"), i, value)
        cr_expect_not(contains_nocase(received, json_string_value(value)), "%s", name);
}

Test(http_client_cases, sequences) {
    json_t *cases = cases_load("http1/sequences.given.jsonl"), *one, *text;
    size_t i, j;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        struct sequence sequence = {0};
        read_script(&sequence, one);
        struct fixture f = {0};
        f.peer = peer_start(sequence.scripts, sequence.script_count);
        struct hr_resolve_entry names[2] = {
            {.host = "name.test", .port = 80, .address = "127.0.0.1", .to_port = peer_port(f.peer)},
            {.host = "name.test", .address = "127.0.0.1"},
        };
        struct hr_http_client_options options = {.resolve = names, .resolve_count = 2};
        open_engine(&f, 0);
        open_client(&f, &options);
        struct asked asked[4] = {0};
        size_t count = 0;
        json_array_foreach(json_object_get(one, "requests"), j, text) {
            const char *line = json_string_value(text);
            if (strncmp(line, "sleep:", 6) == 0)
                pass_time(&f, (int)strtol(line + 6, NULL, 10));
            else
                ask_one(&f, line, &asked[count++]);
        }
        check_sequence(&f, one, asked);
        close_all(&f);
    }
    printf("http1/sequences: %zu played\n", json_array_size(cases));
    cr_expect_geq(json_array_size(cases), 10);
    json_decref(cases);
}
