/* CopyObject and UploadPartCopy: no byte moves, the copy references the same memory. */
#include "store_call.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include <headrace/text.h>

/* The most bytes of a copy that are read for a checksum: a few milliseconds. */
#define S3_COPY_HASHED_MAX (16 << 20)

/* Takes "?versionId=ID" off the end. */
static enum s3_error cut_version(struct s3_call *call, struct hr_slice *source,
                                 struct hr_slice *version) {
    static const char parameter[] = "versionId=";
    *version = hr_slice_bytes(NULL, 0);
    const char *mark = memchr(source->data, '?', source->size);
    if (!mark) return S3_OK;
    struct hr_slice query =
        hr_slice_bytes(mark + 1, source->size - (size_t)(mark - source->data) - 1);
    source->size = (size_t)(mark - source->data);
    if (!s3_server__has_prefix_nocase(query, parameter))
        return s3_server__refuse(call, S3_InvalidArgument, "Invalid version id specified");
    *version = hr_slice_bytes(query.data + sizeof parameter - 1, query.size - sizeof parameter + 1);
    return s3_server__check_version_id(call, *version);
}

/* A delete marker has no bytes to copy. */
static enum s3_error find_source(struct s3_call *call, const struct s3_version_name *name,
                                 struct s3_object **object) {
    struct s3_found found;
    enum s3_error error = s3_server__store_version_get(&call->server->store, name, &found);
    if (error) return error;
    if (found.object->is_marker) {
        s3_server__object_release(found.object);
        return name->id.size > 0 ? S3_InvalidRequest : S3_NoSuchKey;
    }
    error = s3_server__check_source_key(call, found.object);
    if (error) {
        s3_server__object_release(found.object);
        return error;
    }
    if (found.versioning != S3_VERSIONING_OFF)
        s3_server__add(call, "x-amz-copy-source-version-id",
                       s3_server__arena_copy(&call->arena, s3_server__version_id(found.object)));
    *object = found.object;
    return S3_OK;
}

/* "/BUCKET/KEY" or "BUCKET/KEY", encoded as a form is, so that a plus is a blank, perhaps with
 * "?versionId=ID". */
enum s3_error s3_server__copy_source(struct s3_call *call, struct s3_object **object) {
    struct hr_slice header = s3_server__header(call, "x-amz-copy-source"), version;
    enum s3_error error = cut_version(call, &header, &version);
    if (error) return error;
    char *text = s3_server__arena_allocate(&call->arena, header.size + 1);
    if (!text) return S3_InternalError;
    size_t size;
    struct hr_slice source = s3_server__percent_decode(header, true, text, &size)
                                 ? hr_slice_bytes(text, size)
                                 : hr_slice_bytes(NULL, 0);
    if (source.size > 0 && source.data[0] == '/')
        source = hr_slice_bytes(source.data + 1, source.size - 1);
    const char *slash = source.size > 0 ? memchr(source.data, '/', source.size) : NULL;
    size_t bucket_size = slash ? (size_t)(slash - source.data) : 0;
    if (bucket_size == 0 || bucket_size + 1 == source.size)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Copy Source must mention the source bucket and key: "
                                 "sourcebucket/sourcekey");
    struct hr_slice bucket = hr_slice_bytes(source.data, bucket_size);
    struct hr_slice key = hr_slice_bytes(slash + 1, source.size - bucket_size - 1);
    struct s3_version_name name = {bucket, key, version};
    error = find_source(call, &name, object);
    call->blamed.bucket = bucket;
    call->blamed.key = key;
    if (error) return error;
    struct s3_conditions conditions;
    s3_server__conditions_parse(&call->request, "x-amz-copy-source-", &conditions);
    error = s3_server__conditions_copy(&conditions, *object);
    if (error) {
        s3_server__object_release(*object);
        *object = NULL;
        return error;
    }
    call->blamed.bucket = call->blamed.key = hr_slice_bytes(NULL, 0);
    return S3_OK;
}

/* The checksum of a stretch of `source`. Its bytes are read on the reactor, so there is a limit. */
static enum s3_error compute_checksum(struct s3_call *call, const struct s3_object *source,
                                      struct s3_range range, enum hr_s3_checksum_algorithm kind,
                                      struct hr_s3_checksum *value) {
    if (range.size > S3_COPY_HASHED_MAX)
        return s3_server__refuse(call, S3_NotImplemented,
                                 "A checksum that the source has not got is not implemented for "
                                 "copies of more than %d bytes.",
                                 S3_COPY_HASHED_MAX);
    size_t count = s3_server__object_cut(source, range.offset, range.size, NULL, 0);
    struct s3_piece *pieces = s3_server__arena_allocate(&call->arena, (count + 1) * sizeof *pieces);
    struct s3_digests digests;
    if (!pieces || s3_server__digests_init(&digests, 1u << kind) < 0) return S3_InternalError;
    s3_server__object_cut(source, range.offset, range.size, pieces, count);
    int err = 0;
    for (size_t i = 0; i < count && !err; i++)
        err = s3_server__digests_update(&digests, pieces[i].blob->data + pieces[i].offset,
                                        pieces[i].size);
    if (!err) err = s3_server__digests_finish(&digests);
    if (!err) s3_server__digests_value(&digests, kind, value);
    s3_server__digests_deinit(&digests);
    return err ? S3_InternalError : S3_OK;
}

/* The source's checksum, or one of the algorithm that the request names. */
static enum s3_error plan_checksum(struct s3_call *call, const struct s3_object *source) {
    struct hr_slice name = s3_server__header(call, "x-amz-checksum-algorithm");
    enum hr_s3_checksum_algorithm kind =
        name.data ? hr_s3_checksum_by_name(name) : source->checksum.algorithm;
    if (name.data && kind == HR_S3_CHECKSUM_NONE)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Checksum algorithm provided is unsupported.");
    call->plan.checksum = source->checksum;
    call->plan.checksum_type = source->checksum_type;
    if (kind == source->checksum.algorithm) return S3_OK;
    call->plan.checksum_type = HR_S3_CHECKSUM_FULL_OBJECT;
    return compute_checksum(call, source, (struct s3_range){.size = source->size}, kind,
                            &call->plan.checksum);
}

/* Metadata of a request that names no directive would be lost unseen. One that says COPY wants
 * that: rclone sends its time of the file with each copy. */
static enum s3_error check_metadata(struct s3_call *call) {
    if (s3_server__header(call, "x-amz-metadata-directive").data) return S3_OK;
    for (size_t i = 0; i < call->plan.field_count; i++)
        if (s3_server__has_prefix_nocase(call->plan.fields[i].name, "x-amz-meta-"))
            return s3_server__refuse(call, S3_InvalidRequest,
                                     "Metadata of the request is taken with "
                                     "x-amz-metadata-directive: REPLACE only.");
    return S3_OK;
}

static bool asks_for_encryption(const struct s3_call *call) {
    for (size_t i = 0; i < call->request.field_count; i++)
        if (s3_server__is_encryption_field(call->request.fields[i].name)) return true;
    return false;
}

/* The source's fields, and the encryption that the request asks for: that by a client's key is not
 * the copy's unless it is asked for. */
static enum s3_error keep_fields(struct s3_call *call, const struct s3_object *source) {
    size_t most = source->field_count + call->plan.field_count, count = 0;
    struct hr_http_field *fields =
        s3_server__arena_allocate(&call->arena, (most + 1) * sizeof *fields);
    if (!fields) return S3_InternalError;
    enum s3_error error = check_metadata(call);
    if (error) return error;
    bool asks = asks_for_encryption(call);
    for (size_t i = 0; i < call->plan.field_count; i++) {
        struct hr_http_field field = call->plan.fields[i];
        if (s3_server__is_encryption_field(field.name)) fields[count++] = field;
    }
    for (size_t i = 0; i < source->field_count; i++) {
        struct hr_slice name = source->fields[i].name;
        bool is_dropped =
            s3_server__is_customer_field(name) || (asks && s3_server__is_encryption_field(name));
        if (!is_dropped) fields[count++] = source->fields[i];
    }
    assert(count <= most);
    call->plan.fields = fields;
    call->plan.field_count = count;
    return S3_OK;
}

/* The tags of the source, or with x-amz-tagging-directive: REPLACE the request's. */
static enum s3_error keep_tags(struct s3_call *call, const struct s3_object *source) {
    struct hr_slice directive = s3_server__header(call, "x-amz-tagging-directive");
    if (hr_slice_equal_nocase(directive, hr_slice_of("REPLACE"))) return S3_OK;
    if (call->plan.traits.tags.size > 0)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Tags of the request are taken with x-amz-tagging-directive: "
                                 "REPLACE only.");
    call->plan.traits.tags = source->traits.tags;
    return S3_OK;
}

/* Everything but the bytes: the source's, or given by the request. */
static enum s3_error plan_copy(struct s3_call *call, const struct s3_object *source) {
    struct hr_slice directive = s3_server__header(call, "x-amz-metadata-directive");
    bool replace = hr_slice_equal(directive, hr_slice_of("REPLACE"));
    if (directive.data && !replace && !hr_slice_equal(directive, hr_slice_of("COPY")))
        return s3_server__refuse(call, S3_InvalidArgument, "Unknown metadata directive.");
    enum s3_error error = s3_server__read_metadata(call);
    if (error) return error;
    bool changes = s3_server__header(call, "x-amz-storage-class").data ||
                   asks_for_encryption(call) ||
                   s3_server__header(call, "x-amz-checksum-algorithm").data;
    if (!replace) {
        error = keep_fields(call, source);
        if (error) return error;
        bool same_key = hr_slice_equal(source->key, call->request.key);
        struct s3_object *here = NULL;
        if (same_key && !changes)
            s3_server__store_object_get(&call->server->store, call->request.bucket,
                                        call->request.key, &here);
        s3_server__object_release(here); /* only compared */
        if (here == source)
            return s3_server__refuse(call, S3_InvalidRequest,
                                     "This copy request is illegal because it is trying to copy "
                                     "an object to itself without changing the object's metadata, "
                                     "storage class, encryption or checksum.");
    }
    error = plan_checksum(call, source);
    if (!error) error = keep_tags(call, source);
    if (error) return error;
    call->plan.etag = source->etag;
    call->plan.part_sizes = source->part_sizes;
    if (call->plan.checksum.algorithm == source->checksum.algorithm)
        call->plan.part_checksums = source->part_checksums;
    call->plan.part_count = source->part_count;
    call->plan.modified_ms = s3_server__now_ms(call);
    return S3_OK;
}

/* Makes an object of call->plan and a stretch of `source`, in call->object. */
static enum s3_error make_copy(struct s3_call *call, const struct s3_object *source,
                               struct s3_range range) {
    size_t count = s3_server__object_cut(source, range.offset, range.size, NULL, 0);
    struct s3_piece *pieces = s3_server__arena_allocate(&call->arena, (count + 1) * sizeof *pieces);
    if (!pieces) return S3_InternalError;
    s3_server__object_cut(source, range.offset, range.size, pieces, count);
    for (size_t i = 0; i < count; i++) s3_server__blob_reference(pieces[i].blob);
    call->plan.pieces = pieces;
    call->plan.piece_count = count;
    assert(!call->object);
    enum s3_error error =
        s3_server__object_new(&call->server->store.account, &call->plan, &call->object);
    for (size_t i = 0; error && i < count; i++) s3_server__blob_release(pieces[i].blob);
    return error;
}

static enum s3_error respond_copied(struct s3_call *call, const char *root, bool with_type) {
    const struct s3_object *object = call->object;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, root);
    s3_server__xml_date(xml, "LastModified", object->modified_ms);
    s3_server__xml_string(xml, "ETag", object->etag);
    s3_server__xml_checksum(xml, object, with_type);
    s3_server__xml_close(xml, root);
    s3_server__add_encryption(call, object->fields, object->field_count);
    return s3_server__respond_xml(call);
}

static enum s3_error copy_object(struct s3_call *call) {
    struct s3_store *store = &call->server->store;
    struct s3_object *source;
    enum s3_error error = s3_server__store_bucket_check(store, call->request.bucket);
    if (!error) error = s3_server__copy_source(call, &source);
    if (error) return error;
    s3_server__conditions_parse(&call->request, "", &call->conditions);
    error = plan_copy(call, source);
    if (!error) error = make_copy(call, source, (struct s3_range){.size = source->size});
    if (!error) {
        s3_server__object_reference(call->object);
        error = s3_server__store_object_put(store, call->request.bucket, &call->conditions,
                                            call->object);
        if (error) s3_server__object_release(call->object);
    }
    s3_server__object_release(source);
    if (error) return error;
    s3_server__add_version(call, call->object);
    return respond_copied(call, "CopyObjectResult", true);
}

const struct s3_handler s3_server__copy_object = {.end = copy_object};

/* ---- UploadPartCopy. */

/* "bytes=FIRST-LAST" and nothing else; a number beyond 64 bits counts as the largest. */
static bool parse_copy_range(struct hr_slice text, uint64_t *first, uint64_t *last) {
    static const char unit[] = "bytes=";
    if (text.size < sizeof unit - 1 || memcmp(text.data, unit, sizeof unit - 1) != 0) return false;
    text = hr_slice_bytes(text.data + sizeof unit - 1, text.size - (sizeof unit - 1));
    const char *dash = memchr(text.data, '-', text.size);
    if (!dash) return false;
    size_t size = (size_t)(dash - text.data);
    struct hr_slice ends[] = {hr_slice_bytes(text.data, size),
                              hr_slice_bytes(dash + 1, text.size - size - 1)};
    uint64_t *values[] = {first, last};
    for (size_t i = 0; i < 2; i++) {
        int err = hr_text_u64(ends[i], UINT64_MAX, values[i]);
        if (err == -EINVAL) return false;
        if (err < 0) *values[i] = UINT64_MAX;
    }
    return *first <= *last;
}

/* x-amz-copy-source-range must lie within the source; without it all is meant. */
static enum s3_error read_copy_range(struct s3_call *call, uint64_t size, struct s3_range *range) {
    *range = (struct s3_range){.size = size};
    struct hr_slice text = s3_server__header(call, "x-amz-copy-source-range");
    if (!text.data) return S3_OK;
    uint64_t first, last;
    if (!parse_copy_range(text, &first, &last))
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "The x-amz-copy-source-range value must be of the form "
                                 "bytes=first-last where first and last are the zero-based "
                                 "offsets of the first and last bytes to copy");
    if (last >= size)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Range specified is not valid for source object of size: %llu",
                                 (unsigned long long)size);
    *range = (struct s3_range){.offset = first, .size = last - first + 1};
    return S3_OK;
}

/* The tag of a part that is copied is made from the source's tag and the range: it only has to
 * change with the content, and hashing gigabytes would hold up the reactor. */
static enum s3_error print_part_etag(const struct s3_object *source, struct s3_range range,
                                     char etag[S3_ETAG_SIZE]) {
    if (range.size == source->size && source->part_count == 0) {
        snprintf(etag, S3_ETAG_SIZE, "%s", source->etag);
        return S3_OK;
    }
    char text[128];
    int size = snprintf(text, sizeof text, "%s %llu %llu", source->etag,
                        (unsigned long long)range.offset, (unsigned long long)range.size);
    struct s3_digests digests;
    if (s3_server__digests_init(&digests, S3_DIGEST_MD5) < 0) return S3_InternalError;
    bool ok = s3_server__digests_update(&digests, text, (size_t)size) == 0 &&
              s3_server__digests_finish(&digests) == 0;
    if (ok) s3_server__etag_print(s3_server__digests_md5(&digests), 0, etag);
    s3_server__digests_deinit(&digests);
    return ok ? S3_OK : S3_InternalError;
}

/* The part's checksum, of the upload's kind where it has one: the source's own, or computed. */
static enum s3_error part_checksum(struct s3_call *call, const struct s3_object *source,
                                   struct s3_range range) {
    enum hr_s3_checksum_algorithm kind = call->upload.checksum;
    call->plan.checksum_type = HR_S3_CHECKSUM_FULL_OBJECT;
    if (kind == HR_S3_CHECKSUM_NONE) return S3_OK;
    bool whole = range.size == source->size && source->checksum_type == HR_S3_CHECKSUM_FULL_OBJECT;
    if (!whole || source->checksum.algorithm != kind)
        return compute_checksum(call, source, range, kind, &call->plan.checksum);
    call->plan.checksum = source->checksum;
    return S3_OK;
}

static enum s3_error upload_part_copy(struct s3_call *call) {
    struct s3_object *source;
    enum s3_error error = s3_server__copy_source(call, &source);
    if (error) return error;
    struct s3_range range;
    char etag[S3_ETAG_SIZE];
    error = read_copy_range(call, source->size, &range);
    if (!error && range.size > S3_OBJECT_SIZE_MAX) error = S3_EntityTooLarge;
    if (!error) error = print_part_etag(source, range, etag);
    if (!error) {
        call->plan = (struct s3_object_plan){
            .key = call->request.key, .etag = etag, .modified_ms = s3_server__now_ms(call)};
        error = part_checksum(call, source, range);
    }
    if (!error) {
        error = make_copy(call, source, range);
    }
    if (!error) {
        s3_server__object_reference(call->object);
        error = s3_server__store_upload_put_part(&call->server->store, &call->upload_name,
                                                 call->part_number, call->object);
        if (error) s3_server__object_release(call->object);
    }
    s3_server__object_release(source);
    return error ? error : respond_copied(call, "CopyPartResult", false);
}

const struct s3_handler s3_server__upload_part_copy = {.begin = s3_server__upload_part_begin,
                                                       .end = upload_part_copy};
