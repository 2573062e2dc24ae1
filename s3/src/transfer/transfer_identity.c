/* Digests of transfers, and the failures that a journal outlives. */
#include "transfer_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_digest.h"

int hr__transfer_identity_target(const struct hr_s3_client_s *client, const char *bucket,
                                 const char *key, struct hr__journal_contents *contents) {
    const struct hr__endpoint *endpoint = &client->endpoint;
    struct hr__journal_digest digest;
    hr__journal_digest_begin(&digest);
    hr__journal_digest_number(&digest, endpoint->tls);
    hr__journal_digest_number(&digest, endpoint->port);
    hr__journal_digest_text(&digest, endpoint->host);
    hr__journal_digest_text(&digest, endpoint->path);
    hr__journal_digest_text(&digest, bucket);
    hr__journal_digest_text(&digest, key);
    snprintf(contents->name, sizeof contents->name, "%s/%s", bucket, key);
    return hr__journal_digest_end(&digest, contents->target);
}

static void add_file(struct hr__journal_digest *digest, const struct stat *info) {
    hr__journal_digest_number(digest, info->st_dev);
    hr__journal_digest_number(digest, info->st_ino);
    hr__journal_digest_number(digest, (uint64_t)info->st_size);
    hr__journal_digest_number(digest, (uint64_t)info->st_mtim.tv_sec);
    hr__journal_digest_number(digest, (uint64_t)info->st_mtim.tv_nsec);
    hr__journal_digest_number(digest, (uint64_t)info->st_ctim.tv_sec);
    hr__journal_digest_number(digest, (uint64_t)info->st_ctim.tv_nsec);
}

static void add_options(struct hr__journal_digest *digest,
                        const struct hr_s3_object_options *options) {
    const char *const texts[] = {
        options->content_encoding, options->content_language,      options->content_disposition,
        options->cache_control,    options->storage_class,         options->acl,
        options->website_redirect, options->encryption.kms_key_id, options->encryption.kms_context,
        options->lock.mode,        options->lock.legal_hold,       options->expected_owner};
    const void *key = options->encryption.customer_key;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        hr__journal_digest_text(digest, texts[i]);
    for (size_t i = 0; i < options->tag_count; i++) {
        hr__journal_digest_text(digest, options->tags[i].key);
        hr__journal_digest_text(digest, options->tags[i].value);
    }
    hr__journal_digest_number(digest, options->expires_s);
    hr__journal_digest_number(digest, options->encryption.kind);
    hr__journal_digest_number(digest, options->encryption.bucket_key);
    hr__journal_digest_bytes(digest, key, key ? HR_S3_CUSTOMER_KEY_SIZE : 0);
    hr__journal_digest_number(digest, options->lock.retain_until_s);
}

static void add_fields(struct hr__journal_digest *digest, const struct hr_s3_upload *user) {
    hr__journal_digest_text(digest, user->content_type);
    hr__journal_digest_number(digest, user->metadata_count);
    for (size_t i = 0; i < user->metadata_count; i++) {
        hr__journal_digest_text(digest, user->metadata[i].name);
        hr__journal_digest_text(digest, user->metadata[i].value);
    }
    hr__journal_digest_number(digest, user->field_count);
    for (size_t i = 0; i < user->field_count; i++) {
        const struct hr_http_field *field = &user->fields[i];
        hr__journal_digest_bytes(digest, field->name.data, field->name.size);
        hr__journal_digest_bytes(digest, field->value.data, field->value.size);
    }
}

int hr__transfer_identity_upload(const struct hr__upload *upload,
                                 char text[HR__JOURNAL_DIGEST + 1]) {
    const struct hr_s3_upload *user = upload->user;
    struct hr__journal_digest digest;
    struct stat info;
    if (fstat(user->body.fd, &info) != 0) return -errno;
    if (!S_ISREG(info.st_mode)) return -EINVAL;
    hr__journal_digest_begin(&digest);
    add_file(&digest, &info);
    hr__journal_digest_number(&digest, user->body.offset);
    hr__journal_digest_number(&digest, user->body.size);
    hr__journal_digest_number(&digest, upload->part_size);
    hr__journal_digest_number(&digest, upload->algorithm);
    hr__journal_digest_number(&digest, upload->type);
    add_fields(&digest, user);
    add_options(&digest, &user->options);
    return hr__journal_digest_end(&digest, text);
}

int hr__transfer_identity_download(const struct hr_s3_download *user,
                                   char text[HR__JOURNAL_DIGEST + 1]) {
    const void *key = user->options.customer_key;
    struct hr__journal_digest digest;
    struct stat info;
    if (fstat(user->sink.fd, &info) != 0) return -errno;
    if (!S_ISREG(info.st_mode)) return -EINVAL;
    hr__journal_digest_begin(&digest);
    hr__journal_digest_number(&digest, info.st_dev);
    hr__journal_digest_number(&digest, info.st_ino);
    hr__journal_digest_number(&digest, user->sink.offset);
    hr__journal_digest_text(&digest, user->options.version_id);
    hr__journal_digest_bytes(&digest, key, key ? HR_S3_CUSTOMER_KEY_SIZE : 0);
    return hr__journal_digest_end(&digest, text);
}

void hr__transfer_identity_boot(const char *path, char id[HR__JOURNAL_BOOT + 1]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, id, HR__JOURNAL_BOOT) : 0;
    if (fd >= 0) close(fd);
    id[got == HR__JOURNAL_BOOT ? HR__JOURNAL_BOOT : 0] = '\0';
}

int hr__transfer_identity_refuse(const char *path, const struct hr__journal_contents *was,
                                 struct hr_error *error) {
    return hr_error_set(error, -EEXIST, "the journal %s is of the %s of %.100s: name another", path,
                        was->is_upload ? "upload" : "download", was->name);
}

/* A store that is overloaded, or whose credentials were too old for a moment. */
static bool is_passing_refusal(const struct hr_error *error) {
    static const char *const codes[] = {"RequestTimeout", "SlowDown", "ExpiredToken",
                                        "RequestTimeTooSkewed"};
    if (error->http_status >= 500 || error->http_status == 429 || error->http_status == 408)
        return true;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(error->service_code, codes[i]) == 0) return true;
    return false;
}

bool hr__transfer_may_pass(int code, const struct hr_error *error) {
    switch (code) {
    case -ETIMEDOUT:
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -ECONNABORTED:
    case -EPIPE:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -ENETDOWN:
    case HR_ERR_POOL_TIMEOUT:
    case HR_ERR_CONNECT_TIMEOUT:
    case HR_ERR_FIRST_BYTE_TIMEOUT:
    case HR_ERR_STALL_TIMEOUT:
    case HR_ERR_RESOLVE_TIMEOUT:
    case HR_ERR_HANDSHAKE_TIMEOUT:
    case HR_ERR_TOO_SLOW:
    case HR_ERR_RATE_LIMIT:
    case HR_ERR_NAME_UNRESOLVED:
    case HR_ERR_NAME_SERVERS:
    case HR_ERR_TLS_HANDSHAKE:
    case HR_ERR_TLS_TRUNCATED:
    case HR_ERR_HTTP_TRUNCATED:
    case HR_ERR_BREAKER_OPEN:
    case HR_ERR_S3_CREDENTIALS:
        return true;
    default:
        return code == HR_ERR_S3_SERVICE && is_passing_refusal(error);
    }
}
