/* URIs of the form s3://BUCKET/KEY. */
#include <headrace/s3_client.h>

int hr_s3_parse_uri(struct hr_slice uri, struct hr_slice *bucket, struct hr_slice *key) {
    static const struct hr_slice scheme = {"s3://", 5};
    if (uri.size < scheme.size ||
        !hr_slice_equal_nocase(hr_slice_bytes(uri.data, scheme.size), scheme))
        return HR_ERR_S3_URI_SCHEME;
    const char *at = uri.data + scheme.size, *end = uri.data + uri.size;
    const char *slash = at < end ? memchr(at, '/', (size_t)(end - at)) : NULL;
    const char *stop = slash ? slash : end;
    if (stop == at) return HR_ERR_S3_URI_BUCKET;
    *bucket = hr_slice_bytes(at, (size_t)(stop - at));
    *key = slash ? hr_slice_bytes(slash + 1, (size_t)(end - slash - 1)) : hr_slice_bytes(end, 0);
    return key->size > 0 ? 0 : HR_ERR_S3_URI_KEY;
}
