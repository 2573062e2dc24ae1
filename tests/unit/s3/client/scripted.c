/* A client and a store that answers by a script. */
#include "scripted.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hr_s3_client *scripted_client;
struct peer *scripted_peer;
const char *scripted_provider;
void (*scripted_on_event)(void *user, const struct hr_client_event *event);
static hr_engine *engine;
static char *answers[8];

void scripted_begin(void) {
    struct hr_engine_options options = {.reactors = 1};
    struct hr_error error;
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
}

void scripted_end(void) {
    hr_s3_client_close(scripted_client, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    peer_stop(scripted_peer);
    for (size_t i = 0; i < 8; i++) free(answers[i]);
}

static char *answer_of(const struct scripted_turn *turn) {
    char *answer;
    bool bodiless = strncmp(turn->status, "204", 3) == 0 || strncmp(turn->status, "304", 3) == 0;
    const char *text = turn->text ? turn->text : "";
    char length[48] = "";
    if (!bodiless && !(turn->fields && strstr(turn->fields, "Content-Length")))
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(text));
    int size = asprintf(&answer, "HTTP/1.1 %s\r\nx-amz-request-id: REQ1\r\n%s%s\r\n%s",
                        turn->status, turn->fields ? turn->fields : "", length, text);
    cr_assert_gt(size, 0);
    return answer;
}

void scripted_listen(const struct peer_script *scripts, size_t count) {
    scripted_peer = peer_start(scripts, count);
}

void scripted_connect(struct hr_s3_client_options options) {
    if (!options.endpoint) options.endpoint = peer_url(scripted_peer, "");
    if (!options.access_key) options.access_key = "AKIAIOSFODNN7EXAMPLE";
    if (!options.secret_key) options.secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    struct hr_error error;
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &scripted_client), 0, "%s",
                 error.message);
}

void scripted_serve(const struct scripted_turn *turns, size_t count) {
    struct peer_script scripts[8] = {0};
    size_t at = 0, connection = 0;
    cr_assert_leq(count, 7);
    for (size_t i = 0; i < count; i++) {
        struct peer_step *steps = scripts[connection].steps;
        steps[at++] = (struct peer_step){.kind = PEER_HEAD};
        if (turns[i].body)
            steps[at++] = (struct peer_step){.kind = PEER_BODY, .count = turns[i].body};
        if (turns[i].status)
            steps[at++] = (struct peer_step){PEER_SEND, answers[i] = answer_of(&turns[i]), 0};
        else
            steps[at] = (struct peer_step){.kind = PEER_RESET}, connection++, at = 0;
        cr_assert_lt(at, PEER_STEPS_MAX);
    }
    scripted_listen(scripts, connection + 1);
    scripted_connect((struct hr_s3_client_options){.provider = scripted_provider,
                                                   .http.on_event = scripted_on_event,
                                                   .http.retry.backoff_base_ms = 1});
}

unsigned scripted_received(const char *needle) {
    return peer_received_times(scripted_peer, needle);
}

unsigned scripted_requests(void) {
    return peer_heads(scripted_peer);
}

int scripted_wait(int err, struct hr_request *request) {
    return err ? err : hr_wait(request);
}
