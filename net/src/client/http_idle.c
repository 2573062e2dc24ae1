/* How long a connection may stand idle before nothing is sent over it any more: what the client's
 * options say, what the server says (Keep-Alive: timeout=N), and what the loss of connections has
 * taught. A request that may not be repeated is lost with its connection, so it does not go over
 * one that the server is about to close.
 *
 * What is known of a host stands in its record and serves all reactors. */
#include <headrace/text.h>

#include "http1_chars.h"
#include "http_call.h"

#define NS_PER_S UINT64_C(1000000000)

/* Below it an early close says nothing about a time-out of the server's. */
#define LEARNED_MIN_NS (NS_PER_S / 10)
/* So long is a server believed to close so early; then twice as long is tried. */
#define LEARNED_KEPT_NS (600 * NS_PER_S)
/* Of what the server announces: its clock starts when it has sent, ours when we have received, and
 * the next request is on its way for a while. */
#define HINT_MARGIN_NS NS_PER_S
/* Longer announcements are none that matter. */
#define HINT_MAX_S 86400
/* A connection that was dead when it was used fails within a round trip; what fails later has
 * failed for another reason. */
#define LOSS_SEEN_WITHIN_NS NS_PER_S

static uint64_t get(const uint64_t *value) {
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void set(uint64_t *value, uint64_t to) {
    __atomic_store_n(value, to, __ATOMIC_RELAXED);
}

/* ---- How long. */

/* What was learned, as far as it is still believed; 0: nothing. */
static uint64_t learned_ns(struct hr_host_record *record, uint64_t now_ns) {
    uint64_t learned = get(&record->idle_learned_ns), at = get(&record->idle_learned_at_ns);
    while (learned > 0 && now_ns > at && now_ns - at >= LEARNED_KEPT_NS) {
        learned = learned > UINT64_MAX / 2 ? 0 : learned * 2;
        at += LEARNED_KEPT_NS;
        set(&record->idle_learned_ns, learned);
        set(&record->idle_learned_at_ns, at);
    }
    return learned;
}

uint64_t hr__idle_timeout_ns(const struct hr_pool_host *host) {
    struct hr_host_record *record = host->record;
    uint64_t timeout_ns = host->shard->client->idle_timeout_ns;
    uint64_t learned = learned_ns(record, hr__reactor_now(host->shard->reactor));
    uint64_t hint = get(&record->idle_hint_ns);
    if (learned > 0 && learned < timeout_ns) timeout_ns = learned;
    if (hint > 0 && hint < timeout_ns) timeout_ns = hint;
    return timeout_ns;
}

bool hr__idle_too_long(const struct hr_http_connection *connection) {
    uint64_t now_ns = hr__reactor_now(connection->host->shard->reactor);
    return now_ns - connection->idle_since_ns >= hr__idle_timeout_ns(connection->host);
}

/* ---- What losses teach. */

/* A connection was closed, or found dead, after standing idle so long. */
static void learn(struct hr_pool_host *host, uint64_t idle_ns) {
    uint64_t learned = idle_ns - idle_ns / 5;
    if (learned < LEARNED_MIN_NS) learned = LEARNED_MIN_NS;
    if (learned > hr__idle_timeout_ns(host)) return;
    set(&host->record->idle_learned_ns, learned);
    set(&host->record->idle_learned_at_ns, hr__reactor_now(host->shard->reactor));
}

void hr__idle_closed(struct hr_http_connection *connection) {
    uint64_t now_ns = hr__reactor_now(connection->host->shard->reactor);
    if (connection->served) learn(connection->host, now_ns - connection->idle_since_ns);
}

void hr__idle_lost(struct hr_call *call) {
    bool unanswered = !call->answered && hr__retry_lost(call->outcome);
    uint64_t now_ns = hr__reactor_now(call->shard->reactor);
    if (!unanswered || call->own_error || call->stop_reason || call->idle_ns < LEARNED_MIN_NS ||
        now_ns - call->acquired_ns > LOSS_SEEN_WITHIN_NS)
        return;
    learn(call->host, call->idle_ns);
}

/* ---- What the server says. */

static bool take_element(struct hr_slice *list, struct hr_slice *name, struct hr_slice *value) {
    if (list->size == 0) return false;
    const char *comma = memchr(list->data, ',', list->size);
    size_t size = comma ? (size_t)(comma - list->data) : list->size, past = comma ? size + 1 : size;
    const char *equals = memchr(list->data, '=', size);
    size_t name_size = equals ? (size_t)(equals - list->data) : size;
    *name = hr__http1_trim(hr_slice_bytes(list->data, name_size));
    *value = hr_slice_bytes("", 0);
    if (equals) *value = hr__http1_trim(hr_slice_bytes(equals + 1, size - name_size - 1));
    if (value->size >= 2 && value->data[0] == '"' && value->data[value->size - 1] == '"')
        *value = hr_slice_bytes(value->data + 1, value->size - 2);
    *list = hr_slice_bytes(list->data + past, list->size - past);
    return true;
}

/* The smallest number that a parameter of this name has; `otherwise` where there is none. */
static uint64_t read_number(struct hr_slice list, const char *wanted, uint64_t otherwise) {
    struct hr_slice name, value;
    while (take_element(&list, &name, &value)) {
        uint64_t number;
        if (hr_slice_equal_nocase(name, hr_slice_of(wanted)) &&
            !hr_text_u64(value, UINT64_MAX, &number) && number < otherwise)
            otherwise = number;
    }
    return otherwise;
}

void hr__idle_heard(struct hr_http_connection *connection, const struct hr_http_head *head) {
    uint64_t timeout_s = HINT_MAX_S, max = UINT64_MAX;
    for (size_t i = 0; i < head->field_count; i++) {
        if (!hr_slice_equal_nocase(head->fields[i].name, hr_slice_of("Keep-Alive"))) continue;
        timeout_s = read_number(head->fields[i].value, "timeout", timeout_s);
        max = read_number(head->fields[i].value, "max", max);
    }
    if (timeout_s == 0 || max == 0) connection->spent = true;
    if (timeout_s == 0 || timeout_s == HINT_MAX_S) return;
    uint64_t ns = timeout_s * NS_PER_S;
    set(&connection->host->record->idle_hint_ns,
        ns > 2 * HINT_MARGIN_NS ? ns - HINT_MARGIN_NS : ns / 2);
}
