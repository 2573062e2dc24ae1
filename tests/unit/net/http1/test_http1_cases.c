/* The shared cases at the parser: whole, one byte at a time, split at seeded places. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "cases.h"
#include "http1_case.h"
#include "http1_replay.h"

static const char *grade(const struct http_case *one, const struct replay *replay) {
    struct http_seen seen = {
        .ok = replay->complete,
        .status = replay->status,
        .body = replay->body.data,
        .body_size = replay->body.size,
        .fields = replay->fields.data,
        .interim = replay->interim.data,
    };
    /* No byte at all is no error of the parser's; the client, which has asked, makes it one. */
    bool nothing = one->size == 0 && replay->result == 0 && !replay->complete;
    if (!nothing && replay->complete == (replay->result < 0)) return "neither complete nor refused";
    const char *wrong = http_case_grade(one, &seen);
    if (wrong || !replay->complete) return wrong;
    int reuse = http_case_reuse(one);
    bool reusable = replay->keep_alive && replay->consumed == one->size;
    return (one->strict || one->choice) && reuse >= 0 && reuse != reusable ? "reuse" : NULL;
}

static const char *replay_case(const struct http_case *one) {
    struct hr_slice bytes = hr_slice_bytes(one->bytes, one->size);
    bool head = strcmp(one->method, "HEAD") == 0;
    uint64_t seed = 0x9e3779b97f4a7c15u + one->size;
    struct replay whole;
    replay_init(&whole, HR_HTTP1_RESPONSE, NULL, head);
    replay_all(&whole, bytes, 0, 0, !one->held);
    const char *wrong = grade(one, &whole);
    for (int cut = 0; !wrong && cut < 12; cut++) {
        struct replay again;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t first = bytes.size > 0 ? 1 + (size_t)(seed >> 33) % bytes.size : 0;
        replay_init(&again, HR_HTTP1_RESPONSE, NULL, head);
        again.body_max = cut % 3 == 2 ? 1 + (size_t)cut : 0;
        replay_all(&again, bytes, cut > 0 ? first : 0,
                   cut == 0       ? 1
                   : cut % 2 == 0 ? 7
                                  : 0,
                   !one->held);
        if (!replay_equal(&whole, &again)) wrong = "another outcome when cut";
        replay_deinit(&again);
    }
    if (wrong)
        fprintf(stderr, "%s: %s (result %d, status %d, body %zu, reason %s)\n%s\n", one->name,
                wrong, whole.result, whole.status, whole.body.size,
                hr__http1_parser_reason(whole.parser), whole.fields.data);
    replay_deinit(&whole);
    return wrong;
}

Test(http1_cases, answers) {
    json_t *cases = cases_load("http1/cases.given.jsonl"), *one;
    size_t i, failed = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        struct http_case test;
        http_case_init(&test, one);
        if (replay_case(&test)) failed++;
        http_case_deinit(&test);
    }
    cr_expect_gt(json_array_size(cases), 100);
    json_decref(cases);
    cr_assert_eq(failed, 0);
}

/* What llhttp in its own tests refuses of requests, a strict server refuses too; and no request is
 * read in two ways. */
Test(http1_cases, requests) {
    json_t *cases = cases_load("http1/llhttp-raw.given.jsonl"), *one;
    size_t i, refused = 0, failed = 0;
    if (!cases) cr_skip_test("no cases: set HR_CASES");
    json_array_foreach(cases, i, one) {
        if (strcmp(cases_text(one, "type"), "request") != 0) continue;
        struct http_case test;
        http_case_init(&test, one);
        struct replay whole, single;
        replay_init(&whole, HR_HTTP1_REQUEST, NULL, false);
        replay_init(&single, HR_HTTP1_REQUEST, NULL, false);
        replay_all(&whole, hr_slice_bytes(test.bytes, test.size), 0, 0, true);
        replay_all(&single, hr_slice_bytes(test.bytes, test.size), 0, 1, true);
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
        http_case_deinit(&test);
    }
    json_decref(cases);
    cr_expect_gt(refused, 20);
    cr_assert_eq(failed, 0);
}
