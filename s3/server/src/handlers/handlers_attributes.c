/* GetObjectAttributes: what x-amz-object-attributes names, and the parts in pages. */
#include <headrace/text.h>

#include "store_call.h"

struct page {
    uint64_t after, most;
};

enum attribute { ETAG = 1, CHECKSUM = 2, PARTS = 4, STORAGE_CLASS = 8, SIZE = 16 };

static enum s3_error read_attributes(struct s3_call *call, unsigned *attributes) {
    static const char *const names[] = {"ETag", "Checksum", "ObjectParts", "StorageClass",
                                        "ObjectSize"};
    struct hr_slice list = s3_server__header(call, "x-amz-object-attributes"), one;
    *attributes = 0;
    while (hr_slice_cut(&list, ',', &one)) {
        unsigned known = 0;
        for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
            if (hr_slice_equal(hr_slice_trim(one), hr_slice_of(names[i]))) known = 1u << i;
        if (known == 0)
            return s3_server__refuse(call, S3_InvalidArgument, "Invalid attribute name specified.");
        *attributes |= known;
    }
    if (*attributes) return S3_OK;
    return s3_server__refuse(call, S3_InvalidRequest,
                             "The x-amz-object-attributes header specifying the attributes to be "
                             "retrieved is either missing or empty");
}

static enum s3_error read_number(struct s3_call *call, const char *name, uint64_t *value) {
    struct hr_slice text = s3_server__header(call, name);
    if (!text.data || hr_text_u64(text, INT32_MAX, value) == 0) return S3_OK;
    return s3_server__refuse(call, S3_InvalidArgument, "%s must be a whole number.", name);
}

static void write_part(struct s3_xml *xml, const struct s3_object *object, uint64_t number) {
    const struct hr_s3_checksum *checksum = &object->part_checksums[number - 1];
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    hr_s3_checksum_format(checksum, text);
    s3_server__xml_open(xml, "Part");
    s3_server__xml_u64(xml, "PartNumber", number);
    s3_server__xml_u64(xml, "Size", object->part_sizes[number - 1]);
    s3_server__xml_string(xml, hr_s3_checksum_traits_of(checksum->algorithm)->element, text);
    s3_server__xml_close(xml, "Part");
}

/* S3 lists the parts of objects with checksums alone. */
static void write_list(struct s3_xml *xml, const struct s3_object *object, uint64_t after,
                       uint64_t most) {
    uint64_t last = after + most < object->part_count ? after + most : object->part_count;
    s3_server__xml_u64(xml, "PartNumberMarker", after);
    if (last < object->part_count) s3_server__xml_u64(xml, "NextPartNumberMarker", last);
    s3_server__xml_u64(xml, "MaxParts", most);
    s3_server__xml_bool(xml, "IsTruncated", last < object->part_count);
    for (uint64_t number = after + 1; number <= last; number++) write_part(xml, object, number);
}

static enum s3_error read_page(struct s3_call *call, struct page *page) {
    *page = (struct page){.most = S3_PAGE_MAX};
    enum s3_error error = read_number(call, "x-amz-part-number-marker", &page->after);
    if (!error) error = read_number(call, "x-amz-max-parts", &page->most);
    if (page->most > S3_PAGE_MAX) page->most = S3_PAGE_MAX;
    return error;
}

static void write_parts(struct s3_call *call, const struct s3_object *object,
                        const struct page *page) {
    uint64_t after = page->after < object->part_count ? page->after : object->part_count;
    if (object->part_count == 0) return;
    s3_server__xml_open(&call->xml, "ObjectParts");
    s3_server__xml_u64(&call->xml, "PartsCount", object->part_count);
    if (object->part_checksums) write_list(&call->xml, object, after, page->most);
    s3_server__xml_close(&call->xml, "ObjectParts");
}

static void write_checksum(struct s3_xml *xml, const struct s3_object *object) {
    if (object->checksum.algorithm == HR_S3_CHECKSUM_NONE) return;
    s3_server__xml_open(xml, "Checksum");
    s3_server__xml_checksum(xml, object, true);
    s3_server__xml_close(xml, "Checksum");
}

/* The entity tag has no quotes here, as S3 has it. */
static void write_etag(struct s3_xml *xml, const struct s3_object *object) {
    struct hr_slice etag = hr_slice_of(object->etag);
    s3_server__xml_text(xml, "ETag", hr_slice_bytes(etag.data + 1, etag.size - 2));
}

static enum s3_error get_attributes(struct s3_call *call) {
    unsigned attributes;
    struct page page;
    enum s3_error error = read_attributes(call, &attributes);
    if (!error) error = read_page(call, &page);
    if (!error) error = s3_server__find_object(call);
    if (!error) error = s3_server__check_object_key(call, call->object);
    if (error) return error;
    const struct s3_object *object = call->object;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "GetObjectAttributesResponse");
    if (attributes & ETAG) write_etag(xml, object);
    if (attributes & CHECKSUM) write_checksum(xml, object);
    if (attributes & PARTS) write_parts(call, object, &page);
    if (attributes & STORAGE_CLASS) s3_server__xml_class(xml, object->storage_class);
    if (attributes & SIZE) s3_server__xml_u64(xml, "ObjectSize", object->size);
    s3_server__xml_close(xml, "GetObjectAttributesResponse");
    s3_server__add_modified(call, object);
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_object_attributes = {.end = get_attributes};
