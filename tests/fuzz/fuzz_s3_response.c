/* A response of a store as a whole: the head's fields, "name: value" a line, and behind an empty
 * line its body, good or an error. The first two bytes choose status and operation. What is told
 * has an end, no control bytes, and a message where it is refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "genuine.h"
#include "s3_classify.h"
#include "s3_response.h"
#include "s3_rows.h"

#define FIELDS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

/* A text in an array, which may reach a terminal. */
static void check_clean(const char *text, size_t capacity) {
    size_t size = strnlen(text, capacity);
    check(size < capacity);
    for (size_t i = 0; i < size; i++) check((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
}

static size_t read_fields(struct hr_slice *rest, struct hr_http_field *fields) {
    size_t count = 0;
    struct hr_slice line;
    while (hr_slice_cut(rest, '\n', &line) && line.size > 0) {
        struct hr_http_field field;
        field.value = line;
        if (!hr_slice_cut(&field.value, ':', &field.name) || field.name.size == 0) continue;
        if (count < FIELDS_MAX) fields[count++] = field;
    }
    return count;
}

static void check_object(const struct hr_http_head *head) {
    struct hr_s3_object_info info;
    struct hr_error error = {0};
    int err = hr__s3_response_object(head, &error, &info);
    check(err == 0 || (err == HR_ERR_S3_RESPONSE && error.message[0]));
    if (!err) check(strnlen(info.etag, sizeof info.etag) < sizeof info.etag);
    hr__s3_response_parts(head);
    struct hr_s3_get get = {.ranged = true, .range_first = 5, .range_last = 9};
    struct hr_error why = {0};
    hr__s3_response_empty(head, &get);
    err = hr__s3_response_range(head, &get, &why);
    check(err == 0 || why.message[0]);
}

static void check_error(const struct hr_http_head *head, struct hr_slice body) {
    struct hr__s3_response_ids ids = {.refusal = NULL};
    struct hr_error error = {0};
    hr__s3_response_ids(head, &ids);
    check_clean(ids.region, sizeof ids.region);
    ids.now_s = 1800000000;
    hr__s3_response_error("GetObject", head->status, &ids, body, &error);
    check(error.code == HR_ERR_S3_SERVICE && error.message[0]);
    check_clean(error.message, sizeof error.message);
    check_clean(error.service_code, sizeof error.service_code);
    check_clean(error.request_id, sizeof error.request_id);
    check_clean(ids.region, sizeof ids.region);
    hr__s3_classify_response(head->status, hr_slice_of(error.service_code));
    check(hr__s3_classify_retry_after_ms(head) <= 3600000);
    hr__add_remedy(&error, "; look at %s", "the endpoint");
    check(strnlen(error.message, sizeof error.message) < sizeof error.message);
}

static void check_genuine(const struct hr__s3_operation *operation, const struct hr_http_head *head,
                          struct hr_slice body) {
    struct hr__marks marks;
    struct hr_error error = {0};
    hr__marks_of(head, &marks);
    int err = hr__genuine_head(operation, head->status, &marks, &error);
    if (!err) err = hr__genuine_end(operation, head->status, &marks, body, &error);
    check(err == 0 || (err == HR_ERR_S3_RESPONSE && error.message[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {200, 206, 301, 304, 400, 403, 404, 412, 416, 500, 503};
    struct hr_http_field fields[FIELDS_MAX];
    if (size < 2) return 0;
    struct hr_slice rest = hr_slice_bytes((const char *)data + 2, size - 2);
    struct hr_http_head head = {.status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
                                .fields = fields};
    head.field_count = read_fields(&rest, fields);
    check_object(&head);
    check_error(&head, rest);
    check_genuine(&hr__s3_rows[data[1] % HR__S3_KINDS].operation, &head, rest);
    return 0;
}
