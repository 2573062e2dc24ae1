/* Rights: the keys that are let in, and the buckets that everybody may read. */
#include "server_keys.h"

#include <errno.h>
#include <stdlib.h>

#include <headrace/sigv4.h>

/* The words of a message for the two halves of a key. */
struct names {
    const char *access_key, *secret_key;
};

static int check_key(const struct names *names, const char *access_key, const char *secret_key,
                     struct hr_error *error) {
    if (!access_key || !access_key[0] || !secret_key || !secret_key[0])
        return hr_error_set(error, -EINVAL, "s3 server: %s and %s are needed", names->access_key,
                            names->secret_key);
    if (strlen(access_key) > S3_SERVER_ACCESS_KEY_MAX || strpbrk(access_key, " ,\t\r\n"))
        return hr_error_set(error, -EINVAL, "s3 server: %s is not valid", names->access_key);
    if (strlen(secret_key) > HR_SIGV4_SECRET_MAX)
        return hr_error_set(error, -EINVAL, "s3 server: %s is longer than %d bytes",
                            names->secret_key, HR_SIGV4_SECRET_MAX);
    return 0;
}

static bool is_known(const struct s3_server_options *options, size_t before, const char *key) {
    if (options->access_key && strcmp(options->access_key, key) == 0) return true;
    for (size_t i = 0; i < before; i++)
        if (strcmp(options->keys[i].access_key, key) == 0) return true;
    return false;
}

static int check_further(const struct s3_server_options *options, struct hr_error *error) {
    static const struct names names = {"keys: an access key", "keys: a secret key"};
    if (options->key_count > S3_SERVER_KEYS_MAX)
        return hr_error_set(error, -EINVAL, "s3 server: keys has more than %d keys",
                            S3_SERVER_KEYS_MAX);
    for (size_t i = 0; i < options->key_count; i++) {
        const struct s3_server_key *key = &options->keys[i];
        int err = check_key(&names, key->access_key, key->secret_key, error);
        if (err) return err;
        if (is_known(options, i, key->access_key))
            return hr_error_set(error, -EINVAL, "s3 server: keys: access key '%s' is there twice",
                                key->access_key);
    }
    return 0;
}

static int check_buckets(const struct s3_server_options *options, struct hr_error *error) {
    if (options->anonymous_read_count > S3_SERVER_BUCKETS_MAX)
        return hr_error_set(error, -EINVAL, "s3 server: anonymous_read has more than %d buckets",
                            S3_SERVER_BUCKETS_MAX);
    for (size_t i = 0; i < options->anonymous_read_count; i++)
        if (!s3_server__bucket_name_valid(hr_slice_of(options->anonymous_read[i])))
            return hr_error_set(error, -EINVAL,
                                "s3 server: anonymous_read: '%.64s' is no name of a bucket",
                                options->anonymous_read[i]);
    return 0;
}

int s3_server__keys_check(const struct s3_server_options *options, struct hr_error *error) {
    bool has_first = options->access_key || options->secret_key || options->key_count == 0;
    static const struct names names = {"access_key", "secret_key"};
    int err = has_first ? check_key(&names, options->access_key, options->secret_key, error) : 0;
    if (!err) err = check_further(options, error);
    return err ? err : check_buckets(options, error);
}

static bool add_key(struct s3_server_s *server, const struct s3_server_key *key) {
    struct s3_key *copy = &server->keys[server->key_count];
    if (!s3_server__key_init(copy, key->access_key, key->secret_key)) return false;
    copy->read_only = key->read_only;
    server->key_count++;
    return true;
}

static bool add_bucket(struct s3_server_s *server, const char *name) {
    char *copy = strdup(name);
    if (!copy) return false;
    server->anonymous_read[server->anonymous_read_count++] = copy;
    return true;
}

int s3_server__keys_init(struct s3_server_s *server, const struct s3_server_options *options) {
    size_t buckets = options->anonymous_read_count;
    server->keys = calloc(options->key_count + 1, sizeof *server->keys);
    server->anonymous_read = calloc(buckets + 1, sizeof *server->anonymous_read);
    if (!server->keys || !server->anonymous_read) return -ENOMEM;
    const struct s3_server_key first = {options->access_key, options->secret_key, false};
    bool ok = !first.access_key || add_key(server, &first);
    for (size_t i = 0; ok && i < options->key_count; i++) ok = add_key(server, &options->keys[i]);
    for (size_t i = 0; ok && i < buckets; i++) ok = add_bucket(server, options->anonymous_read[i]);
    return ok ? 0 : -ENOMEM;
}

void s3_server__keys_deinit(struct s3_server_s *server) {
    for (size_t i = 0; i < server->key_count; i++) s3_server__key_deinit(&server->keys[i]);
    for (size_t i = 0; i < server->anonymous_read_count; i++) free(server->anonymous_read[i]);
    free(server->keys);
    free((void *)server->anonymous_read);
}
