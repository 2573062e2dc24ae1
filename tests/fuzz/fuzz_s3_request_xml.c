/* The XML documents and the request line that clients send to the embedded server. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conditions.h"
#include "presigned.h"
#include "route.h"
#include "store.h"
#include "vocabulary.h"
#include "xml_in.h"
#include "xml_out.h"

static void read_documents(struct hr_slice text) {
    struct s3_arena arena;
    struct s3_delete_request delete;
    struct s3_complete_request complete;
    struct hr_slice location, unknown;
    s3_server__arena_init(&arena);
    if (s3_server__xml_read_delete(text, &arena, &delete, &unknown) == S3_OK)
        for (size_t i = 0; i < delete.count; i++)
            if (delete.entries[i].key.size == 0 || delete.entries[i].key.size > S3_KEY_MAX) abort();
    if (s3_server__xml_read_complete(text, &arena, &complete, &unknown) == S3_OK)
        for (size_t i = 0; i < complete.count; i++)
            if (complete.parts[i].number == 0 || complete.parts[i].number > S3_PARTS_MAX) abort();
    s3_server__xml_read_create_bucket(text, &arena, &location, &unknown);
    s3_server__arena_deinit(&arena);
}

/* What is written of any key has to be read again as XML. */
static void write_key(struct hr_slice key) {
    struct s3_xml xml = {.data = NULL};
    s3_server__xml_text(&xml, "Key", key);
    s3_server__xml_key(&xml, "Key", key, true);
    for (size_t i = 0; i < xml.size; i++)
        if ((unsigned char)xml.data[i] < 0x20) abort();
    s3_server__xml_deinit(&xml);
}

/* Nothing that has come through may be unheard of, nor make a field of an answer into two. */
static void check_honoured(const struct s3_request *request) {
    for (size_t i = 0; i < request->parameter_count; i++)
        if (hr_slice_equal(request->parameters[i].name, hr_slice_of("annotation"))) abort();
    for (size_t i = 0; i < request->field_count; i++) {
        struct hr_slice field = request->fields[i].name, value = request->fields[i].value;
        if (!s3_server__has_prefix_nocase(field, "x-amz-")) continue;
        if (memchr(field.data, '\n', field.size)) abort();
        if (value.size > 0 && memchr(value.data, '\n', value.size)) abort();
    }
}

static void parse_request(struct hr_slice target) {
    struct s3_arena arena;
    struct hr_http_field fields[] = {{hr_slice_of("Host"), hr_slice_of("bucket.s3.localhost:80")},
                                     {hr_slice_of("If-Match"), target}};
    struct s3_request request = {
        .method = hr_slice_of("GET"), .target = target, .fields = fields, .field_count = 2};
    struct s3_conditions conditions;
    struct s3_range range;
    enum s3_operation operation;
    struct s3_refusal word;
    struct hr_slice name;
    s3_server__arena_init(&arena);
    if (s3_server__request_parse(&request, &arena, hr_slice_of("s3.localhost")) == S3_OK) {
        if (request.key.size > S3_KEY_MAX) abort();
        if (s3_server__request_hoist(&request, &arena, &name) == S3_OK &&
            s3_server__route(&request, &operation) == S3_OK &&
            s3_server__vocabulary_check(&request, operation, &word) == S3_OK)
            check_honoured(&request);
        s3_server__conditions_parse(&request, "", &conditions);
    }
    if (s3_server__range_parse(target, 1000, &range) == S3_RANGE_PART &&
        (range.size == 0 || range.offset >= 1000 || range.size > 1000 - range.offset))
        abort();
    s3_server__arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hr_slice text = hr_slice_bytes((const char *)data, size);
    read_documents(text);
    write_key(text);
    parse_request(text);
    return 0;
}
