/* A client and a store that answers by a script: what an operation sends, and what it makes of the
 * answer. */
#ifndef HR_TESTS_SCRIPTED_H
#define HR_TESTS_SCRIPTED_H

#include <headrace/s3.h>

#include "peer.h"

/* One request and its answer. */
struct scripted_turn {
    uint64_t body;      /* bytes of the request's body */
    const char *status; /* "200 OK"; NULL: the connection is reset */
    const char *fields; /* "Name: value\r\n"; NULL: none */
    const char *text;   /* the answer's body; NULL: none */
};

extern hr_s3_client *scripted_client;
extern struct peer *scripted_peer;
extern const char *scripted_provider; /* of the client that scripted_serve makes */
extern void (*scripted_on_event)(void *user, const struct hr_client_event *event); /* its own */

/* The engine; and everything is closed again. For TestSuite. */
void scripted_begin(void);
void scripted_end(void);
/* The store, by its own scripts. */
void scripted_listen(const struct peer_script *scripts, size_t count);
/* The client. What the options leave open: the store as endpoint, and keys. */
void scripted_connect(struct hr_s3_client_options options);
/* Both. At most 7 turns; the last one is not repeated. Keys are there, the endpoint is the store.
 */
void scripted_serve(const struct scripted_turn *turns, size_t count);
/* Times `needle` stands in what the store has received. */
unsigned scripted_received(const char *needle);
unsigned scripted_requests(void);
/* The result of a request whose start returned `err`. */
int scripted_wait(int err, struct hr_request *request);

#endif
