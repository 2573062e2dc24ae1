/* An exchange: one request as its handler sees it, from on_request until it is responded to. It
 * knows its connection by a vtable alone. Reactor thread only; calls of other threads come through
 * exchange_post.h.
 *
 * It may outlive its connection: a handler that has not been told keeps it until it responds, and
 * whoever holds it keeps its memory. */
#ifndef HR_NET_EXCHANGE_H
#define HR_NET_EXCHANGE_H

#include "http1_parse.h"
#include "response.h"
#include "server_shard.h"

/* Calls to the connection that the exchange is on. */
struct hr_exchange_events {
    /* The handler wants the body: 100 Continue goes out where the client waits for it. */
    void (*on_read)(void *connection);
    /* The consumer of the body, or the producer of the response, goes on. */
    void (*on_resume)(void *connection);
    /* Takes the response over and writes it. */
    void (*on_respond)(void *connection, struct hr_response *response);
    /* No response can be made: the connection ends. */
    void (*on_give_up)(void *connection, int reason);
    /* Whether the connection has to end behind a response given now. */
    bool (*must_close)(const void *connection);
    /* Whether the producer of the response has pushed back. */
    bool (*producer_waits)(const void *connection);
    void (*peer)(const void *connection, struct sockaddr_storage *peer);
};

/* Of a head; copies of it what the handler may ask for. -ENOMEM. */
int hr__exchange_new(struct hr_server_shard *shard, const struct hr_http1_message *message,
                     const struct hr_exchange_events *events, void *connection,
                     struct hr_http_exchange_s **exchange);
/* The parser's body bytes and their end, as its on_body and on_complete. */
ssize_t hr__exchange_take(struct hr_http_exchange_s *exchange, const char *data, size_t size);
void hr__exchange_complete(struct hr_http_exchange_s *exchange);
/* Whether its consumer is there and has not pushed back. */
bool hr__exchange_takes_body(const struct hr_http_exchange_s *exchange);
/* The producer of its response has pushed back. */
void hr__exchange_on_producer_waits(struct hr_http_exchange_s *exchange);
bool hr__exchange_responded(const struct hr_http_exchange_s *exchange);
/* Its response was written: on_end. May free. */
void hr__exchange_done(struct hr_http_exchange_s *exchange);
/* Its connection is gone, or has been responded to by the server itself. The exchange lives on
 * until its handler has been told. */
void hr__exchange_fail(struct hr_http_exchange_s *exchange, int reason);

#endif
