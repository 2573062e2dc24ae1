/* CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation, GetBucketVersioning, ListBuckets. */
#include "call.h"

#define REGION_DEFAULT "us-east-1"

static const char *region_of(const struct s3_call *call) {
    return call->server->region ? call->server->region : REGION_DEFAULT;
}

static enum s3_error list_buckets(struct s3_call *call) {
    struct s3_bucket_entry *entries;
    size_t count;
    enum s3_error error =
        s3_server__bucket_list(&call->server->store, &call->arena, &entries, &count);
    if (error) return error;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "ListAllMyBucketsResult");
    s3_server__xml_open(xml, "Owner");
    s3_server__xml_string(xml, "ID", S3_OWNER_ID);
    s3_server__xml_string(xml, "DisplayName", S3_OWNER_NAME);
    s3_server__xml_close(xml, "Owner");
    s3_server__xml_open(xml, "Buckets");
    struct hr_slice prefix = s3_server__parameter(&call->request, "prefix");
    for (size_t i = 0; i < count; i++) {
        struct hr_slice name = entries[i].name;
        if (name.size < prefix.size ||
            !hr_slice_equal(hr_slice_bytes(name.data, prefix.size), prefix))
            continue;
        s3_server__xml_open(xml, "Bucket");
        s3_server__xml_text(xml, "Name", name);
        s3_server__xml_date(xml, "CreationDate", entries[i].created_ms);
        s3_server__xml_close(xml, "Bucket");
    }
    s3_server__xml_close(xml, "Buckets");
    s3_server__xml_close(xml, "ListAllMyBucketsResult");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__list_buckets = {.end = list_buckets};

static enum s3_error create_bucket(struct s3_call *call) {
    const struct s3_blob *body = call->body.blob;
    if (body->size > 0) {
        struct hr_slice location;
        enum s3_error error = s3_server__xml_read_create_bucket(
            hr_slice_bytes(body->data, body->size), &call->arena, &location);
        if (error) return error;
        /* With a fixed region only its own name is right; else any is, as any is signed for. */
        if (location.size > 0 && call->server->region &&
            !hr_slice_equal(location, hr_slice_of(call->server->region)))
            return S3_IllegalLocationConstraintException;
    }
    struct hr_slice bucket = call->request.bucket;
    enum s3_error error =
        s3_server__bucket_create(&call->server->store, bucket, s3_server__now_ms(call));
    if (error) return error;
    s3_server__add(call, "Location",
                   s3_server__arena_print(&call->arena, "/%.*s", (int)bucket.size, bucket.data));
    return s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__create_bucket = {
    .body = S3_BODY_XML, .begin = s3_server__check_headers, .end = create_bucket};

static enum s3_error head_bucket(struct s3_call *call) {
    enum s3_error error = s3_server__bucket_check(&call->server->store, call->request.bucket);
    if (error) return error;
    s3_server__add_text(call, "x-amz-bucket-region", region_of(call));
    return s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__head_bucket = {.end = head_bucket};

static enum s3_error delete_bucket(struct s3_call *call) {
    enum s3_error error = s3_server__bucket_delete(&call->server->store, call->request.bucket);
    return error ? error : s3_server__respond_empty(call, 204);
}

const struct s3_handler s3_server__delete_bucket = {.end = delete_bucket};

/* us-east-1 is told by an empty element. */
static enum s3_error get_bucket_location(struct s3_call *call) {
    enum s3_error error = s3_server__bucket_check(&call->server->store, call->request.bucket);
    if (error) return error;
    bool is_default = strcmp(region_of(call), REGION_DEFAULT) == 0;
    s3_server__xml_begin(&call->xml, "LocationConstraint");
    /* The root element is the value itself: its text follows the tag that begin wrote. */
    if (!is_default) s3_server__xml_raw(&call->xml, hr_slice_of(region_of(call)));
    s3_server__xml_close(&call->xml, "LocationConstraint");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_bucket_location = {.end = get_bucket_location};

/* No bucket ever had versions, which is told by saying nothing. rclone asks before it purges. */
static enum s3_error get_bucket_versioning(struct s3_call *call) {
    enum s3_error error = s3_server__bucket_check(&call->server->store, call->request.bucket);
    if (error) return error;
    s3_server__xml_begin(&call->xml, "VersioningConfiguration");
    s3_server__xml_close(&call->xml, "VersioningConfiguration");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_bucket_versioning = {.end = get_bucket_versioning};
