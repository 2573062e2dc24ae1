/* A fault, and the conditions under which it happens. docs/fault-proxy.md has the script's grammar.
 */
#ifndef PERF_FAULT_RULE_H
#define PERF_FAULT_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_RULES_MAX       64 /* a plan has a bit for each */
#define FAULT_LINE_MAX        256
#define FAULT_SCRIPT_MAX      (64u << 10)
#define FAULT_METHODS_MAX     64
#define FAULT_CODE_MAX        64
#define FAULT_CORRUPT_MAX     16
#define FAULT_DURATION_MAX_MS UINT64_C(3600000)
#define FAULT_RATE_MAX        (UINT64_C(1) << 40)
/* Chances and shares are parts of this. */
#define FAULT_WHOLE 1000000u

/* Kinds up to FAULT_SPOIL_LAST spoil a request or a connection, and one happens to it at most; the
 * others are added to it. */
enum fault_kind {
    FAULT_NONE,
    FAULT_RESET,
    FAULT_RESET_BEHIND,
    FAULT_STATUS,
    FAULT_TRUNCATE,
    FAULT_CORRUPT,
    FAULT_TRICKLE,
    FAULT_SILENT,
    FAULT_REFUSE,
    FAULT_SPOIL_LAST = FAULT_REFUSE,
    FAULT_DELAY,
    FAULT_LATENCY,
    FAULT_RATE,
    FAULT_KINDS,
};

struct fault_rule {
    enum fault_kind kind;
    unsigned line;   /* of the script; 0: of no file */
    uint32_t chance; /* of FAULT_WHOLE */
    uint64_t first;  /* 0: no such condition, as with the others */
    uint64_t every;
    uint64_t after_ms, for_ms;
    uint64_t amount; /* milliseconds, bytes, or bytes a second; of CORRUPT bytes */
    uint64_t jitter_ms;
    uint32_t share; /* TRUNCATE: of FAULT_WHOLE; 0: `amount` bytes */
    uint16_t status;
    char code[FAULT_CODE_MAX];
    char methods[FAULT_METHODS_MAX]; /* "PUT,POST"; "" any */
    char prefix[FAULT_LINE_MAX + 1]; /* of the target; "" any */
    char text[FAULT_LINE_MAX + 1];   /* as it was written */
};

#endif
