/* Responses of the fault proxy's own. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fault_answer.h"

static char text[FAULT_ANSWER_MAX + 1];

static void answer(const char *line, const struct fault_answer_options *options) {
    struct hr_error error = {0};
    static struct fault_script script;
    script.count = 0;
    cr_assert_eq(fault_script_add(&script, hr_slice_of(line), 0, &error), 0);
    const struct fault_plan plan = {.spoil = &script.rules[0], .number = 10};
    text[fault_answer_write(&plan, options, text)] = '\0';
}

Test(fault_answer, has_the_status_the_code_and_its_length) {
    answer("status 503 SlowDown", &(struct fault_answer_options){.last = false});
    const char *body = strstr(text, "\r\n\r\n") + 4;
    cr_expect(strncmp(text, "HTTP/1.1 503 ", 13) == 0);
    cr_expect(strstr(body, "<Error><Code>SlowDown</Code>"));
    cr_expect_eq(strlen(body), (size_t)strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10));
    cr_expect(strstr(body, "<RequestId>FAULT000000000000000A</RequestId>"));
    cr_expect_null(strstr(text, "Connection"));
}

Test(fault_answer, a_head_has_no_body) {
    answer("status 500", &(struct fault_answer_options){.to_head = true, .last = true});
    cr_expect_str_eq(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    cr_expect(strstr(text, "\r\nConnection: close\r\n"));
}

Test(fault_answer, codes_have_defaults) {
    const struct fault_answer_options options = {.last = false};
    answer("status 500", &options);
    cr_expect(strstr(text, "<Code>InternalError<"));
    answer("status 503", &options);
    cr_expect(strstr(text, "<Code>SlowDown<"));
    answer("status 418", &options);
    cr_expect(strstr(text, "<Code>InjectedFault<"));
}

Test(fault_answer, the_longest_code_fits) {
    char line[128] = "status 500 C";
    memset(line + 12, 'x', FAULT_CODE_MAX - 2);
    answer(line, &(struct fault_answer_options){.last = true});
    cr_expect(strstr(text, "</Error>"));
}
