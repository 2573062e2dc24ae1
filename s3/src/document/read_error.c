/* Error documents of S3 and STS. */
#include "documents.h"
#include "shape.h"

/* The rows of an Error at `before`. */
#define ERROR(before)                                                                              \
    HR__ELEMENT(before "Code", TEXT, OPTIONAL, struct hr__error_document, code),                   \
        HR__ELEMENT(before "Message", TEXT, OPTIONAL, struct hr__error_document, message),         \
        HR__ELEMENT(before "HostId", TEXT, OPTIONAL, struct hr__error_document, host_id),          \
        HR__ELEMENT(before "Resource", TEXT, OPTIONAL, struct hr__error_document, resource),       \
        HR__ELEMENT(before "Region", TEXT, OPTIONAL, struct hr__error_document, region),           \
        HR__ELEMENT(before "Endpoint", TEXT, OPTIONAL, struct hr__error_document, endpoint),       \
        HR__ELEMENT(before "BucketName", TEXT, OPTIONAL, struct hr__error_document, bucket_name),  \
        HR__ELEMENT(before "Bucket", TEXT, OPTIONAL, struct hr__error_document, bucket_name),      \
        HR__ELEMENT(before "RequestId", TEXT, OPTIONAL, struct hr__error_document, request_id),    \
        HR__ELEMENT(before "ServerTime", TIME, OPTIONAL, struct hr__error_document, server_time_s)

static const struct hr__element of_error[] = {
    ERROR(""),
    ERROR("Error/"),
};

static const struct hr__shape document = {
    .roots = {"Error", "ErrorResponse"},
    .elements = of_error,
    .element_count = HR__ROWS(of_error),
};

int hr__read_error(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                   struct hr__error_document *out) {
    struct hr__error_document made = {.server_time_s = 0};
    struct hr__shape_sink sink = {.out = &made, .texts = texts};
    int err = hr__shape_read(&document, xml, &sink, error);
    if (!err) *out = made;
    return err;
}
