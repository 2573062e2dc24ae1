/* Responses of the proxy's own: a status, and the XML of an S3 error. */
#include "fault_answer.h"

#include <assert.h>
#include <stdio.h>

#define BODY_MAX 512

static const char *code_of(const struct fault_rule *rule) {
    if (rule->code[0]) return rule->code;
    if (rule->status == 500) return "InternalError";
    return rule->status == 503 ? "SlowDown" : "InjectedFault";
}

static int write_body(const struct fault_plan *plan, const char *id, char body[BODY_MAX]) {
    return snprintf(body, BODY_MAX,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
                    "<Message>injected by headrace proxy faults</Message>"
                    "<RequestId>%s</RequestId></Error>",
                    code_of(plan->spoil), id);
}

size_t fault_answer_write(const struct fault_plan *plan, const struct fault_answer_options *options,
                          char text[FAULT_ANSWER_MAX]) {
    char body[BODY_MAX], id[32];
    snprintf(id, sizeof id, "FAULT%016llX", (unsigned long long)plan->number);
    int size = write_body(plan, id, body);
    int written =
        snprintf(text, FAULT_ANSWER_MAX,
                 "HTTP/1.1 %u Injected Fault\r\nContent-Type: application/xml\r\n"
                 "Content-Length: %d\r\nx-amz-request-id: %s\r\n%s\r\n%s",
                 (unsigned)plan->spoil->status, size, id,
                 options->last ? "Connection: close\r\n" : "", options->to_head ? "" : body);
    assert(size > 0 && size < BODY_MAX && written > 0 && written < FAULT_ANSWER_MAX);
    return (size_t)written;
}
