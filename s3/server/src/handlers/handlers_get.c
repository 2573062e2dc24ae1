/* GetObject, HeadObject: the body is sent from the object's own memory or files, of which
 * the call holds a reference until the last byte has gone. */
#include "store_call.h"

#include <headrace/clock.h>
#include <headrace/text.h>

/* Parameters by which a signed request overrides fields of the response. */
static const struct {
    const char *parameter, *field;
} overrides[] = {
    {"response-content-type", "content-type"},
    {"response-cache-control", "cache-control"},
    {"response-content-disposition", "content-disposition"},
    {"response-content-encoding", "content-encoding"},
    {"response-content-language", "content-language"},
    {"response-expires", "expires"},
};

static bool is_overridden(const struct s3_call *call, struct hr_slice field) {
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++)
        if (hr_slice_equal(field, hr_slice_of(overrides[i].field)))
            return s3_server__parameter(&call->request, overrides[i].parameter).data != NULL;
    return false;
}

/* A field of a response is ISO-8859-1 in S3, and a parameter is UTF-8. */
static enum s3_error to_latin1(struct s3_call *call, const char *name, struct hr_slice text,
                               struct hr_slice *latin1) {
    char *out = s3_server__arena_allocate(&call->arena, text.size + 1);
    if (!out) return S3_InternalError;
    size_t size = 0;
    bool fits = hr_utf8_valid(text);
    for (size_t i = 0; i < text.size && fits; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x80) { /* characters up to U+00FF have two bytes, the first of them C2 or C3 */
            fits = c <= 0xc3;
            if (fits) c = (unsigned char)((c & 3) << 6 | ((unsigned char)text.data[++i] & 0x3f));
        }
        fits = fits && c >= 0x20 && c != 0x7f;
        out[size++] = (char)c;
    }
    *latin1 = hr_slice_bytes(out, size);
    if (fits) return S3_OK;
    s3_server__add_detail(call, "ArgumentName", hr_slice_of(name));
    s3_server__add_detail(call, "ArgumentValue", text);
    return s3_server__refuse(call, S3_InvalidArgument,
                             "Header value cannot be represented using ISO-8859-1.");
}

static enum s3_error add_overrides(struct s3_call *call) {
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        struct hr_slice value = s3_server__parameter(&call->request, overrides[i].parameter);
        struct hr_slice latin1;
        enum s3_error error = to_latin1(call, overrides[i].parameter, value, &latin1);
        if (error) return error;
        if (latin1.size > 0) s3_server__add(call, overrides[i].field, latin1);
    }
    return S3_OK;
}

/* Validators are sent with 304, too. */
static void add_validators(struct s3_call *call, const struct s3_object *object) {
    s3_server__add_modified(call, object);
    s3_server__add_text(call, "ETag", object->etag);
}

static enum s3_error add_description(struct s3_call *call, const struct s3_object *object) {
    add_validators(call, object);
    s3_server__add_text(call, "Accept-Ranges", "bytes");
    for (size_t i = 0; i < object->field_count; i++)
        if (!is_overridden(call, object->fields[i].name))
            s3_server__add_field(call, object->fields[i].name, object->fields[i].value);
    if (object->storage_class.size > 0)
        s3_server__add(call, "x-amz-storage-class", object->storage_class);
    s3_server__add_traits(call, object);
    return add_overrides(call);
}

/* The bytes that Range or partNumber ask for. *partial: 206. */
static enum s3_error choose_range(struct s3_call *call, const struct s3_object *object,
                                  struct s3_range *range, bool *partial) {
    *range = (struct s3_range){.offset = 0, .size = object->size};
    *partial = false;
    struct hr_slice header = s3_server__header(call, "range");
    struct hr_slice part = s3_server__parameter(&call->request, "partNumber");
    if (part.data) {
        uint64_t number, parts = object->part_count > 0 ? object->part_count : 1;
        if (header.data || hr_text_u64(part, S3_PARTS_MAX, &number) < 0 || number == 0)
            return s3_server__refuse(call, S3_InvalidArgument,
                                     header.data ? "Cannot specify both Range header and "
                                                   "partNumber query parameter."
                                                 : "Part number must be an integer between 1 and "
                                                   "10000, inclusive");
        if (number > parts) return S3_InvalidPartNumber;
        for (uint64_t i = 0; object->part_count > 0 && i + 1 < number; i++)
            range->offset += object->part_sizes[i];
        if (object->part_count > 0) {
            range->size = object->part_sizes[number - 1];
            s3_server__add(call, "x-amz-mp-parts-count",
                           s3_server__arena_print(&call->arena, "%u", object->part_count));
        }
        *partial = range->size > 0; /* the last part may be empty */
        return S3_OK;
    }
    if (!s3_server__conditions_range(&call->request, object)) return S3_OK;
    enum s3_range_kind kind = s3_server__range_parse(header, object->size, range);
    if (kind == S3_RANGE_UNSATISFIABLE) {
        call->blamed.range =
            s3_server__arena_print(&call->arena, "bytes */%llu", (unsigned long long)object->size);
        s3_server__add_detail(call, "RangeRequested", header);
        s3_server__add_detail(
            call, "ActualObjectSize",
            s3_server__arena_print(&call->arena, "%llu", (unsigned long long)object->size));
        return S3_InvalidRange;
    }
    *partial = kind == S3_RANGE_PART;
    return S3_OK;
}

static enum s3_error make_source(struct s3_call *call, struct s3_object *object,
                                 struct s3_range range, struct hr_source *source) {
    *source = hr_source_none();
    if (range.size == 0) return S3_OK;
    if (call->server->store.disk) {
        call->reader = s3_server__file_reader_new(object, range.offset, range.size, call->exchange);
        if (!call->reader) return S3_InternalError;
        *source = s3_server__file_reader_source(call->reader);
        bool is_head = hr_slice_equal(call->request.method, hr_slice_of("HEAD"));
        return is_head ? S3_OK : s3_server__file_reader_open(call->reader);
    }
    struct s3_piece single;
    size_t count = s3_server__object_cut(object, range.offset, range.size, &single, 1);
    if (count == 1) {
        *source = hr_source_bytes(single.blob->data + single.offset, single.size);
        return S3_OK;
    }
    struct s3_piece *pieces = s3_server__arena_allocate(&call->arena, count * sizeof *pieces);
    struct iovec *iov = s3_server__arena_allocate(&call->arena, count * sizeof *iov);
    if (!pieces || !iov) return S3_InternalError;
    s3_server__object_cut(object, range.offset, range.size, pieces, count);
    for (size_t i = 0; i < count; i++)
        iov[i] = (struct iovec){.iov_base = pieces[i].blob->data + pieces[i].offset,
                                .iov_len = pieces[i].size};
    *source = hr_source_iovec(iov, count);
    return S3_OK;
}

static enum s3_error get_object(struct s3_call *call) {
    enum s3_error error = s3_server__find_object(call);
    if (!error) error = s3_server__check_object_key(call, call->object);
    if (error) return error;
    struct s3_object *object = call->object;
    s3_server__conditions_parse(&call->request, "", &call->conditions);
    error = s3_server__conditions_read(&call->conditions, object);
    if (error == S3_NotModified) add_validators(call, object);
    struct s3_range range;
    bool partial;
    if (!error) error = choose_range(call, object, &range, &partial);
    if (!error) error = add_description(call, object);
    struct hr_source source;
    if (!error) error = make_source(call, object, range, &source);
    if (error) return error;
    if (partial)
        s3_server__add(call, "Content-Range",
                       s3_server__arena_print(&call->arena, "bytes %llu-%llu/%llu",
                                              (unsigned long long)range.offset,
                                              (unsigned long long)(range.offset + range.size - 1),
                                              (unsigned long long)object->size));
    struct hr_slice mode = s3_server__header(call, "x-amz-checksum-mode");
    if (!partial && hr_slice_equal_nocase(mode, hr_slice_of("ENABLED")))
        s3_server__add_checksum(call, object);
    return s3_server__respond(call, partial ? 206 : 200, source);
}

const struct s3_handler s3_server__get_object = {.end = get_object};
