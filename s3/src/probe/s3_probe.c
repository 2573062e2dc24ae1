/* A probe: what is tried, one after the other, and what comes of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <base/reserved.h>
#include <headrace/clock.h>
#include <headrace/encode.h>

#include "probe_store.h"
#include "s3_call.h"

/* Differences from S3 that were found. */
struct found {
    bool plain_keys, opaque_etag, no_checksums, no_trailer;
};

static int report(struct hr__probe *probe, const struct hr_s3_probe_finding *finding) {
    struct hr_s3_probe *user = probe->user;
    int err = user->on_finding ? user->on_finding(user, finding) : 0;
    return err < 0 ? err : 0;
}

static int tell(struct hr__probe *probe, const char *name, bool good, const char *why) {
    const struct hr_s3_probe_finding finding = {
        .name = name,
        .verdict = good ? HR_S3_PROBE_YES : HR_S3_PROBE_NO,
        .detail = good ? "" : why,
    };
    return report(probe, &finding);
}

static const char *reason(const struct hr__probe *probe, const char *otherwise) {
    const struct hr_error *error = &probe->error;
    if (error->service_code[0]) return error->service_code;
    return error->message[0] ? error->message : otherwise;
}

/* ---- What is tried. */

static int try_lists(struct hr__probe *probe, struct found *found) {
    bool version = hr__probe_listing_has(probe, false, "<NextContinuationToken");
    int err = tell(probe, "list-v2", version, reason(probe, "no NextContinuationToken"));
    if (err) return err;
    found->plain_keys = !hr__probe_listing_has(probe, true, "<EncodingType>url<");
    return tell(probe, "encoding-type", !found->plain_keys, reason(probe, "it is passed over"));
}

/* A checksum is known where the right one is taken, and a wrong one is not. */
static bool knows(struct hr__probe *probe, const struct hr_s3_checksum *right, const char **why) {
    const char *header = hr_s3_checksum_traits_of(right->algorithm)->header;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    struct hr_s3_checksum wrong = *right;
    hr_s3_checksum_format(right, text);
    struct hr_http_field field = {hr_slice_of(header), hr_slice_of(text)};
    if (hr__probe_put(probe, "sum", &field) < 0) {
        *why = reason(probe, "the right value is refused");
        return false;
    }
    wrong.bytes[0] ^= 1;
    hr_s3_checksum_format(&wrong, text);
    field.value = hr_slice_of(text);
    int result = hr__probe_put(probe, "sum", &field);
    *why = result == 0 ? "a wrong value is taken" : reason(probe, hr_error_text(result));
    return result < 0 && probe->error.http_status == 400;
}

static const char *const sum_names[HR_S3_CHECKSUM_ALGORITHMS] = {
    NULL,
    "checksum-crc32",
    "checksum-crc32c",
    "checksum-crc64nvme",
    "checksum-sha1",
    "checksum-sha256",
    "checksum-sha512",
    "checksum-md5",
    "checksum-xxhash64",
    "checksum-xxhash3",
    "checksum-xxhash128",
};

static int try_checksums(struct hr__probe *probe, struct found *found) {
    int err = 0;
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS && !err; i++) {
        enum hr_s3_checksum_algorithm algorithm = (enum hr_s3_checksum_algorithm)i;
        struct hr_s3_checksum right;
        const char *why = "switched off here";
        bool known = hr_s3_checksum_compute(algorithm, hr__probe_content.data,
                                            hr__probe_content.size, &right) == 0 &&
                     knows(probe, &right, &why);
        if (algorithm == HR_S3_CHECKSUM_CRC32) found->no_checksums = !known;
        err = tell(probe, sum_names[i], known, why);
    }
    hr__probe_remove(probe, "sum");
    return err;
}

static int try_condition(struct hr__probe *probe) {
    const struct hr_http_field only_new = {hr_slice_of("If-None-Match"), hr_slice_of("*")};
    int result = hr__probe_put(probe, "a", &only_new);
    const char *why = result == 0 ? "it is passed over" : reason(probe, hr_error_text(result));
    return tell(probe, "conditional-put", probe->error.http_status == 412, why);
}

/* The MD5 of the one part's MD5, "-1" behind it. */
static bool is_md5(const char *etag) {
    struct hr_s3_checksum part, whole;
    char hex[2 * HR_S3_CHECKSUM_BYTES_MAX + 3];
    size_t size = hr_s3_checksum_traits_of(HR_S3_CHECKSUM_MD5)->size;
    if (hr_s3_checksum_compute(HR_S3_CHECKSUM_MD5, hr__probe_content.data, hr__probe_content.size,
                               &part) ||
        hr_s3_checksum_compute(HR_S3_CHECKSUM_MD5, part.bytes, size, &whole))
        return false;
    hr_hex_encode(whole.bytes, size, hex);
    memcpy(hex + 2 * size, "-1", 3);
    return strcmp(etag, hex) == 0;
}

static int try_upload(struct hr__probe *probe, struct found *found) {
    char etag[256] = "";
    int result = hr__probe_upload(probe, "parts", etag);
    const char *why = result < 0 ? reason(probe, hr_error_text(result)) : etag;
    found->opaque_etag = !is_md5(etag);
    int err = tell(probe, "multipart-etag", !found->opaque_etag, why);
    if (result == 0) hr__probe_remove(probe, "parts");
    return err;
}

/* ---- Checksums behind the body. */

static const char *const trailer_names[HR_S3_CHECKSUM_ALGORITHMS] = {
    NULL,
    "trailer-crc32",
    "trailer-crc32c",
    "trailer-crc64nvme",
    "trailer-sha1",
    "trailer-sha256",
    "trailer-sha512",
    "trailer-md5",
    "trailer-xxhash64",
    "trailer-xxhash3",
    "trailer-xxhash128",
};

static int leave(struct hr__probe *probe, const char *name, const char *why) {
    const struct hr_s3_probe_finding finding = {.name = name, .detail = why};
    return report(probe, &finding);
}

/* Nobody signs chunks for a client without keys, and those that are not signed go over TLS. */
static const char *why_no_trailer(const struct hr_s3_client_s *client) {
    if (client->endpoint.tls)
        return client->quirks.no_trailer ? "the client's provider has no-trailer" : NULL;
    return client->anonymous ? "it needs keys or TLS" : NULL;
}

static int try_trailer(struct hr__probe *probe, enum hr_s3_checksum_algorithm algorithm,
                       bool *known) {
    int result = hr__probe_put_trailer(probe, "trailer", algorithm, probe->client->endpoint.tls);
    *known = result == 0;
    return tell(probe, trailer_names[algorithm], *known,
                result > 0 ? "the chunks are kept as the object"
                           : reason(probe, hr_error_text(result)));
}

/* A store that does not take the oldest of them so takes none. */
static int try_trailers(struct hr__probe *probe, struct found *found) {
    const char *why = why_no_trailer(probe->client);
    bool known = !why;
    int err = 0;
    found->no_trailer = probe->client->quirks.no_trailer;
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS && !err; i++) {
        enum hr_s3_checksum_algorithm algorithm = (enum hr_s3_checksum_algorithm)i;
        bool one = false;
        err = known ? try_trailer(probe, algorithm, &one)
                    : leave(probe, trailer_names[i], why ? why : "trailer-crc32 says it");
        if (algorithm == HR_S3_CHECKSUM_CRC32 && known && !one) {
            known = false;
            found->no_trailer = true;
        }
    }
    if (!why) hr__probe_remove(probe, "trailer");
    return err;
}

static int try_all(struct hr__probe *probe, struct found *found) {
    int err = try_lists(probe, found);
    if (!err) err = try_condition(probe);
    if (!err) err = try_checksums(probe, found);
    if (!err) err = try_upload(probe, found);
    return err ? err : try_trailers(probe, found);
}

/* ---- The whole. */

static void name_provider(const struct hr__probe *probe, const struct found *found) {
    const struct hr__quirks *quirks = &probe->client->quirks;
    snprintf(probe->user->provider, sizeof probe->user->provider, "other%s%s%s%s%s",
             quirks->virtual_host ? ",virtual-host" : "", found->plain_keys ? ",plain-keys" : "",
             found->opaque_etag ? ",opaque-etag" : "", found->no_checksums ? ",no-checksums" : "",
             found->no_trailer ? ",no-trailer" : "");
}

static int run(struct hr__probe *probe) {
    struct found found = {.plain_keys = false};
    int err = hr__probe_put(probe, "a", NULL);
    if (err) {
        probe->user->error = probe->error;
        return err;
    }
    err = hr__probe_put(probe, "b", NULL);
    if (err) probe->user->error = probe->error;
    if (!err) err = try_all(probe, &found);
    hr__probe_remove(probe, "a");
    hr__probe_remove(probe, "b");
    if (!err) name_provider(probe, &found);
    return err;
}

int hr_s3_probe_run(hr_s3_client *client, struct hr_s3_probe *user) {
    if (!client || !user || !user->bucket || !hr__is_zero(user->reserved, sizeof user->reserved))
        return -EINVAL;
    if (hr__reactor_current()) return -EDEADLK;
    struct hr__probe probe = {.client = client, .user = user};
    user->provider[0] = 0;
    memset(&user->error, 0, sizeof user->error);
    snprintf(probe.prefix, sizeof probe.prefix, "headrace-probe-%016llx/",
             (unsigned long long)hr_clock_wall_ns());
    return run(&probe);
}
