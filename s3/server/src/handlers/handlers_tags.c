/* GetObjectTagging, PutObjectTagging, DeleteObjectTagging, and the same of buckets. */
#include "object_tags.h"
#include "store_call.h"

/* The document's tags in the form in which they are kept. */
static enum s3_error read_tags(struct s3_call *call, size_t most, struct hr_slice *text) {
    struct hr_slice unknown = {NULL, 0};
    struct s3_tag_list list;
    enum s3_error error =
        s3_server__xml_read_tags(s3_server__document(call), &call->arena, &list, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    error = s3_server__tags_check(&list, most);
    if (!error) error = s3_server__tags_print(&list, &call->arena, text);
    return s3_server__refuse_tags(call, error, most);
}

static enum s3_error respond_tags(struct s3_call *call, struct hr_slice text) {
    struct s3_tag_list list;
    enum s3_error error = s3_server__tags_parse(text, &call->arena, &list);
    if (error) return S3_InternalError; /* it was written here */
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "Tagging");
    s3_server__xml_open(xml, "TagSet");
    for (size_t i = 0; i < list.count; i++) {
        s3_server__xml_open(xml, "Tag");
        s3_server__xml_text(xml, "Key", list.tags[i].key);
        s3_server__xml_text(xml, "Value", list.tags[i].value);
        s3_server__xml_close(xml, "Tag");
    }
    s3_server__xml_close(xml, "TagSet");
    s3_server__xml_close(xml, "Tagging");
    return s3_server__respond_xml(call);
}

/* ---- Of objects. */

static enum s3_error get_object_tags(struct s3_call *call) {
    enum s3_error error = s3_server__find_object(call);
    return error ? error : respond_tags(call, call->object->traits.tags);
}

const struct s3_handler s3_server__get_object_tagging = {.end = get_object_tags};

static enum s3_error set_tags(void *user, const struct s3_object *object,
                              struct s3_traits *traits) {
    (void)object;
    traits->tags = *(const struct hr_slice *)user;
    return S3_OK;
}

static enum s3_error change_tags(struct s3_call *call, struct hr_slice text, int status) {
    struct s3_change change = {.change = set_tags, .user = &text};
    enum s3_error error = s3_server__change_object(call, &change);
    return error ? error : s3_server__respond_empty(call, status);
}

static enum s3_error put_object_tags(struct s3_call *call) {
    struct hr_slice text;
    enum s3_error error = read_tags(call, S3_OBJECT_TAGS_MAX, &text);
    return error ? error : change_tags(call, text, 200);
}

const struct s3_handler s3_server__put_object_tagging = {.body = S3_BODY_XML,
                                                         .end = put_object_tags};

static enum s3_error delete_object_tags(struct s3_call *call) {
    return change_tags(call, hr_slice_bytes(NULL, 0), 204);
}

const struct s3_handler s3_server__delete_object_tagging = {.end = delete_object_tags};

/* ---- Of buckets. */

static enum s3_error get_bucket_tags(struct s3_call *call) {
    struct hr_slice text;
    enum s3_error error = s3_server__store_document_get(&call->server->store, call->request.bucket,
                                                        S3_DOCUMENT_TAGS, &call->arena, &text);
    if (error) return error;
    return text.size > 0 ? respond_tags(call, text) : S3_NoSuchTagSet;
}

const struct s3_handler s3_server__get_bucket_tagging = {.end = get_bucket_tags};

static enum s3_error set_bucket_tags(struct s3_call *call, struct hr_slice text) {
    enum s3_error error = s3_server__store_document_put(&call->server->store, call->request.bucket,
                                                        S3_DOCUMENT_TAGS, text);
    return error ? error : s3_server__respond_empty(call, 204);
}

static enum s3_error put_bucket_tags(struct s3_call *call) {
    struct hr_slice text;
    enum s3_error error = read_tags(call, S3_BUCKET_TAGS_MAX, &text);
    return error ? error : set_bucket_tags(call, text);
}

const struct s3_handler s3_server__put_bucket_tagging = {.body = S3_BODY_XML,
                                                         .end = put_bucket_tags};

static enum s3_error delete_bucket_tags(struct s3_call *call) {
    return set_bucket_tags(call, hr_slice_bytes(NULL, 0));
}

const struct s3_handler s3_server__delete_bucket_tagging = {.end = delete_bucket_tags};
