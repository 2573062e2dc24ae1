/* More of a store's refusal: for the owner of the request, where he has room for it, and for the
 * client's events. */
#include "s3_call.h"

static void clear(struct hr_refusal *refusal) {
    refusal->host_id[0] = refusal->resource[0] = refusal->endpoint[0] = refusal->region[0] = 0;
}

void hr__s3_refusal_begin(struct hr__s3_call *call) {
    struct hr_refusal *refusal = call->request->refusal;
    memset(&call->attempt, 0, offsetof(struct hr__s3_attempt, ids.host_id) + 1);
    call->attempt.ids.refusal = refusal;
    if (refusal) clear(refusal);
}

void hr__s3_refusal_keep(const struct hr__s3_call *call, struct hr_refusal *kept) {
    const struct hr_refusal *refusal = call->request->refusal;
    clear(kept);
    if (refusal) *kept = *refusal;
    memcpy(kept->host_id, call->attempt.ids.host_id, sizeof kept->host_id);
}

void hr__s3_refusal_return(struct hr__s3_call *call, const struct hr_refusal *kept) {
    memcpy(call->attempt.ids.host_id, kept->host_id, sizeof kept->host_id);
    if (call->request->refusal) *call->request->refusal = *kept;
}
