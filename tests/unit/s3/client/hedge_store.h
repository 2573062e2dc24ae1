/* A store on the test's own thread that answers by a script, late where that says so, at one
 * address or at two; and a client whose latencies are known, so that it hedges. */
#ifndef HR_TESTS_HEDGE_STORE_H
#define HR_TESTS_HEDGE_STORE_H

#include <headrace/http_server.h>
#include <headrace/s3.h>

/* Just what the estimate asks for: a slow one beyond might itself be asked for twice. */
#define HEDGE_STORE_WARM 50
#define HEDGE_STORE_HELD 64

struct hedge_store_seen {
    char authorization[512], invocation[80], range[40];
    int server; /* index of the address */
};

struct hedge_store {
    hr_engine *engine;
    hr_s3_client *client;
    hr_http_server *servers[2]; /* 127.0.0.1 and 127.0.0.2 */
    /* Of the requests behind the warming ones, a letter each: '-' held, 'g' good, 'p' good
     * without a body, 'b' good, and breaks off behind two bytes when `broken` is resumed, 'f' a
     * flipped bit, 'r' the rest from the third byte on, 'i' 500, 's' 503 SlowDown, 'n' 404, 'm' 301
     * to eu-west-1, 'x' the connection is closed. */
    const char *script;
    int slow;          /* index of an address that holds all; negative: none */
    int broken_server; /* index of one that answers all with broken_letter; negative: none */
    char broken_letter;
    unsigned asked, last_server;
    struct hedge_store_seen seen[32]; /* behind the warming ones */
    hr_http_exchange *held[HEDGE_STORE_HELD];
    unsigned held_count;
    hr_http_exchange *broken;
    unsigned closed;
};
extern struct hedge_store hedge_store;

void hedge_store_open(const struct hr_http_client_options *http, const char *script);
/* The same behind HEDGE_STORE_WARM objects. */
void hedge_store_open_warm(const struct hr_http_client_options *http, const char *script);
void hedge_store_open_two(const struct hr_http_client_options *http, bool tls);
void hedge_store_warm(void);
void hedge_store_answer(unsigned held, char letter);
int hedge_store_wait(int err, struct hr_request *request);
struct hr_http_client_metrics hedge_store_metrics(void);
/* Begins to. */
void hedge_store_close_client(void);
void hedge_store_close(void);

#define HEDGE_STORE_UNTIL(condition)                                                               \
    while (!(condition)) hr_engine_poll(hedge_store.engine, 100)

#endif
