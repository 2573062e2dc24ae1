/* The tables of the options that several commands over an object have. */
#include "s3_object_values.h"

#include <stddef.h>

#include "s3_customer_key.h"

#define VALUE(field) offsetof(struct s3_object_values, field)

#define VERSION_ROW                                                                                \
    {                                                                                              \
        "version-id", "ID", OPTION_STRING, VALUE(version_id),                                      \
            .of_call = true, .help = "This version of the object (default: the current one)"       \
    }
#define MATCH_ROW                                                                                  \
    {                                                                                              \
        "if-match", "ETAG", OPTION_STRING, VALUE(if_match),                                        \
            .of_call = true, .help = "Only if the object has this ETag; else it fails"             \
    }
#define NONE_MATCH_ROW                                                                             \
    {                                                                                              \
        "if-none-match", "ETAG", OPTION_STRING, VALUE(if_none_match),                              \
            .of_call = true,                                                                       \
            .help = "Only if the object has another ETag; an upload takes '*': only if there is "  \
                    "no such object"                                                               \
    }
#define CUSTOMER_KEY_ROW                                                                           \
    {                                                                                              \
        "sse-c", "PLACE", OPTION_STRING, VALUE(customer_key),                                      \
            .check = s3_customer_key_check, .aliases = "sse-c-key|sse-customer-key",               \
            .help = "SSE-C: the key of the object, file:PATH or env:NAME, 32 bytes as they are "   \
                    "or in base64; over https alone"                                               \
    }
#define PAYER_ROW                                                                                  \
    {                                                                                              \
        "request-payer", NULL, OPTION_FLAG, VALUE(request_payer),                                  \
            .aliases = "requester-pays",                                                           \
            .help = "The requester pays, where the bucket wants it so"                             \
    }
#define OWNER_ROW                                                                                  \
    {                                                                                              \
        "expected-bucket-owner", "ACCOUNT", OPTION_STRING, VALUE(expected_owner),                  \
            .help = "Only if the bucket is of this account"                                        \
    }

const struct option s3_object_table[] = {VERSION_ROW, MATCH_ROW, NONE_MATCH_ROW, CUSTOMER_KEY_ROW,
                                         PAYER_ROW,   OWNER_ROW, {.name = NULL}};

const struct option s3_remove_table[] = {
    VERSION_ROW, MATCH_ROW, PAYER_ROW, OWNER_ROW, {.name = NULL}};

const struct option s3_version_table[] = {VERSION_ROW, PAYER_ROW, OWNER_ROW, {.name = NULL}};

const struct option s3_existence_table[] = {
    VERSION_ROW, CUSTOMER_KEY_ROW, PAYER_ROW, OWNER_ROW, {.name = NULL}};

const struct option s3_requester_table[] = {PAYER_ROW, OWNER_ROW, {.name = NULL}};
