/* Connections opened ahead of need. */
#include "connection.h"
#include "pool.h"

int hr__pool_open_ahead(struct hr_origin *origin, struct hr_pool_ahead *ahead) {
    const struct hr_pool_shard *shard = origin->shard;
    if (origin->open >= origin->limit || shard->open >= shard->limit) return 0;
    int err = hr__connection_open(origin, NULL, ahead);
    return err ? err : 1;
}

void hr__pool_cancel_ahead(struct hr_pool_ahead *ahead) {
    for (struct hr_connection *each = ahead->dialling; each; each = each->ahead_next)
        hr__connection_close(each);
}
