/* URIs of the form s3://BUCKET/KEY. */
#include <errno.h>

#include <headrace/s3.h>

#include "writer.h"

int hr_s3_parse_uri(struct hr_slice text, struct hr_s3_uri *uri) {
    static const struct hr_slice scheme = {"s3://", 5};
    if (text.size < scheme.size ||
        !hr_slice_equal_nocase(hr_slice_bytes(text.data, scheme.size), scheme))
        return HR_ERR_S3_URI_SCHEME;
    const char *at = text.data + scheme.size, *end = text.data + text.size;
    const char *slash = at < end ? memchr(at, '/', (size_t)(end - at)) : NULL;
    const char *stop = slash ? slash : end;
    if (stop == at) return HR_ERR_S3_URI_BUCKET;
    uri->bucket = hr_slice_bytes(at, (size_t)(stop - at));
    uri->key =
        slash ? hr_slice_bytes(slash + 1, (size_t)(end - slash - 1)) : hr_slice_bytes(end, 0);
    return uri->key.size > 0 ? 0 : HR_ERR_S3_URI_KEY;
}

int hr_s3_format_uri(const struct hr_s3_uri *uri, char *text, size_t capacity, size_t *size) {
    struct hr_slice bucket = uri->bucket;
    if (bucket.size == 0 || memchr(bucket.data, '/', bucket.size)) return HR_ERR_S3_URI_BUCKET;
    if (uri->key.size == 0) return HR_ERR_S3_URI_KEY;
    struct hr__writer out = hr__writer(text, capacity);
    hr__put_text(&out, "s3://");
    hr__put_slice(&out, bucket);
    hr__put_byte(&out, '/');
    hr__put_slice(&out, uri->key);
    hr__put_byte(&out, 0);
    if (out.full) return -ENOBUFS;
    *size = hr__written(&out).size - 1;
    return 0;
}
