/* ListObjectsV2 and ListObjects. */
#include "store_call.h"

struct listing {
    struct s3_list_query query;
    struct s3_list_page page;
    bool url;
    bool with_owner;
};

static enum s3_error read_listing(struct s3_call *call, struct listing *listing) {
    uint64_t count;
    enum s3_error error =
        s3_server__number_parameter(call, "max-keys", S3_PAGE_MAX, S3_PAGE_MAX, &count);
    if (!error) error = s3_server__encoding_parameter(call, &listing->url);
    listing->query.count_max = (size_t)count;
    listing->query.prefix = s3_server__parameter(&call->request, "prefix");
    listing->query.delimiter = s3_server__parameter(&call->request, "delimiter");
    return error;
}

static void write_owner(struct s3_xml *xml) {
    s3_server__xml_open(xml, "Owner");
    s3_server__xml_owner(xml);
    s3_server__xml_close(xml, "Owner");
}

static void write_entry(struct s3_xml *xml, const struct listing *listing,
                        const struct s3_object *object) {
    s3_server__xml_open(xml, "Contents");
    s3_server__xml_key(xml, "Key", object->key, listing->url);
    s3_server__xml_date(xml, "LastModified", object->modified_ms);
    s3_server__xml_string(xml, "ETag", object->etag);
    if (object->checksum.algorithm != HR_S3_CHECKSUM_NONE) {
        s3_server__xml_string(xml, "ChecksumAlgorithm",
                              hr_s3_checksum_traits_of(object->checksum.algorithm)->name);
        s3_server__xml_string(xml, "ChecksumType", hr_s3_checksum_type_name(object->checksum_type));
    }
    s3_server__xml_u64(xml, "Size", object->size);
    if (listing->with_owner) write_owner(xml);
    if (object->storage_class.size > 0)
        s3_server__xml_text(xml, "StorageClass", object->storage_class);
    else
        s3_server__xml_string(xml, "StorageClass", "STANDARD");
    s3_server__xml_close(xml, "Contents");
}

/* The elements that both versions have, and the end of the document; releases the page. */
static enum s3_error finish_listing(struct s3_call *call, struct listing *listing) {
    struct s3_xml *xml = &call->xml;
    const struct s3_list_page *page = &listing->page;
    s3_server__xml_text(xml, "Name", call->request.bucket);
    s3_server__xml_key(xml, "Prefix", listing->query.prefix, listing->url);
    if (listing->query.delimiter.size > 0)
        s3_server__xml_key(xml, "Delimiter", listing->query.delimiter, listing->url);
    s3_server__xml_u64(xml, "MaxKeys", listing->query.count_max);
    if (listing->url) s3_server__xml_string(xml, "EncodingType", "url");
    s3_server__xml_bool(xml, "IsTruncated", page->truncated);
    for (size_t i = 0; i < page->count; i++)
        if (page->entries[i].object) write_entry(xml, listing, page->entries[i].object);
    for (size_t i = 0; i < page->count; i++) {
        if (page->entries[i].object) continue;
        s3_server__xml_open(xml, "CommonPrefixes");
        s3_server__xml_key(xml, "Prefix", page->entries[i].name, listing->url);
        s3_server__xml_close(xml, "CommonPrefixes");
    }
    s3_server__xml_close(xml, "ListBucketResult");
    s3_server__store_list_release(&listing->page);
    return s3_server__respond_xml(call);
}

/* ---- Version 1: marker. */

static enum s3_error list_objects(struct s3_call *call) {
    struct listing listing = {.with_owner = true};
    enum s3_error error = read_listing(call, &listing);
    listing.query.after = s3_server__parameter(&call->request, "marker");
    if (!error)
        error = s3_server__store_list(&call->server->store, call->request.bucket, &listing.query,
                                      &call->arena, &listing.page);
    if (error) return error;
    s3_server__xml_begin(&call->xml, "ListBucketResult");
    s3_server__xml_key(&call->xml, "Marker", listing.query.after, listing.url);
    if (listing.page.truncated && listing.query.delimiter.size > 0)
        s3_server__xml_key(&call->xml, "NextMarker",
                           listing.page.entries[listing.page.count - 1].name, listing.url);
    return finish_listing(call, &listing);
}

const struct s3_handler s3_server__list_objects = {.end = list_objects};

/* ---- Version 2: an opaque token. */

static enum s3_error list_objects_v2(struct s3_call *call) {
    struct listing listing = {0};
    struct hr_slice type = s3_server__parameter(&call->request, "list-type");
    if (!hr_slice_equal(type, hr_slice_of("2")))
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "Invalid List Type specified in Request");
    struct hr_slice token = s3_server__parameter(&call->request, "continuation-token");
    struct hr_slice start_after = s3_server__parameter(&call->request, "start-after");
    struct hr_slice owner = s3_server__parameter(&call->request, "fetch-owner");
    listing.with_owner = hr_slice_equal(owner, hr_slice_of("true"));
    if (owner.size > 0 && !listing.with_owner && !hr_slice_equal(owner, hr_slice_of("false")))
        return s3_server__refuse(call, S3_InvalidArgument, "fetch-owner is true or false");
    enum s3_error error = read_listing(call, &listing);
    listing.query.after = start_after;
    if (!error && token.data) error = s3_server__token_read(call, token, &listing.query.after);
    if (!error)
        error = s3_server__store_list(&call->server->store, call->request.bucket, &listing.query,
                                      &call->arena, &listing.page);
    if (error) return error;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "ListBucketResult");
    if (start_after.size > 0) s3_server__xml_key(xml, "StartAfter", start_after, listing.url);
    if (token.data) s3_server__xml_text(xml, "ContinuationToken", token);
    if (listing.page.truncated)
        s3_server__token_write(call, "NextContinuationToken",
                               listing.page.entries[listing.page.count - 1].name);
    s3_server__xml_u64(xml, "KeyCount", listing.page.count);
    return finish_listing(call, &listing);
}

const struct s3_handler s3_server__list_objects_v2 = {.end = list_objects_v2};
