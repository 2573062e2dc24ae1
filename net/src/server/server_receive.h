/* Requests that come in on a connection. Reactor thread only. */
#ifndef HR_NET_SERVER_RECEIVE_H
#define HR_NET_SERVER_RECEIVE_H

#include "server_shard.h"

/* Serves the connection of an accepted descriptor, which it takes over. It is closed at once where
 * there is no memory, or where too many are over the limit. */
void hr__server_receive_begin(struct hr_server_shard *shard, int fd);

#endif
