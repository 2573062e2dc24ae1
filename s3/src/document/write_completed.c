/* The body of CompleteMultipartUpload. */
#include <stdio.h>

#include "write_document.h"

/* The element of each checksum algorithm, whose name stands behind "Checksum". */
static const char *const elements[] = {
    "ChecksumCRC32",  "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1",    "ChecksumSHA256",
    "ChecksumSHA512", "ChecksumMD5",    "ChecksumXXHASH64",  "ChecksumXXHASH3", "ChecksumXXHASH128",
};

/* NULL: no such algorithm. */
static const char *element_of(struct hr_slice algorithm) {
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (hr_slice_equal(hr_slice_of(elements[i] + sizeof "Checksum" - 1), algorithm))
            return elements[i];
    return NULL;
}

static int refuse_part(struct hr_error *error, uint32_t number, const char *why) {
    return hr_error_set(error, -EINVAL, "part %u %s", number, why);
}

static int check_part(const struct hr__completed_part *part, uint32_t before,
                      struct hr_error *error) {
    uint32_t number = part->part_number;
    if (number == 0 || number > HR__PARTS_MAX)
        return refuse_part(error, number, "has no number from 1 to 10000");
    if (number <= before) return refuse_part(error, number, "is not in ascending order");
    if (part->etag.size == 0) return refuse_part(error, number, "has no ETag");
    if (!hr__xml_can_hold(part->etag)) return refuse_part(error, number, "has a malformed ETag");
    if (part->checksum_algorithm.size == 0) return 0;
    if (!element_of(part->checksum_algorithm))
        return refuse_part(error, number, "has an unknown checksum_algorithm");
    if (part->checksum.size == 0 || !hr__xml_can_hold(part->checksum))
        return refuse_part(error, number, "has no checksum, or a malformed one");
    return 0;
}

static int check(const struct hr__completed_parts *parts, struct hr_error *error) {
    if (parts->count == 0 || parts->count > HR__PARTS_MAX)
        return hr_error_set(error, -EINVAL, "%zu parts: an upload has 1 to %d", parts->count,
                            HR__PARTS_MAX);
    int err = 0;
    for (size_t i = 0; i < parts->count && !err; i++)
        err = check_part(&parts->parts[i], i > 0 ? parts->parts[i - 1].part_number : 0, error);
    return err;
}

static void put_part(struct hr__xml_writer *writer, const struct hr__completed_part *part) {
    hr__xml_open(writer, "Part");
    hr__xml_etag(writer, "ETag", part->etag);
    hr__xml_number(writer, "PartNumber", part->part_number);
    if (part->checksum_algorithm.size > 0)
        hr__xml_text(writer, element_of(part->checksum_algorithm), part->checksum);
    hr__xml_close(writer, "Part");
}

int hr__write_completed_parts(const struct hr__completed_parts *parts, struct hr__memory memory,
                              struct hr_error *error, size_t *size) {
    int err = check(parts, error);
    if (err) return err;
    struct hr__xml_writer writer = hr__xml_into(memory);
    hr__xml_open_root(&writer, "CompleteMultipartUpload");
    for (size_t i = 0; i < parts->count; i++) put_part(&writer, &parts->parts[i]);
    hr__xml_close(&writer, "CompleteMultipartUpload");
    return hr__xml_done(&writer, size);
}
