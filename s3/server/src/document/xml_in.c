/* The XML documents that a client sends. */
#include "xml_in.h"

#include <headrace/text.h>

#include "route.h"
#include "store.h"
#include "xml_reader.h"

/* ---- Delete. */

static void delete_start(struct s3_xml_reader *reader, const char *path) {
    struct s3_delete_request *request = reader->document;
    if (strcmp(path, "Object") != 0) return;
    void *entries = s3_server__xml_room(reader, request->entries, request->count,
                                        sizeof request->entries[0], S3_DELETE_OBJECTS_MAX);
    if (!entries) return;
    request->entries = entries;
    memset(&request->entries[request->count++], 0, sizeof request->entries[0]);
}

static void delete_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct s3_delete_request *request = reader->document;
    struct s3_delete_entry *entry =
        request->count > 0 ? &request->entries[request->count - 1] : NULL;
    if (strcmp(path, "Quiet") == 0) {
        request->quiet = hr_slice_equal_nocase(text, hr_slice_of("true"));
        if (!request->quiet && !hr_slice_equal_nocase(text, hr_slice_of("false")))
            s3_server__xml_fail(reader, S3_MalformedXML);
    } else if (strcmp(path, "Object/Key") == 0) {
        if (text.size > S3_KEY_MAX) s3_server__xml_fail(reader, S3_KeyTooLongError);
        entry->key = s3_server__xml_keep(reader, text);
    } else if (strcmp(path, "Object/VersionId") == 0) {
        entry->version_id = s3_server__xml_keep(reader, text);
    } else if (strcmp(path, "Object/ETag") == 0) {
        entry->etag = s3_server__xml_keep(reader, text);
    } else if (strcmp(path, "Object") == 0 && entry->key.size == 0) {
        s3_server__xml_fail(reader, S3_MalformedXML);
    }
}

enum s3_error s3_server__xml_read_delete(struct hr_slice document, struct s3_arena *arena,
                                         struct s3_delete_request *request,
                                         struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {
        {"Quiet", false},       {"Object", true},
        {"Object/Key", false},  {"Object/VersionId", false},
        {"Object/ETag", false},
    };
    memset(request, 0, sizeof *request);
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "Delete",
                                   .elements = elements,
                                   .element_count = sizeof elements / sizeof elements[0],
                                   .unknown = unknown,
                                   .on_start = delete_start,
                                   .on_end = delete_end,
                                   .document = request};
    enum s3_error error = s3_server__xml_read(&reader, document);
    return error ? error : request->count == 0 ? S3_MalformedXML : S3_OK;
}

/* ---- CompleteMultipartUpload. */

static void complete_start(struct s3_xml_reader *reader, const char *path) {
    struct s3_complete_request *request = reader->document;
    if (strcmp(path, "Part") != 0) return;
    void *parts = s3_server__xml_room(reader, request->parts, request->count,
                                      sizeof request->parts[0], S3_PARTS_MAX);
    if (!parts) return;
    request->parts = parts;
    memset(&request->parts[request->count++], 0, sizeof request->parts[0]);
}

/* "Part/ChecksumCRC32" and the like: one of them, unless it is empty. */
static void read_part_checksum(struct s3_xml_reader *reader, struct s3_complete_part *part,
                               const char *path, struct hr_slice text) {
    static const char prefix[] = "Part/";
    if (text.size == 0 || strncmp(path, prefix, sizeof prefix - 1) != 0) return;
    if (part->checksum_kind != HR_S3_CHECKSUM_NONE) s3_server__xml_fail(reader, S3_MalformedXML);
    part->checksum_kind = hr_s3_checksum_by_element(hr_slice_of(path + sizeof prefix - 1));
    part->checksum = s3_server__xml_keep(reader, text);
}

static void complete_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct s3_complete_request *request = reader->document;
    struct s3_complete_part *part = request->count > 0 ? &request->parts[request->count - 1] : NULL;
    if (strcmp(path, "Part/PartNumber") == 0) {
        uint64_t number;
        if (hr_text_u64(text, S3_PARTS_MAX, &number) < 0 || number == 0)
            s3_server__xml_fail(reader, S3_MalformedXML);
        else
            part->number = (unsigned)number;
    } else if (strcmp(path, "Part/ETag") == 0) {
        part->etag = s3_server__xml_keep(reader, text);
    } else if (strcmp(path, "Part") == 0) {
        if (part->number == 0 || part->etag.size == 0) s3_server__xml_fail(reader, S3_MalformedXML);
    } else {
        read_part_checksum(reader, part, path, text);
    }
}

enum s3_error s3_server__xml_read_complete(struct hr_slice document, struct s3_arena *arena,
                                           struct s3_complete_request *request,
                                           struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {
        {"Part", true},
        {"Part/PartNumber", false},
        {"Part/ETag", false},
        {"Part/ChecksumCRC32", false},
        {"Part/ChecksumCRC32C", false},
        {"Part/ChecksumCRC64NVME", false},
        {"Part/ChecksumSHA1", false},
        {"Part/ChecksumSHA256", false},
        {"Part/ChecksumSHA512", false},
        {"Part/ChecksumMD5", false},
        {"Part/ChecksumXXHASH64", false},
        {"Part/ChecksumXXHASH3", false},
        {"Part/ChecksumXXHASH128", false},
    };
    memset(request, 0, sizeof *request);
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "CompleteMultipartUpload",
                                   .elements = elements,
                                   .element_count = sizeof elements / sizeof elements[0],
                                   .unknown = unknown,
                                   .on_start = complete_start,
                                   .on_end = complete_end,
                                   .document = request};
    enum s3_error error = s3_server__xml_read(&reader, document);
    return error ? error : request->count == 0 ? S3_MalformedXML : S3_OK;
}

/* ---- CreateBucketConfiguration. */

static void create_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct hr_slice *location = reader->document;
    if (strcmp(path, "LocationConstraint") == 0) *location = s3_server__xml_keep(reader, text);
}

enum s3_error s3_server__xml_read_create_bucket(struct hr_slice document, struct s3_arena *arena,
                                                struct hr_slice *location,
                                                struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {{"LocationConstraint", false}};
    *location = hr_slice_bytes(NULL, 0);
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "CreateBucketConfiguration",
                                   .elements = elements,
                                   .element_count = 1,
                                   .unknown = unknown,
                                   .on_end = create_end,
                                   .document = location};
    return s3_server__xml_read(&reader, document);
}
