/* The operations of this server, each with its name and what it does to the store. Pure. */
#ifndef S3_SERVER_STORE_OPERATIONS_H
#define S3_SERVER_STORE_OPERATIONS_H

#include "route.h"

enum s3_effect {
    S3_EFFECT_NONE = 0, /* no row of the table: a mistake, and taken for a write */
    S3_EFFECT_READS,
    S3_EFFECT_WRITES,
};

struct s3_operation_traits {
    const char *name; /* as the S3 API Reference has it */
    enum s3_effect effect;
};

/* Of any operation; static storage. */
const struct s3_operation_traits *s3_server__operation_traits(enum s3_operation operation);

#endif
