/* Parts of documents that several operations read and write. */
#include "store_call.h"

struct hr_slice s3_server__document(const struct s3_call *call) {
    return hr_slice_bytes(call->body.blob->data, call->body.blob->size);
}

void s3_server__xml_checksum(struct s3_xml *xml, const struct s3_object *object, bool with_type) {
    if (object->checksum.algorithm == HR_S3_CHECKSUM_NONE) return;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    hr_s3_checksum_format(&object->checksum, text);
    s3_server__xml_string(xml, hr_s3_checksum_traits_of(object->checksum.algorithm)->element, text);
    if (with_type)
        s3_server__xml_string(xml, "ChecksumType", hr_s3_checksum_type_name(object->checksum_type));
}

void s3_server__xml_object(struct s3_xml *xml, const struct s3_object *object) {
    s3_server__xml_string(xml, "ETag", object->etag);
    if (object->checksum.algorithm != HR_S3_CHECKSUM_NONE) {
        s3_server__xml_string(xml, "ChecksumAlgorithm",
                              hr_s3_checksum_traits_of(object->checksum.algorithm)->name);
        s3_server__xml_string(xml, "ChecksumType", hr_s3_checksum_type_name(object->checksum_type));
    }
    s3_server__xml_u64(xml, "Size", object->size);
    s3_server__xml_class(xml, object->storage_class);
}

void s3_server__xml_class(struct s3_xml *xml, struct hr_slice storage_class) {
    s3_server__xml_text(xml, "StorageClass",
                        storage_class.size > 0 ? storage_class : hr_slice_of("STANDARD"));
}

void s3_server__xml_prefix(struct s3_xml *xml, struct hr_slice prefix, bool url) {
    s3_server__xml_open(xml, "CommonPrefixes");
    s3_server__xml_key(xml, "Prefix", prefix, url);
    s3_server__xml_close(xml, "CommonPrefixes");
}

void s3_server__xml_person(struct s3_xml *xml, const char *role) {
    s3_server__xml_open(xml, role);
    s3_server__xml_owner(xml);
    s3_server__xml_close(xml, role);
}
