/* The conformance cases of checksums. None differs on purpose: no table of exceptions. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include <headrace/encode.h>

#include "checksum_bytes.h"
#include "chunk_encoder.h"
#include "crc_forms.h"
#include "response_checksum.h"

static const char *name_of(const json_t *one) {
    return cases_text(one, "name");
}

static enum hr_s3_checksum_algorithm algorithm_of(const json_t *one) {
    enum hr_s3_checksum_algorithm algorithm = hr_s3_checksum_by_name(cases_slice(one, "algorithm"));
    cr_assert_neq(algorithm, HR_S3_CHECKSUM_NONE, "%s", name_of(one));
    return algorithm;
}

/* ---- vector: whole, in pieces, from any address, and each form of the CRCs. */

static struct hr_s3_checksum in_pieces(enum hr_s3_checksum_algorithm algorithm, const uint8_t *data,
                                       size_t size, size_t piece) {
    struct hr_s3_hasher hasher = {0};
    struct hr_s3_checksum value;
    cr_assert_eq(hr_s3_hasher_begin(&hasher, algorithm), 0);
    for (size_t at = 0; at < size; at += piece)
        cr_assert_eq(hr_s3_hasher_update(&hasher, data + at, size - at < piece ? size - at : piece),
                     0);
    cr_assert_eq(hr_s3_hasher_end(&hasher, &value), 0);
    hr_s3_hasher_deinit(&hasher);
    return value;
}

static void check_forms(enum hr_s3_checksum_algorithm algorithm, const uint8_t *data, size_t size,
                        const char *hex) {
    if (algorithm > HR_S3_CHECKSUM_CRC64NVME) return;
    enum hr__crc kind = (enum hr__crc)(algorithm - HR_S3_CHECKSUM_CRC32);
    for (size_t i = 0; i < HR__CRC_FORMS; i++) {
        if (!hr__crc_forms[i].is_supported()) continue;
        uint64_t crc = hr__crc_update_by(&hr__crc_forms[i], kind, 0, data, size);
        cr_assert_eq(crc, strtoull(hex, NULL, 16), "%s", hr__crc_forms[i].name);
    }
}

static void check_vector(const json_t *one, enum hr_s3_checksum_algorithm algorithm,
                         const json_t *wanted, const uint8_t *data, size_t size) {
    static const size_t pieces[] = {SIZE_MAX / 2, 1, 7, 64, 4096};
    char text[HR_S3_CHECKSUM_TEXT_MAX], hex[2 * HR_S3_CHECKSUM_BYTES_MAX + 1] = "";
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct hr_s3_checksum value = in_pieces(algorithm, data, size, pieces[i]);
        hr_s3_checksum_format(&value, text);
        cr_assert_str_eq(text, cases_text(wanted, "base64"), "%s", name_of(one));
        hr_hex_encode(value.bytes, hr_s3_checksum_traits_of(algorithm)->size, hex);
        cr_assert_str_eq(hex, cases_text(wanted, "hex"), "%s", name_of(one));
    }
    uint8_t *shifted = malloc(size + 16);
    for (size_t offset = 0; offset < 16; offset++) {
        memcpy(shifted + offset, data, size);
        struct hr_s3_checksum value = in_pieces(algorithm, shifted + offset, size, SIZE_MAX / 2);
        hr_s3_checksum_format(&value, text);
        cr_assert_str_eq(text, cases_text(wanted, "base64"), "%s at %zu", name_of(one), offset);
        check_forms(algorithm, shifted + offset, size, hex);
    }
    free(shifted);
}

static void vector(const json_t *one) {
    size_t size, algorithms = 0;
    uint8_t *data = checksum_bytes(json_object_get(one, "data"), &size);
    static const char *const keys[] = {"expect", "more"};
    for (size_t k = 0; k < 2; k++) {
        const char *name;
        json_t *wanted;
        json_object_foreach(json_object_get(one, keys[k]), name, wanted) {
            enum hr_s3_checksum_algorithm algorithm = hr_s3_checksum_by_name(hr_slice_of(name));
            cr_assert_neq(algorithm, HR_S3_CHECKSUM_NONE, "%s", name);
            check_vector(one, algorithm, wanted, data, size);
            algorithms++;
        }
    }
    cr_assert_geq(algorithms, 5, "%s", name_of(one));
    free(data);
}

/* ---- combine, full-object, composite. */

static struct hr_s3_checksum read_value(enum hr_s3_checksum_algorithm algorithm,
                                        const json_t *object) {
    struct hr_s3_checksum value;
    cr_assert_eq(hr_s3_checksum_parse(algorithm, cases_slice(object, "base64"), &value), 0);
    return value;
}

static void assert_text(const json_t *one, const struct hr_s3_checksum *value, const char *text) {
    char made[HR_S3_CHECKSUM_TEXT_MAX];
    cr_assert_eq(hr_s3_checksum_format(value, made), strlen(text), "%s", name_of(one));
    cr_assert_str_eq(made, text, "%s", name_of(one));
}

static void combine(const json_t *one) {
    enum hr_s3_checksum_algorithm algorithm = algorithm_of(one);
    struct hr_s3_checksum_part parts[2] = {
        {.value = read_value(algorithm, json_object_get(one, "a"))},
        {.value = read_value(algorithm, json_object_get(one, "b")),
         .size = (uint64_t)json_integer_value(json_object_get(one, "b_length"))}};
    struct hr_s3_checksum value;
    cr_assert_eq(hr_s3_checksum_full_object(parts, 2, &value), 0);
    assert_text(one, &value, cases_text(json_object_get(one, "expect"), "base64"));
    if (!json_object_get(one, "data")) return;
    size_t size;
    uint8_t *data = checksum_bytes(json_object_get(one, "data"), &size);
    cr_assert_eq(hr_s3_checksum_compute(algorithm, data, size, &value), 0);
    assert_text(one, &value, cases_text(json_object_get(one, "expect"), "base64"));
    free(data);
}

/* Computes the parts' values where their bytes are given, and compares them. */
static size_t load_parts(const json_t *one, struct hr_s3_checksum_part *parts, size_t max) {
    const json_t *all = json_object_get(one, "parts");
    size_t count = json_array_size(all);
    cr_assert_leq(count, max);
    for (size_t i = 0; i < count; i++) {
        const json_t *part = json_array_get(all, i);
        parts[i].value = read_value(algorithm_of(one), part);
        parts[i].size = (uint64_t)json_integer_value(json_object_get(part, "length"));
        if (!json_object_get(part, "data")) continue;
        size_t size;
        uint8_t *data = checksum_bytes(json_object_get(part, "data"), &size);
        struct hr_s3_checksum value;
        cr_assert_eq(hr_s3_checksum_compute(algorithm_of(one), data, size, &value), 0);
        cr_assert(hr_s3_checksum_equal(&value, &parts[i].value), "%s", name_of(one));
        cr_assert_eq(parts[i].size, size);
        free(data);
    }
    return count;
}

static void whole(const json_t *one) {
    static struct hr_s3_checksum_part parts[HR_S3_CHECKSUM_PARTS_MAX];
    size_t count = load_parts(one, parts, HR_S3_CHECKSUM_PARTS_MAX);
    const json_t *expect = json_object_get(one, "expect");
    enum hr_s3_checksum_type type =
        hr_s3_checksum_type_by_name(cases_slice(expect, "checksum_type"));
    cr_assert(hr_s3_checksum_allows(algorithm_of(one), type), "%s", name_of(one));
    struct hr_s3_checksum value;
    bool composite = type == HR_S3_CHECKSUM_COMPOSITE;
    cr_assert_eq(composite ? hr_s3_checksum_composite(parts, count, &value)
                           : hr_s3_checksum_full_object(parts, count, &value),
                 0, "%s", name_of(one));
    assert_text(one, &value, cases_text(expect, composite ? "value" : "base64"));
}

/* ---- request, trailer. */

static void request(const json_t *one) {
    const json_t *headers = json_object_get(json_object_get(one, "expect"), "headers");
    bool is_md5 = cases_text(headers, "Content-MD5");
    enum hr_s3_checksum_algorithm algorithm = is_md5 ? HR_S3_CHECKSUM_MD5 : algorithm_of(one);
    const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(algorithm);
    size_t size;
    uint8_t *data = checksum_bytes(json_object_get(one, "data"), &size);
    struct hr_s3_checksum value;
    cr_assert_eq(hr_s3_checksum_compute(algorithm, data, size, &value), 0);
    const char *header = is_md5 ? "Content-MD5" : traits->header;
    cr_assert_not_null(cases_text(headers, header), "%s", name_of(one));
    assert_text(one, &value, cases_text(headers, header));
    if (!is_md5)
        cr_assert_str_eq(cases_text(headers, "x-amz-sdk-checksum-algorithm"), traits->name);
    cr_assert_eq(json_object_size(headers), is_md5 ? 1 : 2, "%s", name_of(one));
    free(data);
}

/* The body as it goes out, each chunk shown in pieces of at most `step` bytes. */
static size_t encode(const struct hr__chunk_plan *plan, uint8_t *data, size_t step, char *wire) {
    struct hr__chunk_encoder encoder = {0};
    struct iovec pieces[64];
    size_t size = 0, done = 0;
    cr_assert_eq(hr__chunk_encoder_begin(&encoder, plan, NULL), 0);
    do {
        size_t left = hr__chunk_encoder_next(&encoder), chunk = left, most = chunk / 64 + 1;
        unsigned count = 0;
        if (most < step) most = step;
        for (uint8_t *at = data + done; left > 0; count++, at += pieces[count - 1].iov_len) {
            pieces[count] = (struct iovec){at, left < most ? left : most};
            left -= pieces[count].iov_len;
        }
        cr_assert_eq(hr__chunk_encoder_add(&encoder, pieces, count), 0);
        struct hr_slice before = hr__chunk_encoder_before(&encoder),
                        behind = hr__chunk_encoder_behind(&encoder);
        memcpy(wire + size, before.data, before.size);
        memcpy(wire + size + before.size, data + done, chunk);
        memcpy(wire + size + before.size + chunk, behind.data, behind.size);
        size += before.size + chunk + behind.size;
        done += chunk;
    } while (done < plan->size);
    hr__chunk_encoder_deinit(&encoder);
    return size;
}

static void assert_wire(const json_t *one, const char *wire, size_t size) {
    const json_t *expect = json_object_get(one, "expect");
    unsigned char digest[32];
    char hex[65] = "";
    unsigned length = 0;
    cr_assert_eq(size, (size_t)json_integer_value(json_object_get(expect, "content_length")), "%s",
                 name_of(one));
    cr_assert_eq(EVP_Digest(wire, size, digest, &length, EVP_sha256(), NULL), 1);
    hr_hex_encode(digest, 32, hex);
    cr_assert_str_eq(hex, cases_text(expect, "wire_sha256"), "%s", name_of(one));
    struct hr_slice whole_wire = cases_slice(expect, "wire");
    if (whole_wire.data) cr_assert(hr_slice_equal(whole_wire, hr_slice_bytes(wire, size)));
}

static void trailer(const json_t *one) {
    const json_t *expect = json_object_get(one, "expect");
    size_t size;
    uint8_t *data = checksum_bytes(json_object_get(one, "data"), &size);
    struct hr__chunk_plan plan = {
        .size = size,
        .chunk_size = (uint64_t)json_integer_value(json_object_get(one, "chunk_size")),
        .algorithm = algorithm_of(one)};
    cr_assert_str_eq(hr_s3_checksum_traits_of(plan.algorithm)->header,
                     cases_text(expect, "x-amz-trailer"));
    char *wire = malloc(hr__chunk_wire_size(&plan) + 1);
    static const size_t steps[] = {1, 13, 1000, SIZE_MAX};
    for (size_t i = 0; i < 4; i++) {
        size_t made = encode(&plan, data, steps[i], wire);
        cr_assert_eq(made, hr__chunk_wire_size(&plan));
        assert_wire(one, wire, made);
    }
    free(wire);
    free(data);
}

/* ---- answer. */

static const char *verdict_of(const struct hr__checksum_response *response, const uint8_t *data,
                              size_t size) {
    struct hr_s3_checksum expected, computed;
    struct hr_error error = {0};
    switch (hr__checksum_classify(response, &expected)) {
    case HR__CHECKSUM_NOT_VERIFIED:
        return "not-verified";
    case HR__CHECKSUM_MALFORMED:
        return "malformed";
    case HR__CHECKSUM_VERIFY:
        break;
    }
    cr_assert_eq(hr_s3_checksum_compute(expected.algorithm, data, size, &computed), 0);
    int err = hr__checksum_compare(&expected, &computed, &error);
    if (err == 0) return "match";
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    cr_assert_eq(err, HR_ERR_S3_CHECKSUM);
    hr_s3_checksum_format(&expected, text);
    cr_assert_not_null(strstr(error.message, text));
    hr_s3_checksum_format(&computed, text);
    cr_assert_not_null(strstr(error.message, text));
    return "mismatch";
}

static bool is_accepted(const json_t *one, const char *verdict) {
    const json_t *accept = json_object_get(one, "accept");
    for (size_t i = 0; i < json_array_size(accept); i++)
        if (strcmp(json_string_value(json_array_get(accept, i)), verdict) == 0) return true;
    return strcmp(cases_text(json_object_get(one, "expect"), "verdict"), verdict) == 0;
}

static void answer(const json_t *one) {
    const json_t *given = json_object_get(one, "response");
    struct hr_http_field fields[16];
    struct hr__checksum_response response = {
        .status = (int)json_integer_value(json_object_get(given, "status")), .fields = fields};
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(given, "headers"), name, value) {
        cr_assert_lt(response.field_count, 16);
        fields[response.field_count++] = (struct hr_http_field){
            hr_slice_of(name), hr_slice_bytes(json_string_value(value), json_string_length(value))};
    }
    size_t size;
    uint8_t *data = checksum_bytes(json_object_get(one, "data"), &size);
    const char *verdict = verdict_of(&response, data, size);
    cr_assert(is_accepted(one, verdict), "%s: %s", name_of(one), verdict);
    free(data);
}

static const struct {
    const char *kind;
    void (*check)(const json_t *one);
} kinds[] = {{"vector", vector},   {"combine", combine}, {"full-object", whole},
             {"composite", whole}, {"request", request}, {"trailer", trailer},
             {"answer", answer}};
#define KINDS (sizeof kinds / sizeof kinds[0])

Test(checksum_cases, all_that_are_given, .timeout = 300) {
    json_t *all = cases_load("s3/checksum.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/checksum");
    size_t index, counts[KINDS] = {0};
    json_t *one;
    json_array_foreach(all, index, one) {
        size_t k = 0;
        while (k < KINDS && strcmp(kinds[k].kind, cases_text(one, "kind")) != 0) k++;
        cr_assert_lt(k, KINDS, "%s: unknown kind", name_of(one));
        kinds[k].check(one);
        counts[k]++;
    }
    for (size_t k = 0; k < KINDS; k++) cr_log_info("checksum %s: %zu", kinds[k].kind, counts[k]);
    json_decref(all);
}
