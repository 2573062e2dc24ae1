/* The kinds of listings. */
#include "listing_kinds.h"

_Static_assert(offsetof(struct hr_s3_object, key) == 0, "keyed");
_Static_assert(offsetof(struct hr_s3_version, key) == 0, "keyed");
_Static_assert(offsetof(struct hr_s3_upload_info, key) == 0, "keyed");
_Static_assert(offsetof(struct hr_s3_bucket, name) == 0, "keyed");

/* ListObjectsV2. */
static const struct hr__element of_objects[] = {
    HR__ELEMENT("IsTruncated", BOOL, OPTIONAL, struct hr__listing_head, truncated),
    HR__ELEMENT("NextContinuationToken", TEXT, OPTIONAL, struct hr__listing_head, token),
    HR__ELEMENT("EncodingType", TEXT, OPTIONAL, struct hr__listing_head, encoding),
};

static const struct hr__element of_object[] = {
    HR__ELEMENT("Key", TEXT, NAMING, struct hr_s3_object, key),
    HR__ELEMENT("Size", U64, OPTIONAL, struct hr_s3_object, size_bytes),
    HR__ELEMENT("LastModified", TIME, OPTIONAL, struct hr_s3_object, last_modified_s),
    HR__ELEMENT("ETag", ETAG, OPTIONAL, struct hr_s3_object, etag),
    HR__ELEMENT("StorageClass", TEXT, OPTIONAL, struct hr_s3_object, storage_class),
};

static const struct hr__element of_object_prefix[] = {
    HR__ELEMENT("Prefix", TEXT, NAMING, struct hr_s3_object, key),
};

static const struct hr__entry objects[] = {
    {HR__PATH("Contents"), HR__LISTING_ENTRY, sizeof(struct hr_s3_object), of_object,
     HR__ROWS(of_object)},
    {HR__PATH("CommonPrefixes"), HR__LISTING_PREFIX, sizeof(struct hr_s3_object), of_object_prefix,
     HR__ROWS(of_object_prefix)},
};

static uint64_t digest_object(uint64_t digest, const void *entry) {
    return hr__digest(digest, ((const struct hr_s3_object *)entry)->key);
}

static int show_object(const struct hr__listing_sink *sink, enum hr__listing_tag tag, void *entry) {
    struct hr_s3_object *object = entry;
    object->is_prefix = tag == HR__LISTING_PREFIX;
    return sink->on_object ? sink->on_object(sink->user, object) : 0;
}

/* ListObjectVersions. */
static const struct hr__element of_versions[] = {
    HR__ELEMENT("IsTruncated", BOOL, OPTIONAL, struct hr__listing_head, truncated),
    HR__ELEMENT("NextKeyMarker", TEXT, OPTIONAL, struct hr__listing_head, token),
    HR__ELEMENT("NextVersionIdMarker", TEXT, OPTIONAL, struct hr__listing_head, id_marker),
    HR__ELEMENT("EncodingType", TEXT, OPTIONAL, struct hr__listing_head, encoding),
};

static const struct hr__element of_version[] = {
    HR__ELEMENT("Key", TEXT, NAMING, struct hr_s3_version, key),
    HR__ELEMENT("VersionId", TEXT, OPTIONAL, struct hr_s3_version, version_id),
    HR__ELEMENT("IsLatest", BOOL, OPTIONAL, struct hr_s3_version, is_latest),
    HR__ELEMENT("LastModified", TIME, OPTIONAL, struct hr_s3_version, last_modified_s),
    HR__ELEMENT("Size", U64, OPTIONAL, struct hr_s3_version, size_bytes),
    HR__ELEMENT("ETag", ETAG, OPTIONAL, struct hr_s3_version, etag),
    HR__ELEMENT("StorageClass", TEXT, OPTIONAL, struct hr_s3_version, storage_class),
};

static const struct hr__element of_delete_marker[] = {
    HR__ELEMENT("Key", TEXT, NAMING, struct hr_s3_version, key),
    HR__ELEMENT("VersionId", TEXT, OPTIONAL, struct hr_s3_version, version_id),
    HR__ELEMENT("IsLatest", BOOL, OPTIONAL, struct hr_s3_version, is_latest),
    HR__ELEMENT("LastModified", TIME, OPTIONAL, struct hr_s3_version, last_modified_s),
};

static const struct hr__element of_version_prefix[] = {
    HR__ELEMENT("Prefix", TEXT, NAMING, struct hr_s3_version, key),
};

static const struct hr__entry versions[] = {
    {HR__PATH("Version"), HR__LISTING_ENTRY, sizeof(struct hr_s3_version), of_version,
     HR__ROWS(of_version)},
    {HR__PATH("DeleteMarker"), HR__LISTING_DELETE_MARKER, sizeof(struct hr_s3_version),
     of_delete_marker, HR__ROWS(of_delete_marker)},
    {HR__PATH("CommonPrefixes"), HR__LISTING_PREFIX, sizeof(struct hr_s3_version),
     of_version_prefix, HR__ROWS(of_version_prefix)},
};

static uint64_t digest_version(uint64_t digest, const void *entry) {
    const struct hr_s3_version *version = entry;
    return hr__digest(hr__digest(digest, version->key), version->version_id);
}

static int show_version(const struct hr__listing_sink *sink, enum hr__listing_tag tag,
                        void *entry) {
    struct hr_s3_version *version = entry;
    version->is_delete_marker = tag == HR__LISTING_DELETE_MARKER;
    version->is_prefix = tag == HR__LISTING_PREFIX;
    return sink->on_version ? sink->on_version(sink->user, version) : 0;
}

/* ListMultipartUploads. */
static const struct hr__element of_uploads[] = {
    HR__ELEMENT("IsTruncated", BOOL, OPTIONAL, struct hr__listing_head, truncated),
    HR__ELEMENT("NextKeyMarker", TEXT, OPTIONAL, struct hr__listing_head, token),
    HR__ELEMENT("NextUploadIdMarker", TEXT, OPTIONAL, struct hr__listing_head, id_marker),
    HR__ELEMENT("EncodingType", TEXT, OPTIONAL, struct hr__listing_head, encoding),
};

static const struct hr__element of_upload[] = {
    HR__ELEMENT("Key", TEXT, NAMING, struct hr_s3_upload_info, key),
    HR__ELEMENT("UploadId", TEXT, REQUIRED, struct hr_s3_upload_info, upload_id),
    HR__ELEMENT("Initiated", TIME, OPTIONAL, struct hr_s3_upload_info, initiated_s),
    HR__ELEMENT("StorageClass", TEXT, OPTIONAL, struct hr_s3_upload_info, storage_class),
    HR__ELEMENT("ChecksumAlgorithm", TEXT, OPTIONAL, struct hr_s3_upload_info, checksum_algorithm),
    HR__ELEMENT("ChecksumType", TEXT, OPTIONAL, struct hr_s3_upload_info, checksum_type),
};

static const struct hr__element of_upload_prefix[] = {
    HR__ELEMENT("Prefix", TEXT, NAMING, struct hr_s3_upload_info, key),
};

static const struct hr__entry uploads[] = {
    {HR__PATH("Upload"), HR__LISTING_ENTRY, sizeof(struct hr_s3_upload_info), of_upload,
     HR__ROWS(of_upload)},
    {HR__PATH("CommonPrefixes"), HR__LISTING_PREFIX, sizeof(struct hr_s3_upload_info),
     of_upload_prefix, HR__ROWS(of_upload_prefix)},
};

static uint64_t digest_upload(uint64_t digest, const void *entry) {
    const struct hr_s3_upload_info *upload = entry;
    return hr__digest(hr__digest(digest, upload->key), upload->upload_id);
}

static int show_upload(const struct hr__listing_sink *sink, enum hr__listing_tag tag, void *entry) {
    struct hr_s3_upload_info *upload = entry;
    upload->is_prefix = tag == HR__LISTING_PREFIX;
    return sink->on_upload ? sink->on_upload(sink->user, upload) : 0;
}

/* ListParts. */
static const struct hr__element of_parts[] = {
    HR__ELEMENT("IsTruncated", BOOL, OPTIONAL, struct hr__listing_head, truncated),
    HR__ELEMENT("NextPartNumberMarker", TEXT, OPTIONAL, struct hr__listing_head, token),
};

static const struct hr__element of_part[] = {
    HR__ELEMENT("PartNumber", PART, REQUIRED, struct hr_s3_part_info, part_number),
    HR__ELEMENT("Size", U64, OPTIONAL, struct hr_s3_part_info, size_bytes),
    HR__ELEMENT("LastModified", TIME, OPTIONAL, struct hr_s3_part_info, last_modified_s),
    HR__ELEMENT("ETag", ETAG, REQUIRED, struct hr_s3_part_info, etag),
    HR__CHECKSUM_ELEMENTS("", struct hr_s3_part_info, checksums),
};

static const struct hr__entry parts[] = {
    {HR__PATH("Part"), HR__LISTING_ENTRY, sizeof(struct hr_s3_part_info), of_part,
     HR__ROWS(of_part)},
};

static uint64_t digest_part(uint64_t digest, const void *entry) {
    const struct hr_s3_part_info *part = entry;
    const char *number = (const char *)&part->part_number;
    return hr__digest(hr__digest(digest, hr_slice_bytes(number, sizeof part->part_number)),
                      part->etag);
}

static int show_part(const struct hr__listing_sink *sink, enum hr__listing_tag tag, void *entry) {
    (void)tag;
    return sink->on_part ? sink->on_part(sink->user, entry) : 0;
}

/* ListBuckets. */
static const struct hr__element of_buckets[] = {
    HR__ELEMENT("ContinuationToken", TEXT, OPTIONAL, struct hr__listing_head, token),
};

static const struct hr__element of_bucket[] = {
    HR__ELEMENT("Name", TEXT, NAMING, struct hr_s3_bucket, name),
    HR__ELEMENT("CreationDate", TIME, OPTIONAL, struct hr_s3_bucket, created_s),
    HR__ELEMENT("BucketRegion", TEXT, OPTIONAL, struct hr_s3_bucket, region),
};

static const struct hr__entry buckets[] = {
    {HR__PATH("Buckets/Bucket"), HR__LISTING_ENTRY, sizeof(struct hr_s3_bucket), of_bucket,
     HR__ROWS(of_bucket)},
};

static uint64_t digest_bucket(uint64_t digest, const void *entry) {
    return hr__digest(digest, ((const struct hr_s3_bucket *)entry)->name);
}

static int show_bucket(const struct hr__listing_sink *sink, enum hr__listing_tag tag, void *entry) {
    (void)tag;
    return sink->on_bucket ? sink->on_bucket(sink->user, entry) : 0;
}

const struct hr__listing_table hr__listing_tables[HR__LISTING_KINDS] = {
    [HR__LISTING_OBJECTS] =
        {{{"ListBucketResult"}, of_objects, HR__ROWS(of_objects), objects, HR__ROWS(objects)},
         .keyed = true,
         .digest = digest_object,
         .show = show_object},
    [HR__LISTING_VERSIONS] =
        {{{"ListVersionsResult"}, of_versions, HR__ROWS(of_versions), versions, HR__ROWS(versions)},
         .keyed = true,
         .token_encoded = true,
         .digest = digest_version,
         .show = show_version},
    [HR__LISTING_UPLOADS] = {{{"ListMultipartUploadsResult"},
                              of_uploads,
                              HR__ROWS(of_uploads),
                              uploads,
                              HR__ROWS(uploads)},
                             .keyed = true,
                             .token_encoded = true,
                             .digest = digest_upload,
                             .show = show_upload},
    [HR__LISTING_PARTS] =
        {{{"ListPartsResult"}, of_parts, HR__ROWS(of_parts), parts, HR__ROWS(parts)},
         .digest = digest_part,
         .show = show_part},
    [HR__LISTING_BUCKETS] =
        {{{"ListAllMyBucketsResult"}, of_buckets, HR__ROWS(of_buckets), buckets, HR__ROWS(buckets)},
         .keyed = true,
         .token_tells = true,
         .digest = digest_bucket,
         .show = show_bucket},
};
