/* A server's part on one reactor, as its connections, exchanges and responses see it. On that
 * reactor's thread alone. */
#ifndef HR_NET_SERVER_SHARD_H
#define HR_NET_SERVER_SHARD_H

#include <stdbool.h>

#include <engine/reactor.h>
#include <headrace/http_server.h>

#include "blocks.h"
#include "server_watch.h"
#include "tls_stream.h"

struct hr_server_connection;

struct hr_server_shard {
    struct hr_reactor *reactor;
    const struct hr_http_server_options *options; /* the server's, defaults filled in */
    struct hr_tls_context *tls;                   /* NULL: plain */
    struct hr_server_watch_plan watch_plan;
    struct hr_blocks blocks; /* for bodies from files and producers */
    struct hr_server_connection *connections;
    unsigned *connection_count; /* atomic; over all shards, without those over the limit */
    unsigned over_limit;        /* connections that are being told so */
    unsigned detached;          /* exchanges that no connection has and that are still in memory */
    bool closing;
    /* A connection or a detached exchange is gone, so that the shard may end. May free the shard.
     */
    void (*on_gone)(struct hr_server_shard *shard);
};

#endif
