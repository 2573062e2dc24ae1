/* CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation, ListBuckets. */
#include "store_call.h"

#include <headrace/text.h>

#define BUCKETS_PAGE_MAX 10000

struct bucket_query {
    struct hr_slice prefix, after, region;
    bool in_pages; /* max-buckets is given: S3 then adds the region of each bucket */
    uint64_t count_max;
};

static enum s3_error read_bucket_query(struct s3_call *call, struct bucket_query *query) {
    const struct s3_request *request = &call->request;
    struct hr_slice token = s3_server__parameter(request, "continuation-token");
    struct hr_slice most = s3_server__parameter(request, "max-buckets");
    *query = (struct bucket_query){.prefix = s3_server__parameter(request, "prefix"),
                                   .region = s3_server__parameter(request, "bucket-region"),
                                   .count_max = BUCKETS_PAGE_MAX};
    query->in_pages = query->region.data || token.data || most.data || query->prefix.data;
    if (most.data &&
        (hr_text_u64(most, BUCKETS_PAGE_MAX, &query->count_max) < 0 || query->count_max == 0))
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Argument max-buckets must be an integer between 1 and %d",
                                 BUCKETS_PAGE_MAX);
    return token.data ? s3_server__token_read(call, token, &query->after) : S3_OK;
}

static bool is_behind(struct hr_slice name, struct hr_slice after) {
    size_t size = name.size < after.size ? name.size : after.size;
    int order = size > 0 ? memcmp(name.data, after.data, size) : 0;
    return order > 0 || (order == 0 && name.size > after.size);
}

static struct hr_slice region_of(const struct s3_call *call, const struct s3_bucket_entry *entry) {
    return hr_slice_of(entry->region[0] ? entry->region : s3_server__region(call));
}

static bool is_wanted(const struct s3_call *call, const struct bucket_query *query,
                      const struct s3_bucket_entry *entry) {
    struct hr_slice name = entry->name;
    return (query->region.size == 0 || hr_slice_equal(query->region, region_of(call, entry))) &&
           name.size >= query->prefix.size &&
           hr_slice_equal(hr_slice_bytes(name.data, query->prefix.size), query->prefix) &&
           is_behind(name, query->after);
}

static void write_bucket(struct s3_call *call, const struct s3_bucket_entry *entry,
                         bool with_region) {
    struct s3_xml *xml = &call->xml;
    s3_server__xml_open(xml, "Bucket");
    s3_server__xml_text(xml, "Name", entry->name);
    s3_server__xml_date(xml, "CreationDate", entry->created_ms);
    if (with_region) s3_server__xml_text(xml, "BucketRegion", region_of(call, entry));
    s3_server__xml_close(xml, "Bucket");
}

static enum s3_error list_buckets(struct s3_call *call) {
    struct s3_bucket_entry *entries;
    struct bucket_query query;
    size_t count;
    enum s3_error error = read_bucket_query(call, &query);
    if (!error)
        error = s3_server__store_bucket_list(&call->server->store, &call->arena, &entries, &count);
    if (error) return error;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "ListAllMyBucketsResult");
    s3_server__xml_open(xml, "Owner");
    s3_server__xml_owner(xml);
    s3_server__xml_close(xml, "Owner");
    s3_server__xml_open(xml, "Buckets");
    struct hr_slice last = {NULL, 0};
    bool truncated = false;
    uint64_t written = 0;
    for (size_t i = 0; i < count && !truncated; i++) {
        if (!is_wanted(call, &query, &entries[i])) continue;
        truncated = written == query.count_max;
        if (truncated) break;
        write_bucket(call, &entries[i], query.in_pages);
        last = entries[i].name;
        written++;
    }
    s3_server__xml_close(xml, "Buckets");
    if (query.prefix.size > 0) s3_server__xml_text(xml, "Prefix", query.prefix);
    if (truncated) s3_server__token_write(call, "ContinuationToken", last);
    s3_server__xml_close(xml, "ListAllMyBucketsResult");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__list_buckets = {.end = list_buckets};

/* A server with a region accepts that one alone; else any name that has the form of one. */
static bool is_region(const struct s3_call *call, struct hr_slice name) {
    if (call->server->region) return hr_slice_equal(name, hr_slice_of(call->server->region));
    bool is_name = name.size <= S3_REGION_MAX;
    for (size_t i = 0; i < name.size && is_name; i++) {
        char c = name.data[i];
        is_name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    return is_name;
}

static enum s3_error read_location(struct s3_call *call, struct hr_slice *location) {
    const struct s3_blob *body = call->body.blob;
    struct hr_slice unknown = {NULL, 0};
    *location = hr_slice_bytes(NULL, 0);
    if (body->size == 0) return S3_OK;
    enum s3_error error = s3_server__xml_read_create_bucket(hr_slice_bytes(body->data, body->size),
                                                            &call->arena, location, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    /* An old name of eu-west-1, which S3 still sends. */
    if (hr_slice_equal(*location, hr_slice_of("EU"))) *location = hr_slice_of("eu-west-1");
    if (location->size == 0 || is_region(call, *location)) return S3_OK;
    return call->server->region ? S3_IllegalLocationConstraintException
                                : S3_InvalidLocationConstraint;
}

/* Object lock needs versions, as S3 has it. */
static enum s3_error read_settings(struct s3_call *call, struct s3_bucket_settings *settings) {
    struct hr_slice lock = s3_server__header(call, "x-amz-bucket-object-lock-enabled");
    struct hr_slice ownership = s3_server__header(call, "x-amz-object-ownership");
    *settings = (struct s3_bucket_settings){
        .acls_disabled = hr_slice_equal_nocase(ownership, hr_slice_of("BucketOwnerEnforced")),
        .lock_enabled = hr_slice_equal_nocase(lock, hr_slice_of("true")),
    };
    if (settings->lock_enabled) settings->versioning = S3_VERSIONING_ENABLED;
    enum s3_error error = s3_server__read_acl(call, &settings->acl);
    if (!error && settings->acls_disabled && settings->acl != S3_ACL_PRIVATE)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Bucket cannot have ACLs set with ObjectOwnership's "
                                 "BucketOwnerEnforced setting");
    return error;
}

static enum s3_error create_bucket(struct s3_call *call) {
    struct hr_slice bucket = call->request.bucket, location;
    struct s3_bucket_settings settings;
    enum s3_error error = read_location(call, &location);
    if (!error) error = read_settings(call, &settings);
    if (!error)
        error = s3_server__store_bucket_create(&call->server->store, bucket, location, &settings,
                                               s3_server__now_ms(call));
    if (error) return error;
    s3_server__add(call, "Location",
                   s3_server__arena_print(&call->arena, "/%.*s", (int)bucket.size, bucket.data));
    return s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__create_bucket = {.body = S3_BODY_XML, .end = create_bucket};

static enum s3_error head_bucket(struct s3_call *call) {
    const char *region = s3_server__bucket_region_of(call);
    if (!region) return S3_NoSuchBucket;
    s3_server__add_text(call, "x-amz-bucket-region", region);
    return s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__head_bucket = {.end = head_bucket};

static enum s3_error delete_bucket(struct s3_call *call) {
    enum s3_error error =
        s3_server__store_bucket_delete(&call->server->store, call->request.bucket);
    return error ? error : s3_server__respond_empty(call, 204);
}

const struct s3_handler s3_server__delete_bucket = {.end = delete_bucket};

/* An empty element stands for us-east-1. */
static enum s3_error get_bucket_location(struct s3_call *call) {
    const char *region = s3_server__bucket_region_of(call);
    if (!region) return S3_NoSuchBucket;
    s3_server__xml_begin(&call->xml, "LocationConstraint");
    /* The root element is the value itself: its text follows the tag that begin wrote. */
    if (strcmp(region, S3_REGION_DEFAULT) != 0) s3_server__xml_raw(&call->xml, hr_slice_of(region));
    s3_server__xml_close(&call->xml, "LocationConstraint");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_bucket_location = {.end = get_bucket_location};
