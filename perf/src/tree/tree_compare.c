/* Compares two entries by size, time or MD5. */
#include "tree_compare.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MD5_HEX    32
#define READ_BYTES 65536

static bool is_md5(struct hr_slice etag) {
    return etag.size == MD5_HEX && strspn(etag.data, "0123456789abcdefABCDEF") >= MD5_HEX;
}

static bool digest_of(int fd, EVP_MD_CTX *context, unsigned char digest[EVP_MAX_MD_SIZE]) {
    char buffer[READ_BYTES];
    ssize_t got;
    if (!EVP_DigestInit_ex(context, EVP_md5(), NULL)) return false;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        if (!EVP_DigestUpdate(context, buffer, (size_t)got)) return false;
    return got == 0 && EVP_DigestFinal_ex(context, digest, NULL);
}

static bool read_md5(const struct tree_entry *entry, char hex[MD5_HEX + 1]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    int fd = openat(entry->folder_fd, entry->base, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    EVP_MD_CTX *context = fd >= 0 ? EVP_MD_CTX_new() : NULL;
    bool read = context && digest_of(fd, context, digest);
    EVP_MD_CTX_free(context);
    if (fd >= 0) close(fd);
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; read && i < MD5_HEX; i++)
        hex[i] = digits[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
    hex[MD5_HEX] = '\0';
    return read;
}

static bool is_object(const struct tree_entry *entry) {
    return entry->folder_fd < 0;
}

static enum tree_verdict by_time(const struct tree_entry *source, const struct tree_entry *target) {
    return source->time_s > target->time_s ? TREE_DIFFERENT : TREE_SAME;
}

static enum tree_verdict by_checksum(const struct tree_entry *source,
                                     const struct tree_entry *target) {
    const struct tree_entry *object = is_object(source) ? source : target;
    const struct tree_entry *other = object == source ? target : source;
    char hex[MD5_HEX + 1];
    if (is_object(other)) {
        if (object->etag.size && hr_slice_equal(object->etag, other->etag)) return TREE_SAME;
        bool both = is_md5(object->etag) && is_md5(other->etag);
        return both ? TREE_DIFFERENT : by_time(source, target);
    }
    if (!is_md5(object->etag)) return by_time(source, target);
    if (!read_md5(other, hex)) return TREE_DIFFERENT;
    return strncasecmp(hex, object->etag.data, MD5_HEX) == 0 ? TREE_SAME : TREE_DIFFERENT;
}

enum tree_verdict tree_compare(enum tree_compare_by by, const struct tree_entry *source,
                               const struct tree_entry *target) {
    if (source->size_bytes != target->size_bytes) return TREE_DIFFERENT;
    switch (by) {
    case TREE_BY_SIZE:
        return TREE_SAME;
    case TREE_BY_CHECKSUM:
        return by_checksum(source, target);
    case TREE_BY_TIME:
        break;
    }
    return by_time(source, target);
}
