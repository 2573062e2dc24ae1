/* Complaints, error objects and exit codes, as docs/command.md promises them to scripts. */
#include "command_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>

#include "output.h"

static struct hr_error error_of(int code, const char *message) {
    struct hr_error error = {0};
    hr_error_set(&error, code, "%s", message);
    return error;
}

/* The one line of JSON that was printed. */
static json_t *printed(void) {
    size_t size = strlen(captured_out);
    cr_assert(size && captured_out[size - 1] == '\n', "'%s'", captured_out);
    json_t *json = json_loads(captured_out, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(json, "'%s'", captured_out);
    return json;
}

static const char *member(json_t *json, const char *name) {
    const char *text = json_string_value(json_object_get(json_object_get(json, "error"), name));
    return text ? text : "(none)";
}

Test(output, classes_of_errors) {
    static const struct {
        int code;
        enum exit_code class;
    } rows[] = {
        {-EINVAL, EXIT_USAGE},
        {HR_ERR_URL_MALFORMED, EXIT_USAGE},
        {HR_ERR_URL_SCHEME, EXIT_USAGE},
        {HR_ERR_HEADER_INVALID, EXIT_USAGE},
        {HR_ERR_METHOD_INVALID, EXIT_USAGE},
        {HR_ERR_TLS_OPTIONS, EXIT_USAGE},
        {HR_ERR_S3_BUCKET_INVALID, EXIT_USAGE},
        {HR_ERR_S3_KEY_INVALID, EXIT_USAGE},
        {HR_ERR_S3_CREDENTIALS, EXIT_USAGE},
        {HR_ERR_S3_SERVICE, EXIT_FAILED},
        {-ECONNREFUSED, EXIT_FAILED},
        {-ENOMEM, EXIT_FAILED},
        {HR_ERR_NAME_UNRESOLVED, EXIT_FAILED},
        {HR_ERR_STALL_TIMEOUT, EXIT_FAILED},
        {HR_ERR_HTTP_TRUNCATED, EXIT_FAILED},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(output_class(rows[i].code), rows[i].class, "%s", hr_error_name(rows[i].code));
}

Test(output, an_error_on_standard_error_names_all_that_is_known) {
    struct hr_error error = error_of(HR_ERR_S3_SERVICE, "The specified key does not exist.");
    snprintf(error.service_code, sizeof error.service_code, "NoSuchKey");
    snprintf(error.request_id, sizeof error.request_id, "4442587FB7D0A2F9");
    error.http_status = 404;
    error.attempt = 2;
    int code = 0;
    CAPTURE(code = output_error(&error, false, "s3 cat s3://%s/%s", "b", "k"));
    cr_expect_eq(code, EXIT_FAILED);
    cr_expect_str_eq(captured_out, "");
    cr_expect_str_eq(captured_err,
                     "headrace: s3 cat s3://b/k: The specified key does not exist. [NoSuchKey, "
                     "HTTP 404, request 4442587FB7D0A2F9, attempt 2]\n");
    error.attempt = 1;
    CAPTURE(output_error(&error, false, "x"));
    cr_expect_null(strstr(captured_err, "attempt"), "the first one is not worth a word");
}

Test(output, an_error_object_has_the_same) {
    struct hr_error error = error_of(HR_ERR_S3_SERVICE, "Access \"Denied\"");
    snprintf(error.service_code, sizeof error.service_code, "AccessDenied");
    snprintf(error.request_id, sizeof error.request_id, "ID1");
    error.http_status = 403;
    error.attempt = 3;
    CAPTURE(output_error(&error, true, "it"));
    json_t *json = printed();
    cr_expect_str_eq(member(json, "code"), hr_error_name(HR_ERR_S3_SERVICE));
    cr_expect_str_eq(member(json, "class"), "failed");
    cr_expect_str_eq(member(json, "message"), "Access \"Denied\"");
    cr_expect_str_eq(member(json, "s3_code"), "AccessDenied");
    cr_expect_str_eq(member(json, "request_id"), "ID1");
    json_t *object = json_object_get(json, "error");
    cr_expect_eq(json_integer_value(json_object_get(object, "http_status")), 403);
    cr_expect_eq(json_integer_value(json_object_get(object, "attempt")), 3);
    json_decref(json);
}

/* Of a store, which says more than an error has room for. */
Test(output, a_refusal_is_told_with_its_error) {
    struct hr_error error = error_of(HR_ERR_S3_SERVICE, "Reduce it");
    snprintf(error.service_code, sizeof error.service_code, "SlowDown");
    error.http_status = 503;
    const struct hr_refusal refusal = {.host_id = "H/1=", .region = "eu-west-1"};
    output_refusal(&refusal);
    CAPTURE(output_error(&error, true, "it"));
    output_refusal(NULL);
    cr_expect_str_eq(captured_err, "headrace: it: Reduce it [SlowDown, HTTP 503, host H/1=]\n");
    json_t *json = printed(), *object = json_object_get(json, "error");
    cr_expect_str_eq(member(json, "host_id"), "H/1=");
    cr_expect_str_eq(member(json, "region"), "eu-west-1");
    cr_expect(json_is_true(json_object_get(object, "retryable")));
    cr_expect_null(json_object_get(object, "resource"));
    cr_expect_null(json_object_get(object, "endpoint"));
    json_decref(json);
    CAPTURE(output_error(&error, true, "it"));
    json = printed();
    cr_expect_null(json_object_get(json_object_get(json, "error"), "host_id"));
    json_decref(json);
}

Test(output, members_that_are_not_known_are_not_there) {
    struct hr_error error = error_of(-ECONNREFUSED, "");
    int code = 0;
    CAPTURE(code = output_error(&error, true, "it"));
    cr_expect_eq(code, EXIT_FAILED);
    json_t *json = printed(), *object = json_object_get(json, "error");
    cr_expect_eq(json_object_size(object), 3);
    cr_expect_str_eq(member(json, "message"), hr_error_text(-ECONNREFUSED));
    cr_expect_not_null(strstr(captured_err, "nothing listens there"), "%s", captured_err);
    json_decref(json);
}

/* With a status an answer has come: what it says wrong is no wrong usage. */
Test(output, an_answer_makes_it_a_failure) {
    struct hr_error error = error_of(HR_ERR_URL_MALFORMED, "no URL");
    int code = 0;
    CAPTURE(code = output_error(&error, false, "it"));
    cr_expect_eq(code, EXIT_USAGE);
    error.http_status = 302;
    CAPTURE(code = output_error(&error, false, "it"));
    cr_expect_eq(code, EXIT_FAILED);
    CAPTURE(code = output_error_as(EXIT_ENVIRONMENT, &error, true, "it"));
    cr_expect_eq(code, EXIT_ENVIRONMENT);
    json_t *json = printed();
    cr_expect_str_eq(member(json, "class"), "environment");
    json_decref(json);
}

Test(output, failures_of_the_commands_own) {
    int code = 0;
    CAPTURE(code = output_failed(true, -ENOENT, "cannot read %s", "a file"));
    cr_expect_eq(code, EXIT_FAILED);
    cr_expect_str_eq(captured_err, "headrace: cannot read a file\n");
    json_t *json = printed();
    cr_expect_str_eq(member(json, "code"), "ENOENT");
    cr_expect_str_eq(member(json, "message"), "cannot read a file");
    json_decref(json);
    CAPTURE(code = output_failed_as(EXIT_USAGE, false, -EINVAL, "no"));
    cr_expect_eq(code, EXIT_USAGE);
    cr_expect_str_eq(captured_out, "");
}

Test(output, silence_is_of_standard_error_alone) {
    struct hr_error error = error_of(-EIO, "gone");
    output_silence();
    CAPTURE(output_error(&error, true, "it"));
    cr_expect_str_eq(captured_err, "");
    json_decref(printed());
    CAPTURE(output_complain("something"));
    cr_expect_str_eq(captured_err, "");
    CAPTURE(output_notice(NULL, "something"));
    cr_expect_str_eq(captured_err, "");
}

/* A program that asked for JSON gets an object whatever went wrong. */
Test(output, the_owed_object_has_the_first_complaint) {
    int code = 0;
    output_expect_json();
    capture_begin();
    output_complain("the %s", "first");
    output_complain("the second");
    code = output_finish(EXIT_USAGE);
    /* Standard output is closed: its text is in the file. */
    ssize_t size = pread(captured_file[0], captured_out, CAPTURED_MAX - 1, 0);
    captured_out[size > 0 ? size : 0] = '\0';
    cr_expect_eq(code, EXIT_USAGE);
    json_t *json = printed();
    cr_expect_str_eq(member(json, "class"), "usage");
    cr_expect_str_eq(member(json, "code"), "EINVAL");
    cr_expect_str_eq(member(json, "message"), "the first");
    json_decref(json);
}

static void finish(int code) {
    capture_begin();
    output_finish(code);
    ssize_t size = pread(captured_file[0], captured_out, CAPTURED_MAX - 1, 0);
    captured_out[size > 0 ? size : 0] = '\0';
}

Test(output, nothing_is_owed_by_a_success) {
    output_expect_json();
    finish(EXIT_DONE);
    cr_expect_str_eq(captured_out, "");
}

Test(output, nothing_is_owed_twice) {
    struct hr_error error = error_of(-EIO, "gone");
    output_expect_json();
    CAPTURE(output_error(&error, true, "it"));
    finish(EXIT_FAILED);
    cr_expect_str_eq(captured_out, "");
}

Test(output, nothing_is_owed_by_a_signal) {
    output_expect_json();
    finish(128 + SIGINT);
    cr_expect_str_eq(captured_out, "");
}

/* write(2) on /dev/full: "No space left on device". */
Test(output, what_could_not_be_written_is_a_failure) {
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), code = 0;
    cr_assert(full >= 0);
    capture_begin();
    dup2(full, STDOUT_FILENO);
    printf("lost");
    code = output_finish(EXIT_DONE);
    fflush(stderr);
    ssize_t size = pread(captured_file[1], captured_err, CAPTURED_MAX - 1, 0);
    captured_err[size > 0 ? size : 0] = '\0';
    cr_expect_eq(code, EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "cannot write to standard output: "), "%s",
                       captured_err);
}

Test(output, a_loss_does_not_hide_another_code) {
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    capture_begin();
    dup2(full, STDOUT_FILENO);
    printf("lost");
    cr_expect_eq(output_finish(EXIT_ENVIRONMENT), EXIT_ENVIRONMENT);
}

Test(output, sizes_for_people) {
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {{0, "0 B"},
                {1023, "1023 B"},
                {1024, "1.0 KiB"},
                {1536, "1.5 KiB"},
                {1048576, "1.0 MiB"},
                {5368709120, "5.0 GiB"},
                {1099511627776, "1.0 TiB"},
                {1125899906842624, "1024.0 TiB"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[OUTPUT_SIZE_TEXT];
        cr_expect_str_eq(output_size(rows[i].bytes, text), rows[i].text);
    }
    char text[OUTPUT_SIZE_TEXT];
    cr_expect_eq(strlen(output_size(UINT64_MAX, text)), strlen("16777216.0 TiB"));
}

Test(output, remedies) {
    static const struct {
        int code;
        const char *part;
    } rows[] = {{-ECONNREFUSED, "start the server"},
                {HR_ERR_NAME_UNRESOLVED, "--resolve"},
                {HR_ERR_NAME_SERVERS, "--resolve"},
                {HR_ERR_RESOLVE_TIMEOUT, "--resolve"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hr_error error = {.code = rows[i].code};
        cr_expect_not_null(strstr(output_remedy(&error), rows[i].part), "%s",
                           output_remedy(&error));
    }
    struct hr_error other = {.code = -EPIPE};
    cr_expect_str_eq(output_remedy(&other), "");
}

Test(output, progress_is_for_terminals) {
    struct output_progress progress;
    capture_begin();
    output_progress_begin(&progress);
    output_progress_bytes(&progress, "sent", 10, 20);
    output_progress_text(&progress, "text");
    output_progress_end(&progress);
    capture_end();
    cr_expect_str_eq(captured_err, "");
    cr_expect(progress.started_ns > 0);
}

Test(output, bytes_go_out_as_they_are_where_no_terminal_is) {
    static const char bytes[] = "a\0\x1b[31m\n";
    capture_begin();
    output_bytes(hr_slice_bytes(bytes, sizeof bytes - 1));
    output_bytes(hr_slice_bytes(NULL, 0));
    capture_end();
    cr_expect_eq(memcmp(captured_out, bytes, sizeof bytes), 0);
}
