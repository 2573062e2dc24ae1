/* A request of the S3 client, prepared and written, and never started. */
#ifndef HR_TESTS_PREPARED_H
#define HR_TESTS_PREPARED_H

#include "s3_call.h"

struct prepared {
    struct hr_s3_client_s client; /* of which endpoint, payload, anonymous and sums are read */
    struct hr__s3_call *call;
    struct hr__s3_message message;
    struct hr_error error;
    enum hr_s3_addressing addressing; /* in */
    const char *region;               /* in */
    bool dual_stack, accelerate;      /* in */
    char *memory;
};

/* `request` is the struct of the kind. The error of preparing, checking or writing. */
int prepared_make(struct prepared *made, enum hr__s3_kind kind, void *request,
                  const char *endpoint);
void prepared_free(struct prepared *made);
/* The value of a field; data NULL: there is none. */
struct hr_slice prepared_field(const struct prepared *made, const char *name);
/* The field has this value, or with NULL is not there. */
bool prepared_has(const struct prepared *made, const char *name, const char *value);

#endif
