/* The table of providers, and how one is found. */
#include "provider.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define HOSTS_MAX 3

struct provider {
    const char *name;
    const char *hosts[HOSTS_MAX]; /* a host that ends so is theirs */
    struct hr__quirks quirks;
};

static const struct provider providers[] = {
    {"aws", {NULL}, {.virtual_host = true}},
    {"minio", {NULL}, {.virtual_host = false}},
    {"ceph", {NULL}, {.plain_keys = true, .no_checksums = true, .no_trailer = true}},
    {"versitygw", {NULL}, {.virtual_host = false}},
    {"r2", {".r2.cloudflarestorage.com"}, {.opaque_etag = true}},
    {"gcs",
     {"storage.googleapis.com"},
     {.virtual_host = true, .no_checksums = true, .no_trailer = true}},
    {"wasabi",
     {".wasabisys.com"},
     {.virtual_host = true, .no_checksums = true, .no_trailer = true}},
    {"backblaze", {".backblazeb2.com"}, {.virtual_host = true, .no_trailer = true}},
    {"garage", {NULL}, {.virtual_host = false}},
    {"seaweedfs",
     {NULL},
     {.plain_keys = true, .opaque_etag = true, .no_checksums = true, .no_trailer = true}},
    {"digitalocean",
     {".digitaloceanspaces.com"},
     {.virtual_host = true, .plain_keys = true, .no_checksums = true, .no_trailer = true}},
    {"storj", {".storjshare.io"}, {.virtual_host = true, .no_checksums = true, .no_trailer = true}},
    {"scaleway", {".scw.cloud"}, {.virtual_host = true, .no_checksums = true, .no_trailer = true}},
    {"ovh", {".cloud.ovh.net", ".cloud.ovh.us"}, {.virtual_host = true}},
    {"alibaba",
     {".aliyuncs.com"},
     {.virtual_host = true, .opaque_etag = true, .no_checksums = true, .no_trailer = true}},
    {"tencent",
     {".myqcloud.com"},
     {.virtual_host = true, .opaque_etag = true, .no_checksums = true, .no_trailer = true}},
    {"other", {NULL}, {.virtual_host = false}},
};

static const struct {
    const char *word;
    size_t at;
} words[] = {
    {"virtual-host", offsetof(struct hr__quirks, virtual_host)},
    {"plain-keys", offsetof(struct hr__quirks, plain_keys)},
    {"opaque-etag", offsetof(struct hr__quirks, opaque_etag)},
    {"no-checksums", offsetof(struct hr__quirks, no_checksums)},
    {"no-trailer", offsetof(struct hr__quirks, no_trailer)},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* ---- By the endpoint. */

/* A suffix that begins with a dot is that of names below; the same name without it counts too. */
static bool is_host_of(struct hr_slice host, const char *suffix) {
    size_t size = strlen(suffix);
    if (host.size < size) {
        return *suffix == '.' && hr_slice_equal_nocase(host, hr_slice_of(suffix + 1));
    }
    struct hr_slice end = hr_slice_bytes(host.data + host.size - size, size);
    bool whole = host.size == size || *suffix == '.' || host.data[host.size - size - 1] == '.';
    return whole && hr_slice_equal_nocase(end, hr_slice_of(suffix));
}

static const struct provider *find_host(const struct hr__endpoint *endpoint) {
    if (endpoint->aws) return &providers[0];
    for (size_t i = 0; i < COUNT(providers); i++)
        for (size_t j = 0; j < HOSTS_MAX && providers[i].hosts[j]; j++)
            if (is_host_of(hr_slice_of(endpoint->host), providers[i].hosts[j]))
                return &providers[i];
    return &providers[COUNT(providers) - 1];
}

/* ---- By words. */

static bool take_word(struct hr_slice word, struct hr__quirks *quirks) {
    for (size_t i = 0; i < COUNT(words); i++) {
        if (!hr_slice_equal(word, hr_slice_of(words[i].word))) continue;
        *(bool *)((char *)quirks + words[i].at) = true;
        return true;
    }
    return false;
}

static bool take_name(struct hr_slice word, struct hr__quirks *quirks) {
    for (size_t i = 0; i < COUNT(providers); i++) {
        if (!hr_slice_equal(word, hr_slice_of(providers[i].name))) continue;
        *quirks = providers[i].quirks;
        return true;
    }
    return false;
}

static int refuse(struct hr_slice word, bool first, struct hr_error *error) {
    return hr_error_set(error, -EINVAL, "provider: \"%.*s\" is none of %s",
                        (int)(word.size < 32 ? word.size : 32), word.size ? word.data : "",
                        first ? "aws, minio, ceph, versitygw, r2, gcs, wasabi, backblaze, garage, "
                                "seaweedfs, digitalocean, storj, scaleway, ovh, alibaba, tencent, "
                                "other"
                              : "virtual-host, plain-keys, opaque-etag, no-checksums, no-trailer");
}

int hr__provider_quirks(const char *given, const struct hr__endpoint *endpoint,
                        struct hr_error *error, struct hr__quirks *quirks) {
    struct hr__quirks made = find_host(endpoint)->quirks;
    struct hr_slice rest = hr_slice_of(given), word;
    bool first = true;
    while (hr_slice_cut(&rest, ',', &word)) {
        if (!(first && take_name(word, &made)) && !take_word(word, &made))
            return refuse(word, first, error);
        first = false;
    }
    *quirks = made;
    return 0;
}
