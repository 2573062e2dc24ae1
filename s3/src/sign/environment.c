/* Environment variables of AWS: endpoint, region and trust; and those that must not be ignored in
 * silence. */
#include "environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *hr__environment(const char *name) {
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

/* The first of the variables that is set. */
static struct hr__found first_of(const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *value = hr__environment(names[i]);
        if (value) return (struct hr__found){value, names[i]};
    }
    return (struct hr__found){NULL, NULL};
}

int hr__environment_flag(const char *name, struct hr_error *error, bool *flag) {
    const char *value = hr__environment(name);
    *flag = value && strcasecmp(value, "true") == 0;
    if (!value || *flag || strcasecmp(value, "false") == 0) return 0;
    return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                        "%s is \"%.80s\", which is neither true nor false", name, value);
}

int hr__environment_endpoint(const char *option, struct hr_error *error, struct hr__found *found) {
    static const char *const ours[] = {"S3_ENDPOINT_URL"};
    static const char *const aws[] = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"};
    struct hr__found made = {option, "endpoint"};
    if (!made.value) made = first_of(ours, 1);
    if (!made.value) made = first_of(aws, 2);
    if (made.value && strncmp(made.source, "AWS_", 4) == 0) {
        bool ignored;
        int err = hr__environment_flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", error, &ignored);
        if (err) return err;
        if (ignored) made.value = NULL;
    }
    *found = made;
    return 0;
}

struct hr__found hr__environment_region(const char *option) {
    static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    return option ? (struct hr__found){option, "region"} : first_of(names, 2);
}

/* Whether a variable names a file in which AWS's programs would find nothing either: it is missing
 * or empty (/dev/null). */
static bool says_nothing(const char *name, const char *path) {
    struct stat info;
    if (strcmp(name, "AWS_CONFIG_FILE") != 0 && strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") != 0)
        return false;
    if (stat(path, &info) != 0) return errno == ENOENT;
    return info.st_size == 0 && (S_ISREG(info.st_mode) || S_ISCHR(info.st_mode));
}

/* The first variable that is set, and whose setting this client does not read. */
static const char *first_unread(const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *value = hr__environment(names[i]);
        if (value && !says_nothing(names[i], value)) return names[i];
    }
    return NULL;
}

/* Variables by which AWS's programs find credentials. */
static const char *const sources[] = {
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
};

static int check_credentials(struct hr_error *error) {
    const char *name = first_unread(sources, sizeof sources / sizeof sources[0]);
    if (!name) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                        "%s is set, which this version does not read: set AWS_ACCESS_KEY_ID and "
                        "AWS_SECRET_ACCESS_KEY ('aws configure export-credentials --format env' "
                        "prints them)",
                        name);
}

/* A profile that is set and not read here could name another region or endpoint. */
static int check_place(struct hr_error *error) {
    static const char *const profiles[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE"};
    const char *name = first_unread(profiles, 3);
    if (!name) return 0;
    return hr_error_set(error, HR_ERR_S3_ENDPOINT_INVALID,
                        "%s is set, which this version does not read, and region and endpoint may "
                        "stand there: set AWS_REGION or S3_ENDPOINT_URL, or unset it",
                        name);
}

int hr__environment_check(const struct hr__needs *needs, struct hr_error *error) {
    int err = needs->credentials ? check_credentials(error) : 0;
    if (!err && needs->endpoint && needs->region) err = check_place(error);
    return err;
}

int hr__environment_trust(struct hr_tls_options *tls, struct hr_error *error, bool *used) {
    const char *path = hr__environment("AWS_CA_BUNDLE");
    *used = path && !tls->insecure && !tls->ca_file && !tls->ca_directory &&
            tls->ca_pem.size == 0 && !tls->ca_system;
    if (!*used) return 0;
    struct stat info;
    if (access(path, R_OK) != 0 || stat(path, &info) != 0)
        return hr_error_set(error, HR_ERR_TLS_OPTIONS, "AWS_CA_BUNDLE \"%.120s\": %s", path,
                            hr_error_text(-errno));
    if (S_ISDIR(info.st_mode))
        tls->ca_directory = path;
    else
        tls->ca_file = path;
    return 0;
}
