/* Listings, page by page: objects, versions, uploads, parts, buckets. */
#include <errno.h>
#include <stdlib.h>

#include "object_options.h"
#include "s3_prepare.h"

static struct hr_slice cursor_of(const struct hr__s3_call *call) {
    return hr_slice_bytes(call->page.token, call->page.token_size);
}

/* A parameter with the part of the cursor before its NUL byte, and one with that behind it. */
static struct hr_slice key_of(struct hr_slice cursor) {
    const char *nul = cursor.size ? memchr(cursor.data, 0, cursor.size) : NULL;
    return nul ? hr_slice_bytes(cursor.data, (size_t)(nul - cursor.data)) : cursor;
}

static struct hr_slice id_of(struct hr_slice cursor) {
    size_t key = key_of(cursor).size;
    if (key == cursor.size) return hr_slice_bytes(NULL, 0);
    return hr_slice_bytes(cursor.data + key + 1, cursor.size - key - 1);
}

static void add_some(struct hr__s3_adder *add, const char *name, struct hr_slice value) {
    if (value.size > 0) hr__add_query(add, name, value);
}

static bool is_short(const char *text) {
    return !text || strlen(text) <= HR__KEY_MAX;
}

/* Prefix and delimiter, and the adder of a page's query. */
static struct hr__s3_adder begin_page(struct hr__s3_call *call, const char *prefix,
                                      const char *delimiter, const char *after) {
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__s3_details_reset(call->details);
    if (!is_short(prefix) || !is_short(delimiter) || !is_short(after))
        hr__add_refuse(&add, HR_ERR_S3_KEY_INVALID,
                       "prefix, delimiter or where to begin is longer than %d bytes", HR__KEY_MAX);
    return add;
}

/* Any byte of a key arrives whole; some stores refuse the parameter. */
static void ask_encoded(const struct hr__s3_call *call, struct hr__s3_adder *add) {
    if (!call->client->quirks.plain_keys) hr__add_query_text(add, "encoding-type", "url");
}

/* Where the first page begins: a key and, behind a NUL byte, an id of it. */
static int begin_behind(struct hr__s3_call *call, const char *key, const char *id) {
    if (!key || !*key) {
        if (!id) return 0;
        return hr_error_set(&call->request->error, -EINVAL,
                            "where to begin has an id and no key that it is of");
    }
    size_t key_size = strlen(key), id_size = id ? strlen(id) : 0;
    char *cursor = malloc(key_size + id_size + 1);
    if (!cursor) return -ENOMEM;
    memcpy(cursor, key, key_size);
    cursor[key_size] = 0;
    if (id) memcpy(cursor + key_size + 1, id, id_size);
    int err =
        hr__s3_page_go_on(call, hr_slice_bytes(cursor, id ? key_size + 1 + id_size : key_size));
    free(cursor);
    return err;
}

/* ---- Objects. */

static struct hr_s3_list *objects_of(const struct hr__s3_call *call) {
    return hr__container_of(call->request, struct hr_s3_list, request);
}

static int show_object(void *user, const struct hr_s3_object *object) {
    struct hr_s3_list *list = user;
    if (object->is_prefix)
        list->prefixes++;
    else
        list->objects++;
    return list->on_object ? list->on_object(list, object) : 0;
}

static int open_objects(struct hr__s3_call *call) {
    struct hr_s3_list *list = objects_of(call);
    struct hr_slice token = hr_slice_of(list->next_token);
    list->objects = list->prefixes = list->pages = 0;
    list->truncated = false;
    if (token.size > HR_S3_TOKEN_MAX)
        return hr_error_set(&call->request->error, -EINVAL,
                            "the token has %zu bytes, the limit is %d", token.size,
                            HR_S3_TOKEN_MAX);
    if (!list->next_token) list->walk_ = (struct hr_s3_walk){.pages = 0};
    return hr__s3_page_go_on(call, token);
}

/* The caller's view of a page's end. The token is handed over where the caller goes on. */
static bool ended_objects(struct hr__s3_call *call, bool truncated) {
    struct hr_s3_list *list = objects_of(call);
    list->pages++;
    list->truncated = truncated;
    hr_s3_list_deinit(list);
    if (!truncated || !list->one_page) return true;
    list->next_token = call->page.token;
    call->page.token = NULL;
    return false;
}

void hr_s3_list_deinit(struct hr_s3_list *list) {
    if (!list) return;
    free(list->next_token);
    list->next_token = NULL;
}

const struct hr__s3_lister hr__s3_list_lister = {.kind = HR__LISTING_OBJECTS,
                                                 .sink = {.on_object = show_object},
                                                 .walk_at = offsetof(struct hr_s3_list, walk_),
                                                 .open = open_objects,
                                                 .ended = ended_objects};

/* S3's rules for directory buckets (ListObjectsV2 in its API reference), which are not sorted. */
static void check_directory(const struct hr__s3_call *call, const struct hr_s3_list *list,
                            struct hr__s3_adder *add) {
    struct hr_slice prefix = hr_slice_of(list->prefix), delimiter = hr_slice_of(list->delimiter);
    if (!hr__endpoint_bucket_express(&call->client->endpoint, hr_slice_of(list->bucket))) return;
    if (list->start_after)
        hr__add_refuse(add, -EINVAL,
                       "start_after: directory buckets are not sorted, list them "
                       "from the beginning or by token");
    if (delimiter.size > 0 && !hr_slice_equal(delimiter, hr_slice_of("/")))
        hr__add_refuse(add, -EINVAL, "delimiter: directory buckets know \"/\" alone");
    if (prefix.size > 0 && prefix.data[prefix.size - 1] != '/')
        hr__add_refuse(add, -EINVAL, "prefix: in a directory bucket it has to end in \"/\"");
}

int hr__s3_list_prepare(struct hr__s3_call *call) {
    struct hr_s3_list *list = objects_of(call);
    struct hr_slice token = cursor_of(call);
    struct hr__s3_adder add = begin_page(call, list->prefix, list->delimiter, list->start_after);
    check_directory(call, list, &add);
    add_some(&add, "continuation-token", token);
    add_some(&add, "delimiter", hr_slice_of(list->delimiter));
    ask_encoded(call, &add);
    hr__add_query_text(&add, "list-type", "2");
    hr__add_query_u64(&add, "max-keys", list->page_size);
    add_some(&add, "prefix", hr_slice_of(list->prefix));
    /* A token says where to go on: start-after is for the first page. */
    if (token.size == 0) add_some(&add, "start-after", hr_slice_of(list->start_after));
    hr__add_payer(&add, list->request_payer, list->expected_owner);
    return add.err;
}

/* ---- Versions. */

static struct hr_s3_version_list *versions_of(const struct hr__s3_call *call) {
    return hr__container_of(call->request, struct hr_s3_version_list, request);
}

static int show_version(void *user, const struct hr_s3_version *version) {
    struct hr_s3_version_list *list = user;
    if (version->is_prefix)
        list->prefixes++;
    else
        list->versions++;
    return list->on_version ? list->on_version(list, version) : 0;
}

static int open_versions(struct hr__s3_call *call) {
    struct hr_s3_version_list *list = versions_of(call);
    list->versions = list->prefixes = list->pages = 0;
    list->truncated = false;
    list->walk_ = (struct hr_s3_walk){.pages = 0};
    return begin_behind(call, list->key_after, list->version_id_after);
}

static bool ended_versions(struct hr__s3_call *call, bool truncated) {
    struct hr_s3_version_list *list = versions_of(call);
    list->pages++;
    list->truncated = truncated;
    return !list->one_page;
}

const struct hr__s3_lister hr__s3_version_lister = {.kind = HR__LISTING_VERSIONS,
                                                    .sink = {.on_version = show_version},
                                                    .walk_at =
                                                        offsetof(struct hr_s3_version_list, walk_),
                                                    .open = open_versions,
                                                    .ended = ended_versions};

int hr__s3_version_list_prepare(struct hr__s3_call *call) {
    struct hr_s3_version_list *list = versions_of(call);
    struct hr_slice cursor = cursor_of(call);
    struct hr__s3_adder add = begin_page(call, list->prefix, list->delimiter, list->key_after);
    add_some(&add, "delimiter", hr_slice_of(list->delimiter));
    ask_encoded(call, &add);
    add_some(&add, "key-marker", key_of(cursor));
    hr__add_query_u64(&add, "max-keys", list->page_size);
    add_some(&add, "prefix", hr_slice_of(list->prefix));
    add_some(&add, "version-id-marker", id_of(cursor));
    hr__add_payer(&add, list->request_payer, list->expected_owner);
    return add.err;
}

/* ---- Uploads. */

static struct hr_s3_upload_list *uploads_of(const struct hr__s3_call *call) {
    return hr__container_of(call->request, struct hr_s3_upload_list, request);
}

static int show_upload(void *user, const struct hr_s3_upload_info *upload) {
    struct hr_s3_upload_list *list = user;
    if (upload->is_prefix)
        list->prefixes++;
    else
        list->uploads++;
    return list->on_upload ? list->on_upload(list, upload) : 0;
}

static int open_uploads(struct hr__s3_call *call) {
    struct hr_s3_upload_list *list = uploads_of(call);
    list->uploads = list->prefixes = list->pages = 0;
    list->walk_ = (struct hr_s3_walk){.pages = 0};
    return begin_behind(call, list->key_after, list->upload_id_after);
}

static bool ended_uploads(struct hr__s3_call *call, bool truncated) {
    (void)truncated;
    uploads_of(call)->pages++;
    return true;
}

const struct hr__s3_lister hr__s3_upload_lister = {.kind = HR__LISTING_UPLOADS,
                                                   .sink = {.on_upload = show_upload},
                                                   .walk_at =
                                                       offsetof(struct hr_s3_upload_list, walk_),
                                                   .open = open_uploads,
                                                   .ended = ended_uploads};

int hr__s3_upload_list_prepare(struct hr__s3_call *call) {
    struct hr_s3_upload_list *list = uploads_of(call);
    struct hr_slice cursor = cursor_of(call);
    struct hr__s3_adder add = begin_page(call, list->prefix, list->delimiter, list->key_after);
    add_some(&add, "delimiter", hr_slice_of(list->delimiter));
    ask_encoded(call, &add);
    add_some(&add, "key-marker", key_of(cursor));
    hr__add_query_u64(&add, "max-uploads", list->page_size);
    add_some(&add, "prefix", hr_slice_of(list->prefix));
    add_some(&add, "upload-id-marker", id_of(cursor));
    hr__add_payer(&add, list->request_payer, list->expected_owner);
    return add.err;
}

/* ---- Parts. */

static struct hr_s3_part_list *parts_of(const struct hr__s3_call *call) {
    return hr__container_of(call->request, struct hr_s3_part_list, request);
}

static int show_part(void *user, const struct hr_s3_part_info *part) {
    struct hr_s3_part_list *list = user;
    list->parts++;
    return list->on_part ? list->on_part(list, part) : 0;
}

static int open_parts(struct hr__s3_call *call) {
    struct hr_s3_part_list *list = parts_of(call);
    char digits[20];
    struct hr__writer out = hr__writer(digits, sizeof digits);
    list->parts = list->pages = 0;
    list->walk_ = (struct hr_s3_walk){.pages = 0};
    if (list->part_number_after == 0) return 0;
    hr__put_u64(&out, list->part_number_after);
    return hr__s3_page_go_on(call, hr__written(&out));
}

static bool ended_parts(struct hr__s3_call *call, bool truncated) {
    (void)truncated;
    parts_of(call)->pages++;
    return true;
}

const struct hr__s3_lister hr__s3_part_lister = {.kind = HR__LISTING_PARTS,
                                                 .sink = {.on_part = show_part},
                                                 .walk_at = offsetof(struct hr_s3_part_list, walk_),
                                                 .open = open_parts,
                                                 .ended = ended_parts};

int hr__s3_part_list_check(struct hr_request *request) {
    struct hr_s3_part_list *list = hr__container_of(request, struct hr_s3_part_list, request);
    return hr__s3_check_part(request, list->upload_id, 1);
}

int hr__s3_part_list_prepare(struct hr__s3_call *call) {
    struct hr_s3_part_list *list = parts_of(call);
    struct hr__s3_adder add = begin_page(call, NULL, NULL, NULL);
    hr__add_query_u64(&add, "max-parts", list->page_size);
    add_some(&add, "part-number-marker", cursor_of(call));
    hr__add_query_text(&add, "uploadId", list->upload_id);
    hr__add_customer_key(&add, list->customer_key);
    hr__add_payer(&add, list->request_payer, list->expected_owner);
    return add.err;
}

/* ---- Buckets. */

static int show_bucket(void *user, const struct hr_s3_bucket *bucket) {
    struct hr_s3_bucket_list *list = user;
    list->buckets++;
    return list->on_bucket ? list->on_bucket(list, bucket) : 0;
}

static struct hr_s3_bucket_list *buckets_of(const struct hr__s3_call *call) {
    return hr__container_of(call->request, struct hr_s3_bucket_list, request);
}

static int open_buckets(struct hr__s3_call *call) {
    struct hr_s3_bucket_list *list = buckets_of(call);
    list->buckets = 0;
    list->walk_ = (struct hr_s3_walk){.pages = 0};
    return 0;
}

static bool ended_buckets(struct hr__s3_call *call, bool truncated) {
    (void)call;
    return truncated;
}

const struct hr__s3_lister hr__s3_bucket_lister = {.kind = HR__LISTING_BUCKETS,
                                                   .sink = {.on_bucket = show_bucket},
                                                   .walk_at =
                                                       offsetof(struct hr_s3_bucket_list, walk_),
                                                   .open = open_buckets,
                                                   .ended = ended_buckets};

int hr__s3_bucket_list_prepare(struct hr__s3_call *call) {
    const struct hr_s3_bucket_list *list = buckets_of(call);
    struct hr__s3_adder add = begin_page(call, list->prefix, NULL, NULL);
    add_some(&add, "bucket-region", hr_slice_of(list->bucket_region));
    add_some(&add, "continuation-token", cursor_of(call));
    hr__add_query_u64(&add, "max-buckets", list->page_size);
    add_some(&add, "prefix", hr_slice_of(list->prefix));
    return add.err;
}
