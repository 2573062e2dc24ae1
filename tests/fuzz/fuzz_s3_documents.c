/* Each document of S3 and STS as a store may send it, and texts as they are written into documents.
 * The first byte of an input chooses the reader. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "documents.h"
#include "listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void check(bool holds) {
    if (!holds) abort();
}

/* A text that was read is UTF-8 of a document, with a NUL behind it. */
static void check_text(struct hr_slice text) {
    check(text.size == 0 || (text.data && text.data[text.size] == 0));
    check(text.size == 0 || !memchr(text.data, 0, text.size));
}

static void check_sums(const struct hr_s3_checksums *sums) {
    check_text(sums->crc32);
    check_text(sums->crc64nvme);
    check_text(sums->xxhash128);
    check_text(sums->type);
}

static int read_created(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__upload_created out;
    int err = hr__read_upload_created(xml, texts, error, &out);
    if (!err) check_text(out.key);
    check(err || out.upload_id.size > 0);
    return err;
}

static int read_completed(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__upload_completed out;
    int err = hr__read_upload_completed(xml, texts, error, &out);
    if (err) return err;
    check_text(out.location);
    check_sums(&out.checksums);
    return 0;
}

static int read_copied(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__copied out;
    int err = hr__read_object_copied(xml, texts, error, &out);
    if (err) err = hr__read_part_copied(xml, texts, error, &out);
    if (!err) check_sums(&out.checksums);
    return err;
}

static unsigned shown;

static int on_deleted(void *user, const struct hr_s3_deleted *deleted) {
    (void)user;
    check(deleted->code.size > 0 || deleted->key.size > 0);
    check_text(deleted->key);
    check_text(deleted->message);
    shown++;
    return 0;
}

static int read_deleted(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    (void)texts;
    struct hr__deleted_sink sink = {.on_deleted = on_deleted};
    shown = 0;
    int err = hr__read_deleted(xml, &sink, error);
    check(!err || shown == 0);
    return err;
}

static int on_tag(void *user, const struct hr_s3_tag *tag) {
    (void)user;
    check(tag->key[0] && tag->value);
    shown++;
    return 0;
}

static int read_tags(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    (void)texts;
    struct hr__tags_sink sink = {.on_tag = on_tag};
    shown = 0;
    int err = hr__read_tags(xml, &sink, error);
    check(!err || shown == 0);
    return err;
}

static int on_part(void *user, const struct hr_s3_part_info *part) {
    (void)user;
    check(part->part_number >= 1 && part->part_number <= 10000);
    check_sums(&part->checksums);
    shown++;
    return 0;
}

static int read_attributes(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__parts_sink sink = {.on_part = on_part};
    struct hr__attributes out;
    shown = 0;
    int err = hr__read_attributes(xml, texts, &sink, error, &out);
    check(!err || shown == 0);
    if (!err) check_sums(&out.checksums);
    return err;
}

static int read_location(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__location out;
    int err = hr__read_location(xml, texts, error, &out);
    check(err || out.region.size > 0);
    return err;
}

static int read_versioning(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    (void)texts;
    struct hr__versioning out;
    return hr__read_versioning(xml, error, &out);
}

static int read_issued(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__issued_credentials out;
    int err = hr__read_session(xml, texts, error, &out);
    if (err) err = hr__read_assumed_role(xml, texts, error, &out);
    if (err) err = hr__read_web_identity(xml, texts, error, &out);
    if (err) return err;
    check(out.access_key_id.size > 0 && out.secret_access_key.size > 0);
    check(out.session_token.size > 0);
    return 0;
}

static int read_error(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    struct hr__error_document out;
    int err = hr__read_error(xml, texts, error, &out);
    if (!err) check_text(out.message);
    return err;
}

static int on_version(void *user, const struct hr_s3_version *version) {
    (void)user;
    check(version->key.size > 0);
    shown++;
    return 0;
}

static int on_upload(void *user, const struct hr_s3_upload_info *upload) {
    (void)user;
    check(upload->key.size > 0 && (upload->is_prefix || upload->upload_id.size > 0));
    shown++;
    return 0;
}

static int pass(struct hr__listing *listing, bool show, struct hr_slice xml, size_t piece,
                struct hr_error *error) {
    int err = hr__listing_begin(listing, show);
    for (size_t at = 0; !err && at < xml.size; at += piece) {
        size_t more = xml.size - at < piece ? xml.size - at : piece;
        err = hr__listing_feed(listing, hr_slice_bytes(xml.data + at, more), at + more == xml.size,
                               error);
    }
    return err;
}

/* A page that was checked can be shown, all of it. */
static int list(enum hr__listing_kind kind, struct hr_slice xml, struct hr_error *error) {
    struct hr__listing_sink sink = {
        .on_version = on_version, .on_upload = on_upload, .on_part = on_part};
    struct hr__listing *listing;
    check(hr__listing_new(kind, &sink, &listing) == 0);
    int err = pass(listing, false, xml, 7, error);
    shown = 0;
    if (!err) {
        check(pass(listing, true, xml, 1000, error) == 0);
        check(shown == hr__listing_page(listing).entries);
        check(hr__listing_cursor(listing).size >=
              hr__listing_token(listing).size + hr__listing_id_marker(listing).size);
    }
    hr__listing_free(listing);
    return err;
}

static int list_versions(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    (void)texts;
    return xml.size == 0 ? 0 : list(HR__LISTING_VERSIONS, xml, error);
}

static int list_uploads(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    (void)texts;
    return xml.size == 0 ? 0 : list(HR__LISTING_UPLOADS, xml, error);
}

static int list_parts(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error) {
    (void)texts;
    return xml.size == 0 ? 0 : list(HR__LISTING_PARTS, xml, error);
}

static int keep_key(void *user, const struct hr_s3_tag *tag) {
    struct hr_slice *written = user;
    check(hr_slice_equal(*written, hr_slice_of(tag->key)));
    check(hr_slice_equal(*written, hr_slice_of(tag->value)));
    shown++;
    return 0;
}

/* A text that could be written is read as it was. */
static int write_tag(struct hr_slice text, struct hr__texts *texts, struct hr_error *error) {
    const char *copy = hr__texts_add(texts, text);
    struct hr_s3_tag tag = {copy, copy};
    struct hr__tags tags = {&tag, 1};
    char memory[4096];
    size_t size = 0;
    int err = hr__write_tags(&tags, (struct hr__memory){memory, sizeof memory}, error, &size);
    if (err) return 0;
    struct hr_slice written = hr_slice_of(copy);
    struct hr__tags_sink sink = {.on_tag = keep_key, .user = &written};
    shown = 0;
    check(hr__read_tags(hr_slice_bytes(memory, size), &sink, error) == 0 && shown == 1);
    return 0;
}

static int (*const readers[])(struct hr_slice xml, struct hr__texts *texts,
                              struct hr_error *error) = {
    read_created,    read_completed, read_copied,     read_deleted, read_tags,
    read_attributes, read_location,  read_versioning, read_issued,  read_error,
    list_versions,   list_uploads,   list_parts,      write_tag,
};
#define READERS (sizeof readers / sizeof readers[0])

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct hr__texts texts = {NULL};
    struct hr_error error = {.code = 0};
    struct hr_slice xml = hr_slice_bytes((const char *)data + 1, size - 1);
    int err = readers[data[0] % READERS](xml, &texts, &error);
    check(err == 0 || (err == HR_ERR_S3_RESPONSE && error.code == err && error.message[0]));
    hr__texts_free(&texts);
    return 0;
}

static void write_seed(const char *folder, size_t index, size_t reader, struct hr_slice body) {
    char path[512];
    snprintf(path, sizeof path, "%s/case-%zu-%zu", folder, index, reader);
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fputc((int)reader, file);
    fwrite(body.data, 1, body.size, file);
    fclose(file);
}

static void write_seeds(const char *folder) {
    json_t *all = cases_load("s3/response.given.jsonl");
    size_t index;
    json_t *one;
    json_array_foreach(all, index, one) {
        struct hr_slice body = cases_slice(json_object_get(one, "response"), "body");
        if (body.size == 0 || body.size > 8192 || !memchr(body.data, '<', body.size)) continue;
        for (size_t reader = 0; reader < READERS; reader++) write_seed(folder, index, reader, body);
    }
    json_decref(all);
}

/* The conformance cases, where they are, are seeds too: in the first folder of the command line. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    for (int i = 1; i < *argc; i++) {
        DIR *folder = (*argv)[i][0] == '-' ? NULL : opendir((*argv)[i]);
        if (!folder) continue;
        closedir(folder);
        write_seeds((*argv)[i]);
        break;
    }
    return 0;
}
