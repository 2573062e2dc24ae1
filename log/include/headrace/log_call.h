/* The inside of the macros of log.h: how a call puts its record into its thread's ring. It is
 * public because it is compiled into the caller; nothing here is for calling by name.
 *
 * A record in a ring, in words of 8 bytes:
 *     ticks
 *     site and flags, log, words      32, 16 and 16 bits; `words` is the size of the whole record
 *     level, count, types             8 bits each; of the types, one a field, six stand here and
 *                                     eight in each word that follows
 *     the values                      a number takes a word; a string takes its size in 4 bytes and
 *                                     its bytes, padded to a word
 *     blocks, where the flags say so: fields bound to the log, fields bound to the thread, the
 * number of records that the call site has left out, the age of a kept record */
#ifndef HEADRACE_LOG_CALL_H
#define HEADRACE_LOG_CALL_H

#include <headrace/log_value.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_LOG_FIELDS_MAX 16

struct hr_log_core; /* rings, drain and sinks, shared by a log and its children */

/* A call site: its literals, and the ids that it gets at its first use. */
struct hr_log_site {
    uint32_t quick; /* its id where the short way is open to it; 0: not used yet, or redacted */
    uint32_t id;    /* 0: not used yet */
    int32_t level;
    uint32_t line;
    const char *message, *file, *function;
    const char *const *keys;
    uint32_t count;
    uint32_t redacted; /* a bit a field: its value is not written */
    uint64_t reserved;
};

/* The part of a log that the macros see: every hr_log begins with it. */
struct hr_log_view {
    int32_t level;         /* lower records go no further; read relaxed */
    uint32_t string_limit; /* bytes that a string may have */
    uint64_t serial;       /* of its core; no two cores of a process have the same */
    uint32_t bound_size;   /* bytes of the fields that are bound to it */
    uint16_t id;           /* of its name */
    uint8_t keep_below;    /* records below this level are kept for a backtrace; 0: none */
    uint8_t reserved;
    const void *bound;
    struct hr_log_core *core;
};

/* The part of a thread's ring that the macros see: where they write, and when they may. */
struct hr_log_producer {
    uint64_t serial;            /* of the core; 0: of none, as in a thread that has not logged */
    char *next;                 /* where the next record goes */
    char *limit;                /* where the short way ends: no room, a wrap, a wake-up */
    uint64_t position;          /* of `next`, counted from the ring's first byte ever */
    uint64_t *head;             /* in the ring: the position up to which records are published */
    const uint64_t *turn_ticks; /* on a reactor: the time of its turn; else NULL */
    uint32_t context_size;      /* bytes of the fields that are bound to the thread */
    uint32_t slow_ticks;        /* the counter is no clock here: the kernel is asked */
};

HR_API extern __thread struct hr_log_producer *hr_log_producer_
    __attribute__((tls_model("initial-exec")));

enum {
    HR_LOG_HEAD_BYTES = 24,
    HR_LOG_TYPES_IN_HEAD = 6,
    HR_LOG_TYPES_IN_WORD = 8,
    HR_LOG_PREFETCH = 512,
    HR_LOG_RECORD_MAX = 0x7fff8, /* bytes: what `words` can say */
};
#define HR_LOG_STRING_FLAGS 30 /* where a string's flags stand in its size */

/* A whole call, where the short way is closed: the first record of a thread or of a site, redacted
 * keys, fields bound to log or thread, a ring that is full, ends, or is to wake the drain. */
HR_API void hr_log_write_slow_(const struct hr_log_view *view, struct hr_log_site *site,
                               const struct hr_log_value *values);
/* Wakes the drain for a record that was just published. */
HR_API void hr_log_wake_(struct hr_log_producer *producer);
HR_API uint64_t hr_log_ticks_slow_(void);

/* Arrays, groups and failures. */
HR_API uint32_t hr_log_large_size_(const struct hr_log_value *value, uint32_t string_limit);
HR_API char *hr_log_large_put_(char *at, const struct hr_log_value *value, uint32_t string_limit);

#define HR_LOG_INLINE_ static inline __attribute__((always_inline))

HR_LOG_INLINE_ bool hr_log_enabled_(const struct hr_log_view *view, int level) {
    return view && level >= __atomic_load_n(&view->level, __ATOMIC_RELAXED);
}

/* The value as it goes into the ring: strings cut to the limit. */
HR_LOG_INLINE_ struct hr_log_value hr_log_fit_(const struct hr_log_view *view,
                                               struct hr_log_value value) {
    if ((value.type == HR_LOG_STRING || value.type == HR_LOG_BYTES) &&
        value.size > view->string_limit) {
        value.size = view->string_limit;
        value.flags = HR_LOG_CUT;
    }
    return value;
}

HR_LOG_INLINE_ uint32_t hr_log_padded_(uint32_t size) {
    return (size + 7u) & ~7u;
}

/* Bytes that a value takes in a record. */
HR_LOG_INLINE_ uint32_t hr_log_size_(const struct hr_log_view *view, struct hr_log_value value) {
    switch (value.type) {
    case HR_LOG_NULL:
    case HR_LOG_SECRET:
        return 0;
    case HR_LOG_STRING:
    case HR_LOG_BYTES:
        return hr_log_padded_(value.size + 4);
    case HR_LOG_ARRAY:
    case HR_LOG_GROUP:
    case HR_LOG_FAILURE:
        return hr_log_large_size_(&value, view->string_limit);
    default:
        return 8;
    }
}

HR_LOG_INLINE_ char *hr_log_put_(char *at, const struct hr_log_view *view,
                                 struct hr_log_value value) {
    uint32_t size;
    switch (value.type) {
    case HR_LOG_NULL:
    case HR_LOG_SECRET:
        return at;
    case HR_LOG_STRING:
    case HR_LOG_BYTES:
        size = value.size | (uint32_t)value.flags << HR_LOG_STRING_FLAGS;
        memcpy(at, &size, 4);
        if (value.size) memcpy(at + 4, (const void *)(uintptr_t)value.bits, value.size);
        return at + hr_log_padded_(value.size + 4);
    case HR_LOG_ARRAY:
    case HR_LOG_GROUP:
    case HR_LOG_FAILURE:
        return hr_log_large_put_(at, &value, view->string_limit);
    default:
        memcpy(at, &value.bits, 8);
        return at + 8;
    }
}

HR_LOG_INLINE_ uint32_t hr_log_head_size_(uint32_t count) {
    if (count <= HR_LOG_TYPES_IN_HEAD) return HR_LOG_HEAD_BYTES;
    return HR_LOG_HEAD_BYTES +
           (count - HR_LOG_TYPES_IN_HEAD + HR_LOG_TYPES_IN_WORD - 1) / HR_LOG_TYPES_IN_WORD * 8;
}

HR_LOG_INLINE_ void hr_log_type_(uint64_t words[3], uint32_t index, uint8_t type) {
    if (index < HR_LOG_TYPES_IN_HEAD) {
        words[0] |= (uint64_t)type << (16 + 8 * index);
    } else {
        index -= HR_LOG_TYPES_IN_HEAD;
        words[1 + index / HR_LOG_TYPES_IN_WORD] |= (uint64_t)type
                                                   << (8 * (index % HR_LOG_TYPES_IN_WORD));
    }
}

/* Writes level, count and types. Returns where the values go. */
HR_LOG_INLINE_ char *hr_log_put_words_(char *at, const uint64_t words[3], uint32_t count) {
    memcpy(at + 16, words, hr_log_head_size_(count) - 16);
    return at + hr_log_head_size_(count);
}

/* Prefetches the cache line at `at` for writing. */
HR_LOG_INLINE_ void hr_log_prefetch_(const char *at) {
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*at));
#else
    __builtin_prefetch(at, 1);
#endif
}

HR_LOG_INLINE_ uint64_t hr_log_counter_(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return hr_log_ticks_slow_();
#endif
}

HR_LOG_INLINE_ uint64_t hr_log_ticks_(const struct hr_log_producer *producer) {
    if (producer->turn_ticks) return *producer->turn_ticks;
    return __builtin_expect(producer->slow_ticks != 0, 0) ? hr_log_ticks_slow_()
                                                          : hr_log_counter_();
}

/* Begins a record of `size` bytes, head included. Returns where it goes; NULL: the short way is
 * closed. */
HR_LOG_INLINE_ char *hr_log_begin_(const struct hr_log_view *view, const struct hr_log_site *site,
                                   uint32_t size) {
    const struct hr_log_producer *producer = hr_log_producer_;
    uint32_t id = __atomic_load_n(&site->quick, __ATOMIC_RELAXED);
    if (__builtin_expect(producer->serial != view->serial || id == 0 ||
                             size > (size_t)(producer->limit - producer->next) ||
                             (producer->context_size | view->bound_size) != 0,
                         0))
        return (char *)0;
    char *at = producer->next;
    uint64_t ticks = hr_log_ticks_(producer);
    uint64_t word = id | (uint64_t)view->id << 32 | (uint64_t)(size >> 3) << 48;
    memcpy(at, &ticks, 8);
    memcpy(at + 8, &word, 8);
    return at;
}

/* Publishes the record at `at`, which is complete. */
HR_LOG_INLINE_ void hr_log_commit_(const char *at, uint32_t size, int level) {
    struct hr_log_producer *producer = hr_log_producer_;
    producer->position += size;
    producer->next += size;
    __atomic_store_n(producer->head, producer->position, __ATOMIC_RELEASE);
    hr_log_prefetch_(at + size + HR_LOG_PREFETCH);
    if (level >= 30) hr_log_wake_(producer);
}

#ifdef __cplusplus
}
#endif

#endif
