/* Digests of a body: several hashers at once. */
#include "checksums.h"

#include <assert.h>
#include <string.h>

static bool is_wanted(const struct s3_digests *digests, unsigned algorithm) {
    return digests->wanted >> algorithm & 1;
}

int s3_server__digests_init(struct s3_digests *digests, unsigned wanted) {
    digests->wanted = 0;
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
        if (!(wanted >> i & 1)) continue;
        digests->hashers[i] = (struct hr_s3_hasher){0};
        int err = hr_s3_hasher_begin(&digests->hashers[i], (enum hr_s3_checksum_algorithm)i);
        digests->wanted |= 1u << i;
        if (!err) continue;
        s3_server__digests_deinit(digests);
        return err;
    }
    return 0;
}

int s3_server__digests_update(struct s3_digests *digests, const void *data, size_t size) {
    int err = 0;
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS && !err; i++)
        if (is_wanted(digests, i)) err = hr_s3_hasher_update(&digests->hashers[i], data, size);
    return err;
}

int s3_server__digests_finish(struct s3_digests *digests) {
    int err = 0;
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS && !err; i++)
        if (is_wanted(digests, i))
            err = hr_s3_hasher_end(&digests->hashers[i], &digests->values[i]);
    return err;
}

void s3_server__digests_value(const struct s3_digests *digests,
                              enum hr_s3_checksum_algorithm algorithm,
                              struct hr_s3_checksum *value) {
    assert(algorithm == HR_S3_CHECKSUM_NONE || is_wanted(digests, algorithm));
    *value =
        algorithm == HR_S3_CHECKSUM_NONE ? (struct hr_s3_checksum){0} : digests->values[algorithm];
}

const uint8_t *s3_server__digests_md5(const struct s3_digests *digests) {
    assert(is_wanted(digests, HR_S3_CHECKSUM_MD5));
    return digests->values[HR_S3_CHECKSUM_MD5].bytes;
}

void s3_server__digests_deinit(struct s3_digests *digests) {
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++)
        if (is_wanted(digests, i)) hr_s3_hasher_deinit(&digests->hashers[i]);
    digests->wanted = 0;
}

bool s3_server__checksum_parse(enum hr_s3_checksum_algorithm algorithm, struct hr_slice text,
                               struct hr_s3_checksum *value) {
    struct hr_s3_checksum read;
    if (hr_s3_checksum_parse(algorithm, text, &read) < 0 || read.parts != 0) return false;
    *value = read;
    return true;
}

const char *s3_server__checksum_word(enum hr_s3_checksum_algorithm algorithm) {
    static const char prefix[] = "x-amz-checksum-";
    const char *header = hr_s3_checksum_traits_of(algorithm)->header;
    return header[0] ? header + sizeof prefix - 1 : header;
}
