/* POST Object: an upload by a browser's form. Its fields stand for the header fields of a PUT.
 * Source: the S3 API Reference, "POST Object". */
#include <errno.h>

#include <headrace/encode.h>
#include <headrace/text.h>
#include <headrace/url.h>

#include "form_policy.h"
#include "object_tags.h"
#include "post_signature.h"
#include "store_call.h"
#include "vocabulary.h"

/* ---- Who sends it. */

static enum s3_error read_policy(struct s3_call *call, const struct s3_form *form,
                                 struct hr_slice text) {
    size_t capacity = text.size, size;
    char *json = s3_server__arena_allocate(&call->arena, capacity + 1);
    struct s3_policy policy;
    struct hr_slice why = {NULL, 0};
    if (!json) return S3_InternalError;
    if (hr_base64_decode(text, json, capacity, &size)) return S3_InvalidPolicyDocument;
    enum s3_error error = s3_server__policy_read(hr_slice_bytes(json, size), &call->arena, &policy);
    if (error) return error;
    error = s3_server__policy_check(&policy, form, call->request.bucket,
                                    s3_server__now_ms(call) / 1000, &why);
    if (error == S3_AccessDenied)
        return s3_server__refuse(call, error, "Invalid according to Policy: %.*s",
                                 why.size < 128 ? (int)why.size : 128, why.data);
    return error;
}

static enum s3_error check_sender(struct s3_call *call, const struct s3_form *form) {
    struct s3_post_signature post = {
        .policy = s3_server__form_field(form, "policy"),
        .algorithm = s3_server__form_field(form, "x-amz-algorithm"),
        .credential = s3_server__form_field(form, "x-amz-credential"),
        .date = s3_server__form_field(form, "x-amz-date"),
        .signature = s3_server__form_field(form, "x-amz-signature"),
        .token = s3_server__form_field(form, "x-amz-security-token"),
    };
    if (!post.policy.data) return s3_server__check_anonymous(call);
    enum s3_error error = s3_server__post_verify(&call->server->auth, &post,
                                                 s3_server__now_ms(call) / 1000, &call->identity);
    if (error)
        hr_text_copy(call->message, sizeof call->message, hr_slice_of(call->identity.message));
    else
        error = s3_server__check_key(call, S3_POST_OBJECT);
    return error ? error : read_policy(call, form, post.policy);
}

/* ---- The request that it stands for. */

/* "${filename}" in a key is the name of the file, without folders of the sender. */
static enum s3_error read_key(struct s3_call *call, const struct s3_form *form) {
    static const char mark[] = "${filename}";
    struct hr_slice key = s3_server__form_field(form, "key"), name = form->file_name;
    if (key.size == 0)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Bucket POST must contain a field named 'key'.");
    for (size_t i = name.size; i-- > 0;)
        if (name.data[i] == '/' || name.data[i] == '\\') {
            name = hr_slice_bytes(name.data + i + 1, name.size - i - 1);
            break;
        }
    const char *at = memmem(key.data, key.size, mark, sizeof mark - 1);
    size_t before = at ? (size_t)(at - key.data) : key.size;
    if (at)
        key = s3_server__arena_print(
            &call->arena, "%.*s%.*s%.*s", (int)before, key.data, (int)name.size, name.data,
            (int)(key.size - before - (sizeof mark - 1)), at + sizeof mark - 1);
    if (key.size > S3_KEY_MAX) return S3_KeyTooLongError;
    if (key.size == 0 || memchr(key.data, '\0', key.size)) return S3_InvalidURI;
    call->request.key = key;
    return S3_OK;
}

/* Fields about the form itself. */
static bool is_own(struct hr_slice name) {
    static const char *const own[] = {
        "key",        "policy",          "success_action_status", "success_action_redirect",
        "redirect",   "bucket",          "x-amz-algorithm",       "x-amz-credential",
        "x-amz-date", "x-amz-signature", "x-amz-security-token",  "submit"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(own[i]))) return true;
    return s3_server__has_prefix_nocase(name, "x-ignore-");
}

/* A form has its tags as a document, a request as text. */
static enum s3_error read_tags(struct s3_call *call, struct hr_http_field *field) {
    struct s3_tag_list list;
    struct hr_slice unknown = {NULL, 0};
    enum s3_error error = s3_server__xml_read_tags(field->value, &call->arena, &list, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    *field = (struct hr_http_field){hr_slice_of("x-amz-tagging"), {NULL, 0}};
    return s3_server__tags_print(&list, &call->arena, &field->value);
}

/* Control characters would become fields of their own when they are sent back. */
static bool is_field_value(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

static enum s3_error add_field(struct s3_call *call, struct hr_http_field field,
                               struct hr_http_field *fields, size_t *count) {
    enum s3_error error = S3_OK;
    if (is_own(field.name)) return S3_OK;
    if (hr_slice_equal_nocase(field.name, hr_slice_of("acl")))
        field.name = hr_slice_of("x-amz-acl");
    if (hr_slice_equal_nocase(field.name, hr_slice_of("tagging"))) error = read_tags(call, &field);
    if (!error && !is_field_value(field.value)) error = S3_InvalidArgument;
    if (!error && s3_server__has_prefix_nocase(field.name, "if-")) error = S3_NotImplemented;
    if (!error) fields[(*count)++] = field;
    return error;
}

/* The PUT that the form stands for: its fields must be words of one. */
static enum s3_error read_fields(struct s3_call *call, const struct s3_form *form,
                                 struct s3_request *as_put) {
    struct hr_http_field *fields =
        s3_server__arena_allocate(&call->arena, (form->field_count + 1) * sizeof *fields);
    size_t count = 0;
    if (!fields) return S3_InternalError;
    for (size_t i = 0; i < form->field_count; i++) {
        enum s3_error error = add_field(call, form->fields[i], fields, &count);
        if (error) return error;
    }
    *as_put = call->request;
    struct s3_refusal word;
    as_put->method = hr_slice_of("PUT");
    as_put->fields = fields;
    as_put->field_count = count;
    as_put->parameter_count = 0;
    enum s3_error error = s3_server__vocabulary_check(as_put, S3_PUT_OBJECT, &word);
    if (!error) return S3_OK;
    s3_server__add_detail(call, error == S3_NotImplemented ? "Header" : "ArgumentName", word.name);
    return error;
}

/* ---- The object. */

/* A form may name one checksum of its file. */
static enum s3_error read_claimed(const struct s3_call *call, struct hr_s3_checksum *claimed) {
    for (size_t i = 0; i < call->request.field_count; i++) {
        const struct hr_http_field *field = &call->request.fields[i];
        enum hr_s3_checksum_algorithm algorithm = hr_s3_checksum_by_header(field->name);
        if (algorithm == HR_S3_CHECKSUM_NONE) continue;
        if (claimed->algorithm != HR_S3_CHECKSUM_NONE ||
            !s3_server__checksum_parse(algorithm, field->value, claimed))
            return S3_InvalidRequest;
    }
    return S3_OK;
}

static enum s3_error take_digests(struct s3_call *call, const struct s3_form *form,
                                  char etag[S3_ETAG_SIZE]) {
    struct s3_digests digests;
    struct hr_s3_checksum *claimed = &call->plan.checksum, made = {0};
    enum s3_error error = read_claimed(call, claimed);
    if (error) return error;
    if (s3_server__digests_init(&digests, S3_DIGEST_MD5 | 1u << claimed->algorithm) < 0)
        return S3_InternalError;
    bool ok = s3_server__digests_update(&digests, form->file.data, form->file.size) == 0 &&
              s3_server__digests_finish(&digests) == 0;
    if (ok) s3_server__etag_print(s3_server__digests_md5(&digests), 0, etag);
    if (ok) s3_server__digests_value(&digests, claimed->algorithm, &made);
    s3_server__digests_deinit(&digests);
    if (!ok) return S3_InternalError;
    return hr_s3_checksum_equal(&made, claimed) ? S3_OK : S3_BadDigest;
}

/* The file is a stretch of the body: no byte moves, unless the store has files. */
static enum s3_error take_piece(struct s3_call *call, const struct s3_form *form,
                                struct s3_piece *piece) {
    struct s3_store *store = &call->server->store;
    *piece = (struct s3_piece){.blob = call->body.blob,
                               .offset = (size_t)(form->file.data - call->body.blob->data),
                               .size = form->file.size};
    if (!store->disk) return S3_OK;
    piece->offset = 0;
    return s3_server__disk_store(store->disk, &store->account, form->file, &piece->blob);
}

static enum s3_error put_file(struct s3_call *call, const struct s3_form *form) {
    char etag[S3_ETAG_SIZE];
    struct s3_piece piece;
    struct s3_store *store = &call->server->store;
    enum s3_error error = s3_server__read_metadata(call);
    if (!error) error = take_digests(call, form, etag);
    if (!error) error = take_piece(call, form, &piece);
    if (error) return error;
    call->plan.modified_ms = s3_server__now_ms(call);
    call->plan.etag = etag;
    call->plan.checksum_type = HR_S3_CHECKSUM_FULL_OBJECT;
    call->plan.pieces = &piece;
    call->plan.piece_count = 1;
    error = s3_server__object_new(&store->account, &call->plan, &call->object);
    if (error && store->disk) s3_server__blob_release(piece.blob);
    if (error) return error;
    if (!store->disk) call->body.blob = NULL; /* the object's now */
    s3_server__object_reference(call->object);
    error = s3_server__store_object_put(store, call->request.bucket, NULL, call->object);
    if (error) s3_server__object_release(call->object);
    return error;
}

/* ---- The response. */

static struct hr_slice encode(struct s3_call *call, struct hr_slice text) {
    size_t capacity = 3 * text.size + 1, size = 0;
    char *out = s3_server__arena_allocate(&call->arena, capacity);
    if (!out || hr_percent_encode(text, HR_PERCENT_STRICT, out, capacity, &size))
        return hr_slice_bytes("", 0);
    return hr_slice_bytes(out, size);
}

static enum s3_error redirect(struct s3_call *call, struct hr_slice target) {
    struct hr_slice bucket = call->request.bucket, key = encode(call, call->request.key);
    struct hr_slice etag = encode(call, hr_slice_of(call->object->etag));
    char separator = memchr(target.data, '?', target.size) ? '&' : '?';
    s3_server__add(call, "Location",
                   s3_server__arena_print(&call->arena, "%.*s%cbucket=%.*s&key=%.*s&etag=%.*s",
                                          (int)target.size, target.data, separator,
                                          (int)bucket.size, bucket.data, (int)key.size, key.data,
                                          (int)etag.size, etag.data));
    return s3_server__respond_empty(call, 303);
}

static enum s3_error respond_document(struct s3_call *call) {
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, NULL);
    s3_server__xml_open(xml, "PostResponse");
    s3_server__xml_text(xml, "Bucket", call->request.bucket);
    s3_server__xml_text(xml, "Key", call->request.key);
    s3_server__xml_string(xml, "ETag", call->object->etag);
    s3_server__xml_close(xml, "PostResponse");
    if (xml->failed) return S3_InternalError;
    s3_server__add_text(call, "Content-Type", "application/xml");
    return s3_server__respond(call, 201, hr_source_bytes(xml->data, xml->size));
}

/* An address with a control character is no address. */
static enum s3_error respond(struct s3_call *call, const struct s3_form *form) {
    struct hr_slice target = s3_server__form_field(form, "success_action_redirect");
    struct hr_slice status = s3_server__form_field(form, "success_action_status");
    if (target.size == 0) target = s3_server__form_field(form, "redirect");
    s3_server__add_text(call, "ETag", call->object->etag);
    s3_server__add_version(call, call->object);
    if (target.size > 0 && is_field_value(target)) return redirect(call, target);
    if (hr_slice_equal(status, hr_slice_of("201"))) return respond_document(call);
    return s3_server__respond_empty(call, hr_slice_equal(status, hr_slice_of("200")) ? 200 : 204);
}

static enum s3_error post_object(struct s3_call *call) {
    struct s3_form form;
    struct hr_slice type = s3_server__header(call, "content-type");
    enum s3_error error =
        s3_server__form_parse(type, s3_server__document(call), &call->arena, &form);
    if (!error && !form.has_file)
        error = s3_server__refuse(call, S3_InvalidArgument,
                                  "POST requires exactly one file upload per request.");
    if (!error) error = read_key(call, &form);
    if (!error) error = check_sender(call, &form);
    struct s3_request as_put, sent;
    if (!error) error = read_fields(call, &form, &as_put);
    if (error) return error;
    sent = call->request; /* its own fields are for the response */
    call->request = as_put;
    error = put_file(call, &form);
    call->request = sent;
    return error ? error : respond(call, &form);
}

static enum s3_error post_begin(struct s3_call *call) {
    if (!s3_server__bucket_name_valid(call->request.bucket)) return S3_InvalidBucketName;
    return s3_server__store_bucket_check(&call->server->store, call->request.bucket);
}

const struct s3_handler s3_server__post_object = {.body = S3_BODY_DATA,
                                                  .in_memory = true,
                                                  .ignore_checksums = true,
                                                  .begin = post_begin,
                                                  .end = post_object};
