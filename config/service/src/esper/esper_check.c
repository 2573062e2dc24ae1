/* The checks of an Esper service that no field can make alone. */
#include <string.h>
#include <strings.h>

#include <headrace/config_esper.h>

#define POOL_DEFAULT    100 /* of an HTTP client, and of each of its origins */
#define S3_POOL_DEFAULT 50

static void warn(struct hr_config_check *check, const char *path, const char *message) {
    hr_config_check_report(check, HR_CONFIG_WARNING, path, "%s", message);
}

/* ---- Secrets that everybody knows. */

static void warn_known_secret(struct hr_config_check *check, const char *path, const char *secret) {
    static const char *const known[] = {
        "admin",    "changeme",   "change-me", "change_me", "default", "esper", "example", "minio",
        "minio123", "minioadmin", "password",  "postgres",  "redis",   "root",  "secret",  "test"};
    for (size_t i = 0; secret && i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(secret, known[i]) == 0)
            warn(check, path, "it is a secret that everybody knows: give it one of its own");
}

static void check_secrets(const struct hr_esper *esper, struct hr_config_check *check) {
    warn_known_secret(check, "database.password", esper->database.password);
    warn_known_secret(check, "redis.password", esper->redis.password);
    warn_known_secret(check, "storage.secret_key", esper->storage.s3.secret_key);
    warn_known_secret(check, "http.auth.password", esper->http.auth.password);
}

/* ---- Production. */

static bool is_debug_level(const char *level) {
    return level && strncasecmp(level, "debug", 5) == 0 && (!level[5] || level[5] == ',');
}

static void check_production(const struct hr_esper *esper, struct hr_config_check *check) {
    if (esper->environment != HR_ESPER_PRODUCTION) return;
    if (esper->debug) warn(check, "debug", "debugging is on in production");
    if (is_debug_level(esper->logging.service.level))
        warn(check, "logging.level", "records of DEBUG are written in production");
    if (esper->http.tls.insecure)
        warn(check, "http.tls.insecure", "any certificate is taken in production");
    if (esper->storage.s3.http.tls.insecure)
        warn(check, "storage.tls.insecure", "any certificate is taken in production");
}

/* ---- Pools. */

struct pool {
    const char *path;
    uint32_t size;
};

static uint32_t or_default(uint32_t given, uint32_t otherwise) {
    return given ? given : otherwise;
}

static void check_pools(const struct hr_esper *esper, struct hr_config_check *check) {
    const struct hr_http_pool_options *http = &esper->http.pool, *s3 = &esper->storage.s3.http.pool;
    const struct pool pools[] = {
        {"http.pool.connections_max", or_default(http->connections_max, POOL_DEFAULT)},
        {"storage.pool.connections_max", or_default(s3->connections_max, S3_POOL_DEFAULT)},
        {"database.pool_size", esper->database.pool_size},
        {"redis.pool_size", esper->redis.pool_size},
    };
    uint32_t concurrency = esper->performance.concurrency;
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++)
        if (pools[i].size < concurrency)
            hr_config_check_report(check, HR_CONFIG_WARNING, pools[i].path,
                                   "%s is %u, less than performance.concurrency, %u: operations "
                                   "will wait for a connection",
                                   pools[i].path, pools[i].size, concurrency);
}

/* ---- Values that belong together. */

static void require_both(struct hr_config_check *check, const char *path, const char *other,
                         bool given, bool other_given) {
    if (given && !other_given)
        hr_config_check_report(check, HR_CONFIG_ERROR, path, "it is given without %s", other);
}

static void check_pairs(const struct hr_esper *esper, struct hr_config_check *check) {
    const struct hr_s3_client_options *s3 = &esper->storage.s3;
    require_both(check, "storage.access_key", "storage.secret_key", s3->access_key, s3->secret_key);
    require_both(check, "storage.secret_key", "storage.access_key", s3->secret_key, s3->access_key);
    require_both(check, "storage.session_token", "storage.access_key", s3->session_token,
                 s3->access_key);
    if (esper->logging.service.no_console && !esper->logging.service.file)
        hr_config_check_report(check, HR_CONFIG_ERROR, "logging.no_console",
                               "it is given without logging.file: lines would go nowhere");
}

static void check_level(const struct hr_esper *esper, struct hr_config_check *check) {
    const char *level = esper->logging.service.level;
    struct hr_slice text = hr_slice_of(level), part;
    struct hr_error error;
    int value;
    while (level && hr_slice_cut(&text, ',', &part)) {
        const char *equals = part.size ? memchr(part.data, '=', part.size) : NULL;
        struct hr_slice name = part;
        if (equals) part = hr_slice_bytes(equals + 1, (size_t)(name.data + name.size - equals - 1));
        if (hr_log_level_parse(hr_slice_trim(part), &error, &value) == 0) continue;
        hr_config_check_report(check, HR_CONFIG_ERROR, "logging.level", "%s", error.message);
        return;
    }
}

void hr_esper_check(const void *values, struct hr_config_check *check) {
    const struct hr_esper *esper = values;
    check_secrets(esper, check);
    check_production(esper, check);
    check_pools(esper, check);
    check_pairs(esper, check);
    check_level(esper, check);
}
