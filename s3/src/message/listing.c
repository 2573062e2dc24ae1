/* Listings read out of XML: checked in one pass, shown in another. */
#include "listing.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/clock.h>
#include <headrace/text.h>
#include <headrace/url.h>

#include "s3_response.h"

/* Bytes in memory that grows: the size of what a store sends is limited by hr__xml alone. */
struct kept {
    char *data;
    size_t size, capacity;
};

struct hr__listing {
    enum hr__s3_kind kind;
    struct hr__listing_sink sink;
    struct hr__xml *xml;
    bool show;
    bool url_encoded, truncated; /* set by the first pass */
    bool bad_encoded, bad_plain; /* a key is invalid, if keys are encoded and if they are not */
    const char *problem;
    struct kept token;
    struct hr__page page;
    /* The entry in progress. */
    bool has_key;
    uint64_t size_bytes, time_s;
    struct kept key, etag, storage_class;
};

enum element {
    NONE,
    ROOT,
    ENTRY,
    ENTRY_KEY,
    ENTRY_SIZE,
    ENTRY_TIME,
    ENTRY_ETAG,
    ENTRY_CLASS,
    PREFIX,
    PREFIX_KEY,
    ENCODING,
    TRUNCATED,
    TOKEN,
};

struct named {
    const char *path;
    enum element element;
};

static const struct named of_objects[] = {
    {"ListBucketResult", ROOT},
    {"ListBucketResult/Contents", ENTRY},
    {"ListBucketResult/Contents/Key", ENTRY_KEY},
    {"ListBucketResult/Contents/Size", ENTRY_SIZE},
    {"ListBucketResult/Contents/LastModified", ENTRY_TIME},
    {"ListBucketResult/Contents/ETag", ENTRY_ETAG},
    {"ListBucketResult/Contents/StorageClass", ENTRY_CLASS},
    {"ListBucketResult/CommonPrefixes", PREFIX},
    {"ListBucketResult/CommonPrefixes/Prefix", PREFIX_KEY},
    {"ListBucketResult/EncodingType", ENCODING},
    {"ListBucketResult/IsTruncated", TRUNCATED},
    {"ListBucketResult/NextContinuationToken", TOKEN},
    {NULL, NONE},
};

static const struct named of_buckets[] = {
    {"ListAllMyBucketsResult", ROOT},
    {"ListAllMyBucketsResult/Buckets/Bucket", ENTRY},
    {"ListAllMyBucketsResult/Buckets/Bucket/Name", ENTRY_KEY},
    {"ListAllMyBucketsResult/Buckets/Bucket/CreationDate", ENTRY_TIME},
    {"ListAllMyBucketsResult/ContinuationToken", TOKEN},
    {NULL, NONE},
};

static enum element element_of(const struct hr__listing *listing, struct hr_slice path) {
    const struct named *one = listing->kind == HR__S3_LIST ? of_objects : of_buckets;
    for (; one->path; one++)
        if (hr_slice_equal(path, hr_slice_of(one->path))) return one->element;
    return NONE;
}

static int refuse(struct hr__listing *listing, const char *problem) {
    listing->problem = problem;
    return HR_ERR_S3_RESPONSE;
}

static int keep(struct kept *kept, struct hr_slice text) {
    if (text.size > kept->capacity) {
        size_t capacity = 2 * text.size;
        char *grown = realloc(kept->data, capacity);
        if (!grown) return -ENOMEM;
        kept->data = grown;
        kept->capacity = capacity;
    }
    assert(text.size <= kept->capacity);
    if (text.size > 0) memcpy(kept->data, text.data, text.size);
    kept->size = text.size;
    return 0;
}

static struct hr_slice slice_of(const struct kept *kept) {
    return hr_slice_bytes(kept->size > 0 ? kept->data : "", kept->size);
}

static int on_begin(void *user, struct hr_slice path) {
    struct hr__listing *listing = user;
    enum element element = element_of(listing, path);
    if (!memchr(path.data, '/', path.size) && element != ROOT)
        return refuse(listing, "its root is not what was asked for");
    if (element != ENTRY && element != PREFIX) return 0;
    listing->has_key = false;
    listing->size_bytes = 0;
    listing->time_s = 0;
    listing->key.size = 0;
    listing->etag.size = 0;
    listing->storage_class.size = 0;
    return 0;
}

/* Decodes in place; S3 encodes a blank as '+' and a plus as %2B. Returns whether the name is well
 * encoded, not empty and without NUL. */
static bool decode(struct kept *key) {
    for (size_t at = 0; at < key->size; at++)
        if (key->data[at] == '+') key->data[at] = ' ';
    int err = hr_percent_decode(slice_of(key), key->data, key->size, &key->size);
    return !err && key->size > 0 && !memchr(key->data, 0, key->size);
}

static int show(struct hr__listing *listing, bool is_prefix) {
    assert(listing->show && listing->has_key);
    if (listing->url_encoded) decode(&listing->key); /* cannot fail: the first pass has tried */
    struct hr_slice key = slice_of(&listing->key);
    if (listing->kind == HR__S3_BUCKET_LIST) {
        struct hr_s3_bucket bucket = {.name = key, .created_s = listing->time_s};
        return listing->sink.on_bucket ? listing->sink.on_bucket(listing->sink.user, &bucket) : 0;
    }
    struct hr_s3_object object = {
        .key = key,
        .size_bytes = listing->size_bytes,
        .last_modified_s = listing->time_s,
        .etag = hr__unquote(slice_of(&listing->etag)),
        .storage_class = slice_of(&listing->storage_class),
        .is_prefix = is_prefix,
    };
    return listing->sink.on_object ? listing->sink.on_object(listing->sink.user, &object) : 0;
}

static int end_entry(struct hr__listing *listing, bool is_prefix) {
    if (!listing->has_key) return refuse(listing, "an entry has no name");
    if (listing->show) return show(listing, is_prefix);
    assert(!listing->show);
    listing->page.entries++;
    listing->page.objects += !is_prefix;
    listing->page.digest = hr__digest(listing->page.digest, slice_of(&listing->key));
    /* The document may tell only behind the keys whether they are encoded. */
    listing->bad_plain |= listing->key.size == 0;
    listing->bad_encoded |= !decode(&listing->key);
    return 0;
}

static int read_key(struct hr__listing *listing, struct hr_slice text) {
    if (listing->has_key) return refuse(listing, "an entry has two names");
    listing->has_key = true;
    return keep(&listing->key, text);
}

static int read_truncated(struct hr__listing *listing, struct hr_slice text) {
    listing->truncated = hr_slice_equal(text, hr_slice_of("true"));
    if (listing->truncated || hr_slice_equal(text, hr_slice_of("false"))) return 0;
    return refuse(listing, "IsTruncated is neither true nor false");
}

static int read_token(struct hr__listing *listing, struct hr_slice text) {
    if (text.size > HR_S3_TOKEN_MAX)
        return refuse(listing, "its continuation token has more than 16384 bytes");
    if (listing->kind == HR__S3_BUCKET_LIST) listing->truncated = text.size > 0;
    return keep(&listing->token, text);
}

static int on_end(void *user, struct hr_slice path, struct hr_slice text) {
    struct hr__listing *listing = user;
    switch (element_of(listing, path)) {
    case NONE:
        return 0;
    case ROOT:
        if (listing->url_encoded ? listing->bad_encoded : listing->bad_plain)
            return refuse(listing, "a key is empty, has a NUL byte, or is not encoded as it says");
        return 0;
    case ENTRY:
        return end_entry(listing, false);
    case PREFIX:
        return end_entry(listing, true);
    case ENTRY_KEY:
    case PREFIX_KEY:
        return read_key(listing, text);
    case ENTRY_SIZE:
        if (hr_text_u64(text, UINT64_MAX, &listing->size_bytes) != 0)
            return refuse(listing, "a Size is not a number");
        return 0;
    case ENTRY_TIME:
        if (hr_date_parse(text, &listing->time_s) != 0) listing->time_s = 0;
        return 0;
    case ENTRY_ETAG:
        return keep(&listing->etag, text);
    case ENTRY_CLASS:
        return keep(&listing->storage_class, text);
    case ENCODING:
        listing->url_encoded = hr_slice_equal_nocase(text, hr_slice_of("url"));
        return 0;
    case TRUNCATED:
        return read_truncated(listing, text);
    case TOKEN:
        return read_token(listing, text);
    }
    return 0;
}

int hr__listing_new(enum hr__s3_kind kind, const struct hr__listing_sink *sink,
                    struct hr__listing **listing) {
    struct hr__listing *new = calloc(1, sizeof *new);
    if (!new) return -ENOMEM;
    new->kind = kind;
    new->sink = *sink;
    *listing = new;
    return 0;
}

void hr__listing_free(struct hr__listing *listing) {
    if (!listing) return;
    hr__xml_free(listing->xml);
    free(listing->token.data);
    free(listing->key.data);
    free(listing->etag.data);
    free(listing->storage_class.data);
    free(listing);
}

int hr__listing_begin(struct hr__listing *listing, bool show_entries) {
    static const struct hr__xml_events events = {.begin = on_begin, .end = on_end};
    hr__xml_free(listing->xml);
    listing->xml = NULL;
    listing->show = show_entries;
    listing->problem = NULL;
    if (!show_entries) {
        listing->url_encoded = listing->truncated = false;
        listing->bad_encoded = listing->bad_plain = false;
        listing->token.size = 0;
        listing->page = (struct hr__page){.digest = HR__DIGEST_EMPTY};
    }
    return hr__xml_new(&events, listing, &listing->xml);
}

int hr__listing_feed(struct hr__listing *listing, struct hr_slice piece, bool last,
                     struct hr_error *error) {
    int err = hr__xml_feed(listing->xml, piece.data, piece.size, last);
    if (err == HR_ERR_S3_RESPONSE)
        hr_error_set(error, err, "the listing cannot be understood: %s",
                     listing->problem ? listing->problem : hr__xml_problem(listing->xml));
    return err;
}

bool hr__listing_truncated(const struct hr__listing *listing) {
    return listing->truncated;
}

struct hr_slice hr__listing_token(const struct hr__listing *listing) {
    return slice_of(&listing->token);
}

struct hr__page hr__listing_page(const struct hr__listing *listing) {
    return listing->page;
}
