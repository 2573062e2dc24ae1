/* What a scripted store does: objects, copies, uploads in parts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "scenario_store.h"

static void md5_text(const void *data, size_t size, char *text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (!EVP_Digest(data, size, digest, NULL, EVP_md5(), NULL)) abort();
    for (unsigned i = 0; i < 16; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

void scenario_store_put(struct store_bytes *bytes, const char *data, size_t size) {
    char *copy = malloc(size + 1);
    if (!copy) abort();
    memcpy(copy, data, size);
    free(bytes->data);
    bytes->data = copy;
    bytes->size = size;
    bytes->writes++;
    md5_text(data, size, bytes->etag);
}

static void wipe(struct store_bytes *bytes) {
    free(bytes->data);
    bytes->data = NULL;
    bytes->size = 0;
}

void scenario_store_free(struct scenario_store *store) {
    for (unsigned i = 0; i <= STORE_KEYS_MAX; i++) wipe(&store->objects[i]);
    for (unsigned i = 0; i <= STORE_UPLOADS_MAX; i++)
        for (unsigned part = 0; part <= STORE_PARTS_MAX; part++)
            wipe(&store->uploads[i].parts[part]);
}

static bool is(const struct store_request *request, const char *method) {
    return strcmp(request->method, method) == 0;
}

static struct hr_slice field(const struct store_request *request, const char *name) {
    return hr_http_exchange_find(request->exchange, name);
}

static void answer_etag(struct store_request *request, const char *etag) {
    snprintf(request->etag, sizeof request->etag, "\"%s\"", etag);
}

/* ---- Conditions. */

static bool has_etag(struct hr_slice value, const struct store_bytes *bytes) {
    return bytes->data && value.size >= strlen(bytes->etag) &&
           memmem(value.data, value.size, bytes->etag, strlen(bytes->etag));
}

static bool met(const struct store_request *request, const char *prefix,
                const struct store_bytes *bytes) {
    char name[48];
    snprintf(name, sizeof name, "%sif-match", prefix);
    struct hr_slice match = field(request, name);
    snprintf(name, sizeof name, "%sif-none-match", prefix);
    struct hr_slice none = field(request, name);
    if (match.size && !has_etag(match, bytes)) return false;
    if (!none.size) return true;
    return none.data[0] == '*' ? !bytes->data : !has_etag(none, bytes);
}

/* ---- Objects and copies. */

static struct store_bytes *source_of(const struct store_request *request) {
    struct hr_slice source = field(request, "x-amz-copy-source");
    char text[64] = "";
    if (!source.size || source.size >= sizeof text) return NULL;
    memcpy(text, source.data, source.size);
    const char *slash = strrchr(text, '/');
    unsigned key = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : 0;
    return &request->store->objects[key <= STORE_KEYS_MAX ? key : 0];
}

/* White space comes first, as from a store that took its time. */
static void answer_copied(struct store_request *request, const char *root, const char *etag) {
    snprintf(request->text, sizeof request->text,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n \r\n \n<%s><LastModified>"
             "2026-08-01T10:00:00.000Z</LastModified><ETag>&quot;%s&quot;</ETag></%s>",
             root, etag, root);
}

static void copy_object(struct store_request *request, const struct store_bytes *source) {
    struct store_bytes *object = &request->store->objects[request->key];
    if (!source->data) {
        scenario_store_refuse(request, 404, "NoSuchKey");
    } else if (!met(request, "x-amz-copy-source-", source) || !met(request, "", object)) {
        scenario_store_refuse(request, 412, "PreconditionFailed");
    } else {
        scenario_store_put(object, source->data, source->size);
        answer_copied(request, "CopyObjectResult", object->etag);
    }
}

static void show_object(struct store_request *request) {
    struct store_bytes *object = &request->store->objects[request->key];
    if (!object->data) {
        scenario_store_refuse(request, 404, "NoSuchKey");
        return;
    }
    request->has_object = true;
    scenario_store_put(&request->object, object->data, object->size);
    answer_etag(request, object->etag);
}

static void put_object(struct store_request *request) {
    struct store_bytes *object = &request->store->objects[request->key];
    if (!met(request, "", object)) {
        scenario_store_refuse(request, 412, "PreconditionFailed");
        return;
    }
    scenario_store_put(object, request->body, request->size);
    answer_etag(request, object->etag);
}

/* ---- Uploads. */

static struct store_upload *upload_of(struct store_request *request) {
    struct scenario_store *store = request->store;
    if (request->upload == 0 || request->upload > store->upload_count) return NULL;
    struct store_upload *upload = &store->uploads[request->upload];
    return upload->state == STORE_OPEN && upload->key == request->key ? upload : NULL;
}

static void create_upload(struct store_request *request) {
    struct scenario_store *store = request->store;
    if (store->upload_count == STORE_UPLOADS_MAX) {
        scenario_store_refuse(request, 400, "TooManyUploads");
        return;
    }
    request->upload = ++store->upload_count;
    store->uploads[request->upload].key = request->key;
    snprintf(request->text, sizeof request->text,
             "<InitiateMultipartUploadResult><Bucket>" STORE_BUCKET "</Bucket><Key>%u</Key>"
             "<UploadId>upload-%u</UploadId></InitiateMultipartUploadResult>",
             request->key, request->upload);
}

static void put_part(struct store_request *request, struct store_upload *upload) {
    struct store_bytes *part = &upload->parts[request->part];
    scenario_store_put(part, request->body, request->size);
    answer_etag(request, part->etag);
}

static void copy_part(struct store_request *request, struct store_upload *upload,
                      const struct store_bytes *source) {
    struct hr_slice range = field(request, "x-amz-copy-source-range");
    struct store_bytes *part = &upload->parts[request->part];
    uint64_t first = 0, last = source->size ? source->size - 1 : 0;
    char text[64] = "";
    if (range.size && range.size < sizeof text) memcpy(text, range.data, range.size);
    if (range.size) {
        char *end = NULL;
        first = strncmp(text, "bytes=", 6) == 0 ? strtoull(text + 6, &end, 10) : UINT64_MAX;
        last = end && *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
    }
    if (!source->data || first > last || last >= source->size) {
        scenario_store_refuse(request, 416, "InvalidRange");
    } else if (!met(request, "x-amz-copy-source-", source)) {
        scenario_store_refuse(request, 412, "PreconditionFailed");
    } else {
        scenario_store_put(part, source->data + first, last - first + 1);
        answer_copied(request, "CopyPartResult", part->etag);
    }
}

/* The next number or ETag behind a tag; NULL: there is no more. */
static const char *behind(const char *text, const char *tag) {
    const char *at = strstr(text, tag);
    return at ? at + strlen(tag) : NULL;
}

/* The parts that the document names, one after the other. False: one of them is not there. */
static bool join(const struct store_request *request, const struct store_upload *upload,
                 struct store_bytes *whole) {
    static const char unquote[] = "&quot;";
    char digests[STORE_PARTS_MAX * 32 + 1] = "";
    unsigned count = 0, before = 0;
    whole->data = malloc(STORE_PARTS_MAX * STORE_BODY_MAX);
    if (!whole->data) abort();
    const char *at = request->body;
    while ((at = behind(at, "<Part>"))) {
        const char *number = behind(at, "<PartNumber>"), *etag = behind(at, "<ETag>");
        unsigned part = number ? (unsigned)strtoul(number, NULL, 10) : 0;
        if (!etag || part <= before || part > STORE_PARTS_MAX) return false;
        if (strncmp(etag, unquote, strlen(unquote)) == 0) etag += strlen(unquote);
        etag += *etag == '"';
        const struct store_bytes *bytes = &upload->parts[part];
        if (!bytes->data || strncmp(etag, bytes->etag, 32) != 0) return false;
        memcpy(whole->data + whole->size, bytes->data, bytes->size);
        whole->size += bytes->size;
        memcpy(digests + 32 * count++, bytes->etag, 32);
        before = part;
    }
    unsigned char raw[STORE_PARTS_MAX * 16];
    for (unsigned i = 0; i < 16 * count; i++) {
        const char pair[] = {digests[2 * i], digests[2 * i + 1], '\0'};
        raw[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    md5_text(raw, 16 * count, whole->etag);
    snprintf(whole->etag + 32, sizeof whole->etag - 32, "-%u", count);
    return count > 0;
}

static void complete(struct store_request *request, struct store_upload *upload) {
    struct store_bytes whole = {.data = NULL};
    struct store_bytes *object = &request->store->objects[request->key];
    if (!join(request, upload, &whole)) {
        free(whole.data);
        scenario_store_refuse(request, 400, "InvalidPart");
        return;
    }
    scenario_store_put(object, whole.data, whole.size);
    memcpy(object->etag, whole.etag, sizeof object->etag);
    free(whole.data);
    upload->state = STORE_COMPLETED;
    upload->completes++;
    snprintf(request->text, sizeof request->text,
             "<?xml version=\"1.0\"?>\n  \n<CompleteMultipartUploadResult><Bucket>" STORE_BUCKET
             "</Bucket><Key>%u</Key><ETag>&quot;%s&quot;</ETag></CompleteMultipartUploadResult>",
             request->key, object->etag);
}

static void apply_upload(struct store_request *request) {
    struct store_upload *upload = upload_of(request);
    if (!upload) {
        scenario_store_refuse(request, 404, "NoSuchUpload");
        return;
    }
    const struct store_bytes *source = source_of(request);
    if (is(request, "POST")) complete(request, upload);
    if (is(request, "DELETE")) {
        upload->state = STORE_ABORTED;
        request->status = 204;
    }
    if (!is(request, "PUT")) return;
    upload->part_requests++;
    if (request->part == 0 || request->part > STORE_PARTS_MAX)
        scenario_store_refuse(request, 400, "InvalidArgument");
    else if (source)
        copy_part(request, upload, source);
    else
        put_part(request, upload);
}

void scenario_store_apply(struct store_request *request) {
    const struct store_bytes *source = source_of(request);
    if (strstr(request->query, "uploadId="))
        apply_upload(request);
    else if (is(request, "POST") && strncmp(request->query, "uploads", 7) == 0)
        create_upload(request);
    else if (is(request, "GET") || is(request, "HEAD"))
        show_object(request);
    else if (is(request, "PUT") && source)
        copy_object(request, source);
    else if (is(request, "PUT"))
        put_object(request);
    else
        scenario_store_refuse(request, 501, "NotImplemented");
}
