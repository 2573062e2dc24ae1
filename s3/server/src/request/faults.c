/* Failures on demand. */
#include "faults.h"

#include <assert.h>
#include <errno.h>

static const struct {
    const char *name;
    enum s3_error error;
} kinds[S3_FAULT_KINDS] = {
    [S3_FAULT_SLOW_DOWN] = {"SlowDown", S3_SlowDown},
    [S3_FAULT_INTERNAL_ERROR] = {"InternalError", S3_InternalError},
    [S3_FAULT_UNAVAILABLE] = {"ServiceUnavailable", S3_ServiceUnavailable},
    [S3_FAULT_REQUEST_TIMEOUT] = {"RequestTimeout", S3_RequestTimeout},
    [S3_FAULT_EXPIRED_TOKEN] = {"ExpiredToken", S3_ExpiredToken},
    [S3_FAULT_SKEWED] = {"RequestTimeTooSkewed", S3_RequestTimeTooSkewed},
    [S3_FAULT_LOST] = {"lost", S3_OK},
    [S3_FAULT_TRUNCATE] = {"truncate", S3_OK},
    [S3_FAULT_STALL] = {"stall", S3_OK},
};

/* ---- The table. */

/* "1", "0.05": at most six digits behind the point. */
static bool parse_rate(struct hr_slice text, uint32_t *rate) {
    uint32_t value = 0, unit = S3_FAULT_UNIT;
    if (hr_slice_equal(text, hr_slice_of("1"))) {
        *rate = S3_FAULT_UNIT;
        return true;
    }
    if (text.size < 3 || text.size > 8 || memcmp(text.data, "0.", 2) != 0) return false;
    for (size_t i = 2; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        unit /= 10;
        value += unit * (uint32_t)(text.data[i] - '0');
    }
    *rate = value;
    return true;
}

static bool parse_one(struct hr_slice text, struct s3_faults *faults) {
    struct hr_slice name = {NULL, 0};
    hr_slice_cut(&text, '=', &name);
    for (unsigned kind = 1; kind < S3_FAULT_KINDS; kind++)
        if (hr_slice_equal(name, hr_slice_of(kinds[kind].name)))
            return faults->rates[kind] == 0 && parse_rate(text, &faults->rates[kind]);
    return false;
}

bool s3_server__faults_parse(struct hr_slice text, uint64_t seed, struct s3_faults *faults,
                             struct hr_slice *wrong) {
    *faults = (struct s3_faults){.state = seed};
    uint64_t sum = 0;
    while (hr_slice_cut(&text, ',', wrong))
        if (!parse_one(*wrong, faults)) return false;
    for (unsigned kind = 1; kind < S3_FAULT_KINDS; kind++) sum += faults->rates[kind];
    return sum <= S3_FAULT_UNIT;
}

/* SplitMix64, so that the nth request of a seed always fails in the same way. */
enum s3_fault_kind s3_server__faults_draw(struct s3_faults *faults) {
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = __atomic_add_fetch(&faults->state, step, __ATOMIC_RELAXED);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    uint64_t at = (z ^ z >> 31) % S3_FAULT_UNIT;
    for (unsigned kind = 1; kind < S3_FAULT_KINDS; kind++) {
        if (at < faults->rates[kind]) return kind;
        at -= faults->rates[kind];
    }
    return S3_FAULT_NONE;
}

enum s3_error s3_server__fault_error(enum s3_fault_kind kind) {
    assert(kind < S3_FAULT_KINDS);
    return kinds[kind].error;
}

/* ---- A body that fails. */

struct failing {
    struct hr_source body;
    uint64_t given, most; /* bytes */
    ssize_t end;          /* returned behind them */
};

/* The bytes of a body in memory from `offset` on, as far as they stand together. */
static size_t stretch(const struct hr_source *body, uint64_t offset, const char **data) {
    if (body->kind == HR_SOURCE_BYTES) {
        *data = (const char *)body->data + offset;
        return body->size - offset;
    }
    size_t i = 0;
    while (i < body->iov_count && offset >= body->iov[i].iov_len) offset -= body->iov[i++].iov_len;
    assert(i < body->iov_count);
    *data = (const char *)body->iov[i].iov_base + offset;
    return body->iov[i].iov_len - offset;
}

static ssize_t produce_from_source(struct failing *failing, void *buffer, size_t capacity) {
    uint64_t left = failing->most - failing->given;
    ssize_t size = failing->body.produce(failing->body.user, buffer,
                                         left < capacity ? (size_t)left : capacity);
    if (size > 0) failing->given += (uint64_t)size;
    return size;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct failing *failing = user;
    if (failing->given == failing->most) return failing->end;
    if (failing->body.kind == HR_SOURCE_PRODUCER)
        return produce_from_source(failing, buffer, capacity);
    const char *data;
    size_t size = stretch(&failing->body, failing->given, &data);
    if (size > capacity) size = capacity;
    if (size > failing->most - failing->given) size = failing->most - failing->given;
    memcpy(buffer, data, size);
    failing->given += size;
    return (ssize_t)size;
}

struct hr_source s3_server__fault_body(enum s3_fault_kind kind, struct hr_source body,
                                       struct s3_arena *arena) {
    struct failing *failing = s3_server__arena_allocate(arena, sizeof *failing);
    if (!failing || body.kind == HR_SOURCE_FD) return body;
    *failing =
        (struct failing){.body = body, .end = kind == S3_FAULT_STALL ? -EAGAIN : -ECONNRESET};
    if (kind == S3_FAULT_TRUNCATE) failing->most = body.size / 2;
    struct hr_source source = hr_source_none();
    source.kind = HR_SOURCE_PRODUCER;
    source.size = body.size > 0 ? body.size : 1; /* an empty body cannot fail */
    source.produce = produce;
    source.user = failing;
    return source;
}
