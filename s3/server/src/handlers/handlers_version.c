/* GetBucketVersioning, PutBucketVersioning, ListObjectVersions. */
#include "settings_in.h"
#include "store_call.h"

static enum s3_error get_versioning(struct s3_call *call) {
    static const char *const names[] = {NULL, "Enabled", "Suspended"};
    struct s3_bucket_settings settings;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    if (error) return error;
    s3_server__xml_begin(&call->xml, "VersioningConfiguration");
    if (names[settings.versioning])
        s3_server__xml_string(&call->xml, "Status", names[settings.versioning]);
    s3_server__xml_close(&call->xml, "VersioningConfiguration");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_bucket_versioning = {.end = get_versioning};

/* Objects that may be locked would lose their lock with the next one that takes their place. */
static enum s3_error change_versioning(void *user, struct s3_bucket_settings *settings) {
    const enum s3_versioning *versioning = user;
    if (settings->lock_enabled && *versioning != S3_VERSIONING_ENABLED)
        return S3_InvalidBucketState;
    settings->versioning = *versioning;
    return S3_OK;
}

static enum s3_error put_versioning(struct s3_call *call) {
    struct hr_slice unknown = {NULL, 0};
    enum s3_versioning versioning;
    enum s3_error error = s3_server__xml_read_versioning(s3_server__document(call), &call->arena,
                                                         &versioning, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    error = s3_server__store_settings_change(&call->server->store, call->request.bucket,
                                             change_versioning, &versioning);
    return error ? error : s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__put_bucket_versioning = {.body = S3_BODY_XML,
                                                            .end = put_versioning};

/* ---- ListObjectVersions. */

struct version_listing {
    struct s3_version_query query;
    struct s3_version_page page;
    bool url;
};

static enum s3_error read_query(struct s3_call *call, struct version_listing *listing) {
    const struct s3_request *request = &call->request;
    uint64_t count;
    enum s3_error error =
        s3_server__number_parameter(call, "max-keys", S3_PAGE_MAX, S3_PAGE_MAX, &count);
    if (!error) error = s3_server__encoding_parameter(call, &listing->url);
    if (error) return error;
    struct hr_slice id = s3_server__parameter(request, "version-id-marker");
    listing->query = (struct s3_version_query){
        .prefix = s3_server__parameter(request, "prefix"),
        .delimiter = s3_server__parameter(request, "delimiter"),
        .key_after = s3_server__parameter(request, "key-marker"),
        .id_after = id,
        .count_max = (size_t)count,
    };
    if (id.size > 0 && listing->query.key_after.size == 0)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "A version-id marker cannot be specified without a key marker.");
    return id.size > 0 ? s3_server__check_version_id(call, id) : S3_OK;
}

static void write_version(struct s3_xml *xml, const struct s3_version_entry *entry, bool url) {
    const struct s3_object *object = entry->object;
    const char *name = object->is_marker ? "DeleteMarker" : "Version";
    s3_server__xml_open(xml, name);
    s3_server__xml_key(xml, "Key", object->key, url);
    s3_server__xml_text(xml, "VersionId", s3_server__version_id(object));
    s3_server__xml_bool(xml, "IsLatest", entry->is_latest);
    s3_server__xml_date(xml, "LastModified", object->modified_ms);
    if (!object->is_marker) s3_server__xml_object(xml, object);
    s3_server__xml_person(xml, "Owner");
    s3_server__xml_close(xml, name);
}

static void write_next(struct s3_xml *xml, const struct version_listing *listing) {
    const struct s3_version_page *page = &listing->page;
    if (!page->truncated || page->count == 0) return;
    const struct s3_version_entry *last = &page->entries[page->count - 1];
    s3_server__xml_key(xml, "NextKeyMarker", last->name, listing->url);
    if (last->object)
        s3_server__xml_text(xml, "NextVersionIdMarker", s3_server__version_id(last->object));
}

static void write_query(struct s3_call *call, const struct version_listing *listing) {
    struct s3_xml *xml = &call->xml;
    const struct s3_version_query *query = &listing->query;
    s3_server__xml_text(xml, "Name", call->request.bucket);
    s3_server__xml_key(xml, "Prefix", query->prefix, listing->url);
    s3_server__xml_key(xml, "KeyMarker", query->key_after, listing->url);
    s3_server__xml_text(xml, "VersionIdMarker", query->id_after);
    write_next(xml, listing);
    s3_server__xml_u64(xml, "MaxKeys", query->count_max);
    if (query->delimiter.size > 0)
        s3_server__xml_key(xml, "Delimiter", query->delimiter, listing->url);
    if (listing->url) s3_server__xml_string(xml, "EncodingType", "url");
    s3_server__xml_bool(xml, "IsTruncated", listing->page.truncated);
}

static enum s3_error list_versions(struct s3_call *call) {
    struct version_listing listing = {.url = false};
    enum s3_error error = read_query(call, &listing);
    if (!error)
        error = s3_server__store_version_list(&call->server->store, call->request.bucket,
                                              &listing.query, &call->arena, &listing.page);
    if (error) return error;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "ListVersionsResult");
    write_query(call, &listing);
    for (size_t i = 0; i < listing.page.count; i++)
        if (listing.page.entries[i].object)
            write_version(xml, &listing.page.entries[i], listing.url);
    for (size_t i = 0; i < listing.page.count; i++)
        if (!listing.page.entries[i].object)
            s3_server__xml_prefix(xml, listing.page.entries[i].name, listing.url);
    s3_server__xml_close(xml, "ListVersionsResult");
    s3_server__store_version_list_release(&listing.page);
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__list_object_versions = {.end = list_versions};
