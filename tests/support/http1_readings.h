/* The two readings of a response's head: with llhttp only where that is needed, and always; and the
 * one pass that needs no scan. */
#ifndef HR_TEST_HTTP1_READINGS_H
#define HR_TEST_HTTP1_READINGS_H

#include "http1_head.h"
#include "http1_plain.h"
#include "http1_scan.h"

#define READINGS_FIELDS_MAX 64

struct readings {
    int result;
    const char *reason;
    struct hr_slice plain; /* the memory of what llhttp has read, where that is not the head's */
    struct hr_http1_message message;
    struct hr_http_field items[READINGS_FIELDS_MAX];
};

/* The head at the front of `bytes`; empty: there is no complete one. */
static inline struct hr_slice readings_head(struct hr_slice bytes) {
    const struct hr_http1_scan_limits limits = {
        .bytes_max = 65536, .fields_max = READINGS_FIELDS_MAX, .lenient = false};
    struct hr_http1_scan scan = {0};
    const char *reason;
    bool complete = hr__http1_scan(&scan, HR_HTTP1_RESPONSE_HEAD, &limits, bytes.data, bytes.size,
                                   &reason) == 1;
    return hr_slice_bytes(bytes.data, complete ? scan.scanned : 0);
}

/* The size of the head that is read in one pass; 0: none is. */
static inline size_t readings_plain_size(const char *data, size_t size) {
    struct hr_http_field items[READINGS_FIELDS_MAX];
    struct hr_http1_fields fields = {.items = items, .capacity = READINGS_FIELDS_MAX};
    struct hr_http1_message message;
    return hr__http1_head_read_plain(hr_slice_bytes(data, size), &fields, &message);
}

static inline void readings_read(struct readings *out, struct hr_slice head, bool by_llhttp) {
    struct hr_http1_reading how = {.kind = HR_HTTP1_RESPONSE, .by_llhttp = by_llhttp, .reason = ""};
    struct hr_http1_fields fields = {.items = out->items, .capacity = READINGS_FIELDS_MAX};
    out->result = hr__http1_head_read(&how, head, &fields, &out->message);
    out->reason = how.reason;
    out->plain = how.plain;
}

static inline bool readings_same_fields(const struct hr_http_head *a,
                                        const struct hr_http_head *b) {
    if (a->field_count != b->field_count) return false;
    for (size_t i = 0; i < a->field_count; i++)
        if (!hr_slice_equal(a->fields[i].name, b->fields[i].name) ||
            !hr_slice_equal(a->fields[i].value, b->fields[i].value))
            return false;
    return true;
}

static inline bool readings_same(const struct readings *one, const struct readings *other) {
    if (one->result != other->result) return false;
    if (one->result) return strcmp(one->reason, other->reason) == 0;
    const struct hr_http_head *a = &one->message.head, *b = &other->message.head;
    return a->status == b->status && a->minor_version == b->minor_version &&
           hr_slice_equal(a->reason, b->reason) && a->has_content_length == b->has_content_length &&
           a->content_length == b->content_length &&
           one->message.chunked == other->message.chunked &&
           one->message.keep_alive == other->message.keep_alive && readings_same_fields(a, b);
}

/* Whether it is the same head to both. */
static inline bool readings_agree(struct hr_slice head) {
    struct readings one, other;
    readings_read(&one, head, false);
    readings_read(&other, head, true);
    bool same = readings_same(&one, &other);
    hr__http1_plain_free(one.plain);
    hr__http1_plain_free(other.plain);
    return same;
}

#endif
