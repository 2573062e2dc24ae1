/* The server's life: options, start, close. */
#include <headrace_server/s3_server.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <headrace/encode.h>

#include "preload.h"
#include "server_keys.h"
#include "store_call.h"

#define STORE_BYTES_DEFAULT ((uint64_t)1 << 30)
#define STORE_FILES_DEFAULT 1000000
#define DOMAIN_DEFAULT      "s3.localhost"
/* S3's own limit on one PUT, and room for aws-chunked framing: an object that is too large gets
 * S3's own error. */
#define BODY_BYTES_MAX (S3_OBJECT_SIZE_MAX + ((uint64_t)1 << 30))

static const struct s3_handler *const handlers[S3_OPERATIONS] = {
    [S3_LIST_BUCKETS] = &s3_server__list_buckets,
    [S3_CREATE_BUCKET] = &s3_server__create_bucket,
    [S3_HEAD_BUCKET] = &s3_server__head_bucket,
    [S3_DELETE_BUCKET] = &s3_server__delete_bucket,
    [S3_GET_BUCKET_LOCATION] = &s3_server__get_bucket_location,
    [S3_GET_BUCKET_SETTING] = &s3_server__get_setting,
    [S3_LIST_OBJECTS] = &s3_server__list_objects,
    [S3_LIST_OBJECTS_V2] = &s3_server__list_objects_v2,
    [S3_LIST_MULTIPART_UPLOADS] = &s3_server__list_uploads,
    [S3_DELETE_OBJECTS] = &s3_server__delete_objects,
    [S3_PUT_OBJECT] = &s3_server__put_object,
    [S3_GET_OBJECT] = &s3_server__get_object,
    [S3_HEAD_OBJECT] = &s3_server__get_object,
    [S3_DELETE_OBJECT] = &s3_server__delete_object,
    [S3_COPY_OBJECT] = &s3_server__copy_object,
    [S3_CREATE_MULTIPART_UPLOAD] = &s3_server__create_upload,
    [S3_UPLOAD_PART] = &s3_server__upload_part,
    [S3_UPLOAD_PART_COPY] = &s3_server__upload_part_copy,
    [S3_COMPLETE_MULTIPART_UPLOAD] = &s3_server__complete_upload,
    [S3_ABORT_MULTIPART_UPLOAD] = &s3_server__abort_upload,
    [S3_LIST_PARTS] = &s3_server__list_parts,
    [S3_GET_BUCKET_VERSIONING] = &s3_server__get_bucket_versioning,
    [S3_PUT_BUCKET_VERSIONING] = &s3_server__put_bucket_versioning,
    [S3_LIST_OBJECT_VERSIONS] = &s3_server__list_object_versions,
    [S3_PUT_OBJECT_TAGGING] = &s3_server__put_object_tagging,
    [S3_DELETE_OBJECT_TAGGING] = &s3_server__delete_object_tagging,
    [S3_GET_BUCKET_TAGGING] = &s3_server__get_bucket_tagging,
    [S3_PUT_BUCKET_TAGGING] = &s3_server__put_bucket_tagging,
    [S3_DELETE_BUCKET_TAGGING] = &s3_server__delete_bucket_tagging,
    [S3_GET_OBJECT_ACL] = &s3_server__get_object_acl,
    [S3_PUT_OBJECT_ACL] = &s3_server__put_object_acl,
    [S3_GET_BUCKET_ACL] = &s3_server__get_bucket_acl,
    [S3_PUT_BUCKET_ACL] = &s3_server__put_bucket_acl,
    [S3_GET_BUCKET_OWNERSHIP] = &s3_server__get_bucket_ownership,
    [S3_GET_LEGAL_HOLD] = &s3_server__get_legal_hold,
    [S3_PUT_LEGAL_HOLD] = &s3_server__put_legal_hold,
    [S3_GET_RETENTION] = &s3_server__get_retention,
    [S3_PUT_RETENTION] = &s3_server__put_retention,
    [S3_GET_LOCK_RULE] = &s3_server__get_lock_rule,
    [S3_PUT_LOCK_RULE] = &s3_server__put_lock_rule,
    [S3_GET_OBJECT_ATTRIBUTES] = &s3_server__get_object_attributes,
    [S3_POST_OBJECT] = &s3_server__post_object,
    [S3_GET_BUCKET_CORS] = &s3_server__get_bucket_cors,
    [S3_PUT_BUCKET_CORS] = &s3_server__put_bucket_cors,
    [S3_DELETE_BUCKET_CORS] = &s3_server__delete_bucket_cors,
    [S3_GET_OBJECT_TAGGING] = &s3_server__get_object_tagging,
};

static void server_free(struct s3_server_s *server) {
    s3_server__store_deinit(&server->store);
    s3_server__signers_deinit(&server->auth.signers);
    if (server->session_token)
        OPENSSL_cleanse(server->session_token, strlen(server->session_token));
    free(server->session_token);
    s3_server__keys_deinit(server);
    free(server->region);
    free(server->domain);
    free(server);
}

static bool copy_text(char **copy, const char *text) {
    *copy = text ? strdup(text) : NULL;
    return *copy || !text;
}

static int check_options(const struct s3_server_options *options, struct hr_error *error) {
    int err = s3_server__keys_check(options, error);
    if (err) return err;
    if (options->session_token && !options->session_token[0])
        return hr_error_set(error, -EINVAL, "s3 server: session_token is empty");
    if (options->region && !options->region[0])
        return hr_error_set(error, -EINVAL, "s3 server: region is empty");
    if (options->region && strlen(options->region) > S3_REGION_MAX)
        return hr_error_set(error, -EINVAL, "s3 server: region is longer than %d bytes",
                            S3_REGION_MAX);
    return 0;
}

static int read_faults(const struct s3_server_options *options, struct s3_faults *faults,
                       struct hr_error *error) {
    struct hr_slice wrong = {NULL, 0};
    struct hr_slice text = hr_slice_of(options->faults ? options->faults : "");
    if (text.size == 0) text = hr_slice_bytes(NULL, 0);
    if (s3_server__faults_parse(text, options->fault_seed, faults, &wrong)) return 0;
    return hr_error_set(error, -EINVAL,
                        "s3 server: faults: '%.*s' is no KIND=RATE with a rate of 0.000001 to 1, "
                        "a kind once, or all rates together are above 1",
                        wrong.size < 64 ? (int)wrong.size : 64, wrong.data);
}

/* Each part is initialised or there is no server, so that server_free needs no flags. */
static int server_make(const struct s3_server_options *options, const struct s3_faults *faults,
                       struct s3_server_s **out) {
    struct s3_server_s *server = calloc(1, sizeof *server);
    if (!server) return -ENOMEM;
    uint64_t limit = options->store_bytes_max ? options->store_bytes_max : STORE_BYTES_DEFAULT;
    if (s3_server__store_init(&server->store, limit) < 0) goto no_store;
    if (s3_server__signers_init(&server->auth.signers) < 0) goto no_auth;
    bool ok = s3_server__keys_init(server, options) == 0;
    ok = ok && copy_text(&server->session_token, options->session_token);
    ok = ok && copy_text(&server->region, options->region);
    ok = ok && copy_text(&server->domain, options->domain ? options->domain : DOMAIN_DEFAULT);
    if (!ok) {
        server_free(server);
        return -ENOMEM;
    }
    server->auth.rules.keys = server->keys;
    server->auth.rules.key_count = server->key_count;
    server->auth.rules.region = hr_slice_of(server->region);
    server->auth.rules.session_token = hr_slice_of(server->session_token);
    server->auth.rules.any = options->any_credentials;
    server->auth.rules.v2 = options->sigv2;
    server->handlers = handlers;
    server->faults = *faults;
    server->time_offset_s = options->time_offset_s;
    server->on_record = options->on_record;
    server->record_user = options->record_user;
    server->secure_keys_only = options->secure_keys_only;
    server->secure = options->http.tls.certificate_file || options->http.tls.key_pem.size > 0;
    uint64_t id[2] = {s3_server__store_random(&server->store),
                      s3_server__store_random(&server->store)};
    hr_base64_encode(id, sizeof id, server->host_id);
    *out = server;
    return 0;
no_auth:
    s3_server__store_deinit(&server->store);
no_store:
    free(server);
    return -ENOMEM;
}

static void on_progress(void *user, uint64_t files) {
    const struct s3_server_options *options = user;
    struct s3_server_found found = {.files = files};
    if (options->on_found) options->on_found(options->user, &found);
}

static int open_folder(struct s3_server_s *server, struct s3_server_options options,
                       struct hr_error *error) {
    if (!options.store_folder) return 0;
    if (options.preload)
        return hr_error_set(error, -EINVAL,
                            "s3 server: preload fills a store in memory: it does not go together "
                            "with a folder that keeps objects");
    struct s3_store_folder folder = {
        .disk = {.folder = options.store_folder,
                 .files_max =
                     options.store_files_max ? options.store_files_max : STORE_FILES_DEFAULT,
                 .fsync = options.store_fsync},
        .scan = {.full = options.store_scrub_full, .on_progress = on_progress, .user = &options}};
    struct s3_server_found found = {.done = true};
    int err = s3_server__store_open(&server->store, &folder, &found.damaged, error);
    if (!err) found.files = server->store.disk->files;
    if (!err && options.on_found) options.on_found(options.user, &found);
    return err;
}

int s3_server_new(hr_engine *engine, const struct s3_server_options *options,
                  struct hr_error *error, s3_server **out) {
    int err = check_options(options, error);
    if (err) return err;
    struct s3_server_s *server;
    struct s3_faults faults;
    err = read_faults(options, &faults, error);
    if (err) return err;
    err = server_make(options, &faults, &server);
    if (err) return hr_error_set(error, err, "s3 server: out of memory");
    err = open_folder(server, *options, error);
    if (!err && options->preload) err = s3_server__preload(server, options->preload, error);
    if (err) {
        server_free(server);
        return err;
    }
    struct hr_http_server_options http = options->http;
    http.listen = options->listen;
    http.on_request = s3_server__on_request;
    http.user = server;
    if (http.body_bytes_max == 0) http.body_bytes_max = BODY_BYTES_MAX;
    err = hr_http_server_new(engine, &http, error, &server->http);
    if (err) {
        server_free(server);
        return err;
    }
    *out = server;
    return 0;
}

uint16_t s3_server_port(const s3_server *server) {
    return hr_http_server_port(server->http);
}

static void end(void *user) {
    struct s3_server_s *server = user;
    if (server->on_closed) server->on_closed(server->user);
    server_free(server);
}

/* No exchange is left. Of a store in files some reads and writes may be, whose exchange broke off:
 * the last of them ends the server. */
static void on_http_closed(void *user) {
    struct s3_server_s *server = user;
    struct s3_disk *disk = server->store.disk;
    if (!disk) {
        end(server);
        return;
    }
    disk->on_unused = end;
    disk->user = server;
    s3_server__disk_unuse(disk);
}

void s3_server_close(s3_server *server, void (*on_closed)(void *user), void *user) {
    if (!server) return;
    assert(server->http && !server->on_closed);
    server->on_closed = on_closed;
    server->user = user;
    hr_http_server_close(server->http, on_http_closed, server);
}
