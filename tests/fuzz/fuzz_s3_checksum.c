/* Checksums of a response. What is read as a value is written as it was; fields in any form are
 * classified without a byte behind them being read; the encoder of a body with a trailer gives as
 * many bytes as it has said.
 *
 * Input: a first byte for the request, then lines "name:value" as fields. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chunk_encoder.h"
#include "response_checksum.h"

#define FIELDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(enum hr_s3_checksum_algorithm algorithm, struct hr_slice text) {
    struct hr_s3_checksum value, again;
    char printed[HR_S3_CHECKSUM_TEXT_MAX];
    if (hr_s3_checksum_parse(algorithm, text, &value) < 0) return;
    size_t size = hr_s3_checksum_format(&value, printed);
    if (!hr_slice_equal(hr_slice_bytes(printed, size), text)) abort();
    if (hr_s3_checksum_parse(algorithm, hr_slice_of(printed), &again) < 0 ||
        !hr_s3_checksum_equal(&value, &again))
        abort();
}

static size_t split(struct hr_slice text, struct hr_http_field *fields) {
    size_t count = 0;
    struct hr_slice line, name;
    while (count < FIELDS_MAX && hr_slice_cut(&text, '\n', &line))
        if (hr_slice_cut(&line, ':', &name)) fields[count++] = (struct hr_http_field){name, line};
    return count;
}

static void check_response(uint8_t request, const struct hr_http_field *fields, size_t count) {
    struct hr__checksum_response response = {.status = request & 1 ? 206 : 200,
                                             .has_range = request & 2,
                                             .has_part = request & 4,
                                             .fields = fields,
                                             .field_count = count};
    struct hr_s3_checksum expected;
    enum hr__checksum_verdict verdict = hr__checksum_classify(&response, &expected);
    if (verdict != HR__CHECKSUM_NOT_VERIFIED && response.has_range) abort();
    if (verdict == HR__CHECKSUM_VERIFY && expected.parts != 0) abort();
}

static void check_encoder(const uint8_t *data, size_t size, uint8_t choice) {
    struct hr__chunk_encoder encoder = {0};
    struct hr__chunk_plan plan = {
        .size = size,
        .chunk_size = HR__CHUNK_SIZE_MIN,
        .algorithm = (enum hr_s3_checksum_algorithm)(1 + choice % (HR_S3_CHECKSUM_ALGORITHMS - 1))};
    uint64_t given = 0;
    size_t done = 0;
    if (hr__chunk_encoder_begin(&encoder, &plan, NULL) < 0) abort();
    do {
        size_t piece = hr__chunk_encoder_next(&encoder), first = piece > choice ? choice : piece;
        struct iovec pieces[2] = {{(void *)(uintptr_t)(data + done), first},
                                  {(void *)(uintptr_t)(data + done + first), piece - first}};
        if (hr__chunk_encoder_add(&encoder, pieces, 2) < 0) abort();
        given += hr__chunk_encoder_before(&encoder).size + piece;
        given += hr__chunk_encoder_behind(&encoder).size;
        done += piece;
    } while (done < size);
    if (given != hr__chunk_wire_size(&plan) || !encoder.ended) abort();
    hr__chunk_encoder_deinit(&encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hr_http_field fields[FIELDS_MAX];
    if (size == 0) return 0;
    struct hr_slice rest = hr_slice_bytes((const char *)data + 1, size - 1);
    size_t count = split(rest, fields);
    for (size_t i = 0; i < count; i++)
        check_value(hr_s3_checksum_by_header(fields[i].name), fields[i].value);
    for (unsigned i = 0; i <= HR_S3_CHECKSUM_ALGORITHMS; i++)
        check_value((enum hr_s3_checksum_algorithm)i, rest);
    check_response(data[0], fields, count);
    check_encoder(data + 1, size - 1, data[0]);
    return 0;
}
