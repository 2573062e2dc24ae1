/* The query of a name. Both families are asked at the same time, and neither waits long for the
 * other. A failure of the servers is not taken for a name that does not exist: the search list goes
 * on to the next domain only where the name certainly has no address, so that a fault does not lead
 * to another host of the same name. */
#include "dns_query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address_order.h"
#include "dns_answer.h"

/* The outcome of the question for the addresses of one family. */
enum half_state { UNASKED, AWAITED, ADDRESSES, NO_ADDRESS, NO_NAME, FAILED };
enum { V4, V6, HALVES };

/* A question under way. It may outlive its query, which does not wait for every answer. */
struct half {
    struct query *query; /* NULL: the query has ended or gone on */
    unsigned side;
};

struct query {
    struct hr_dns_wish wish;
    struct hr_timer delay;
    unsigned index; /* of the candidate */
    bool asking;    /* inside of ask_candidate, which looks at answers itself */
    bool dropped;   /* the channel closes */
    bool reported;  /* a partial result was */
    bool unsure;
    bool without_address; /* a candidate exists and has no address */
    int failure;          /* HR_ERR_NAME_SERVERS, -ENOMEM */
    const char *reason;   /* of that */
    uint32_t ttl_s;
    enum half_state states[HALVES]; /* of the candidate */
    struct half *halves[HALVES];    /* NULL: not under way */
    struct hr_addresses found[HALVES];
    char name[HR_DNS_NAME_SIZE];
};

static const char *reason_of(int status) {
    switch (status) {
    case ARES_ESERVFAIL:
        return "the name servers could not answer (SERVFAIL)";
    case ARES_EREFUSED:
        return "the name servers refuse to answer (REFUSED)";
    case ARES_ENOTIMP:
        return "the name servers do not answer such questions (NOTIMP)";
    case ARES_EFORMERR:
        return "the name servers did not understand the question (FORMERR)";
    case ARES_ECONNREFUSED: /* c-ares 1.18 also uses it for what the text lists */
        return "no name server can be reached, or each refuses or fails (REFUSED, SERVFAIL, "
               "NOTIMP): check `nameserver` in resolv.conf or the option resolver.nameservers";
    case ARES_ETIMEOUT:
        return "no name server answered in time: check `nameserver` in resolv.conf or the option "
               "resolver.nameservers";
    case ARES_EBADRESP:
        return "the name server's answer is malformed";
    default:
        return ares_strerror(status);
    }
}

/* Where both together are too many, each family keeps at least half of the places. */
static void merge(const struct hr_addresses found[2], struct hr_addresses *merged) {
    unsigned half = HR_ADDRESSES_MAX / 2, counts[2] = {found[0].count, found[1].count};
    if (counts[0] + counts[1] > HR_ADDRESSES_MAX) {
        unsigned most = counts[0] > counts[1] ? 0 : 1;
        if (counts[!most] > half) counts[!most] = half;
        counts[most] = HR_ADDRESSES_MAX - counts[!most];
    }
    merged->count = 0;
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < counts[side]; i++)
            merged->list[merged->count++] = found[side].list[i];
}

/* ---- Results. */

static void report(struct query *query, int result, const char *reason, bool partial) {
    struct hr_addresses addresses = {.count = 0};
    if (result == 0) {
        merge(query->found, &addresses);
        hr__addresses_sort(&addresses);
    }
    struct hr_dns_result outcome = {
        .result = result,
        .reason = reason,
        .addresses = &addresses,
        .ttl_s = query->ttl_s,
        .partial = partial,
        .unsure = query->unsure,
    };
    query->reported = partial;
    query->wish.on_done(query->wish.user, query->name, &outcome);
}

/* Detaches the query from its timer and from answers that are still to come. */
static void let_go(struct query *query) {
    hr__timer_stop(query->wish.reactor, &query->delay);
    for (unsigned side = 0; side < HALVES; side++) {
        if (query->halves[side]) query->halves[side]->query = NULL;
        query->halves[side] = NULL;
    }
}

static void end(struct query *query, int result, const char *reason) {
    let_go(query);
    report(query, result, reason, false);
    free(query);
}

/* ---- A candidate. */

static void ask_candidate(struct query *query);

static bool has(const struct query *query, enum half_state state) {
    return query->states[V4] == state || query->states[V6] == state;
}

/* One family without an answer does not spoil the other's: its addresses, or that there is no such
 * name at all. */
static void end_candidate(struct query *query) {
    query->unsure |= has(query, FAILED) || has(query, AWAITED);
    if (has(query, ADDRESSES)) {
        end(query, 0, NULL);
    } else if (has(query, NO_NAME) || !has(query, FAILED)) {
        let_go(query);
        query->index++;
        ask_candidate(query);
    } else {
        end(query, query->failure, query->reason);
    }
}

/* One family has its answer: reports a part, or sets how long to wait for the other. Because some
 * servers wrongly deny a name for IPv6 alone (RFC 4074, section 4.2), IPv4 is always waited for. */
static void weigh(struct query *query) {
    uint64_t now = hr__reactor_now(query->wish.reactor);
    bool v4_awaited = query->states[V4] == AWAITED;
    enum half_state known = query->states[v4_awaited ? V6 : V4];
    if (query->reported) return;
    if (v4_awaited && known == ADDRESSES)
        report(query, 0, NULL, true);
    else if (!v4_awaited && (known == ADDRESSES || known == NO_NAME))
        hr__timer_start(query->wish.reactor, &query->delay, now + HR_DNS_DELAY_NS);
}

static void on_delay(struct hr_timer *timer) {
    struct query *query = hr__container_of(timer, struct query, delay);
    if (query->states[V4] == ADDRESSES)
        report(query, 0, NULL, true);
    else
        end_candidate(query);
}

static void look(struct query *query) {
    if (query->asking) return;
    if (query->dropped) {
        if (query->halves[V4] || query->halves[V6]) return;
        let_go(query);
        free(query);
    } else if (has(query, AWAITED)) {
        if (query->states[V4] != query->states[V6]) weigh(query);
    } else {
        end_candidate(query);
    }
}

/* ---- Answers. */

static void fail(struct query *query, unsigned side, int result, const char *reason) {
    query->states[side] = FAILED;
    if (query->failure) return;
    query->failure = result;
    query->reason = reason;
}

static void read_message(struct query *query, unsigned side, struct hr_slice message) {
    int family = side == V6 ? AF_INET6 : AF_INET;
    int result = hr__dns_answer_read(message, family, &query->found[side], &query->ttl_s);
    if (result == 0)
        query->states[side] = ADDRESSES;
    else if (result == HR_ERR_NAME_UNRESOLVED)
        query->states[side] = NO_ADDRESS;
    else
        fail(query, side, result,
             result == -ENOMEM ? "no memory for the answer" : reason_of(ARES_EBADRESP));
}

static void on_answer(void *user, int status, int timeouts, unsigned char *message, int size) {
    struct half *half = user;
    struct query *query = half->query;
    unsigned side = half->side;
    (void)timeouts;
    free(half);
    if (!query) return;
    query->halves[side] = NULL;
    if (status == ARES_SUCCESS)
        read_message(query, side, hr_slice_bytes((const char *)message, (size_t)size));
    else if (status == ARES_ENODATA)
        query->states[side] = NO_ADDRESS;
    else if (status == ARES_ENOTFOUND)
        query->states[side] = NO_NAME;
    else if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
        query->dropped = true;
    else if (status == ARES_ENOMEM)
        fail(query, side, -ENOMEM, "no memory for the question");
    else
        fail(query, side, HR_ERR_NAME_SERVERS, reason_of(status));
    query->without_address |= query->states[side] == NO_ADDRESS;
    look(query);
}

/* ---- Questions. */

static void ask_half(struct query *query, unsigned side, const char *candidate) {
    int family = side == V6 ? AF_INET6 : AF_INET;
    query->states[side] = UNASKED;
    if (query->wish.family != AF_UNSPEC && query->wish.family != family) return;
    struct half *half = malloc(sizeof *half);
    if (!half) {
        fail(query, side, -ENOMEM, "no memory for the question");
        return;
    }
    *half = (struct half){.query = query, .side = side};
    query->states[side] = AWAITED;
    query->halves[side] = half;
    query->wish.ask(query->wish.asker, candidate, family, on_answer, half);
}

static void ask_candidate(struct query *query) {
    char candidate[HR_DNS_NAME_SIZE] = "";
    while (candidate[0] == 0) {
        if (!hr__resolver_conf_candidate(query->wish.conf, query->name, query->index, candidate)) {
            end(query, HR_ERR_NAME_UNRESOLVED,
                query->without_address ? "the name has no address of a family that is asked for"
                                       : "no such name (NXDOMAIN)");
            return;
        }
        if (candidate[0] == 0) query->index++;
    }
    query->asking = true;
    ask_half(query, V4, candidate);
    ask_half(query, V6, candidate);
    query->asking = false;
    look(query);
}

int hr__dns_query(const struct hr_dns_wish *wish) {
    struct query *query = calloc(1, sizeof *query);
    if (!query) return -ENOMEM;
    query->wish = *wish;
    query->delay.on_fire = on_delay;
    query->ttl_s = UINT32_MAX;
    memcpy(query->name, wish->name, strlen(wish->name) + 1);
    ask_candidate(query);
    return 0;
}
