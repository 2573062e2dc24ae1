/* How long a connection may stand idle, and the lists of those that do. */
#ifndef HR_NET_POOL_IDLE_H
#define HR_NET_POOL_IDLE_H

#include "connection.h"

/* How long one may, as far as is known now. */
uint64_t hr__idle_timeout_ns(const struct hr_origin *origin);
/* Whether an idle one has stood that long. */
bool hr__idle_too_long(const struct hr_connection *connection);
/* The peer has closed an idle one. */
void hr__idle_closed(const struct hr_connection *connection);
/* A connection was found dead when it was used, after having stood idle so long (0: not at all). */
void hr__idle_lost(struct hr_origin *origin, uint64_t idle_ns);
/* The peer says that it closes idle connections after so long. */
void hr__idle_announced(struct hr_origin *origin, uint64_t timeout_ns);

/* The lists: the one used last is the first taken, the longest unused the first closed. */
void hr__idle_add(struct hr_connection *connection);
void hr__idle_remove(struct hr_connection *connection);

#endif
