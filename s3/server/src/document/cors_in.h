/* The rules of CORS of a bucket, and what they say to a request. Pure. Source: the Fetch standard,
 * "HTTP-CORS protocol", and the S3 User Guide, "Using cross-origin resource sharing". */
#ifndef S3_SERVER_CORS_IN_H
#define S3_SERVER_CORS_IN_H

#include "xml_in.h"

#define S3_CORS_RULES_MAX 100
#define S3_CORS_WORDS_MAX 1000 /* origins, methods and fields of all rules */

enum s3_cors_kind { S3_CORS_ORIGIN, S3_CORS_METHOD, S3_CORS_HEADER, S3_CORS_EXPOSED };

struct s3_cors_word {
    size_t rule;
    enum s3_cors_kind kind;
    struct hr_slice text;
};
struct s3_cors_rules {
    struct s3_cors_word *words; /* the arena's, by rule */
    size_t word_count, rule_count;
    struct s3_cors_age {
        uint64_t seconds;
        bool is_set;
    } ages[S3_CORS_RULES_MAX];
};
/* MalformedXML, InvalidRequest (a method or a pattern that there is not), NotImplemented,
 * InternalError; memory is the arena's. */
enum s3_error s3_server__xml_read_cors(struct hr_slice document, struct s3_arena *arena,
                                       struct s3_cors_rules *rules, struct hr_slice *unknown);

struct s3_cors_request {
    struct hr_slice origin, method;
    struct hr_slice fields; /* Access-Control-Request-Headers; empty: none */
};
struct s3_cors_match {
    size_t rule;
    bool any_origin; /* the rule's origin is a star alone */
};
/* The first rule that lets the request in; false: none does. */
bool s3_server__cors_match(const struct s3_cors_rules *rules, const struct s3_cors_request *request,
                           struct s3_cors_match *match);
/* The words of a rule, with ", " between them; the arena's. Size 0: it has none. */
struct hr_slice s3_server__cors_join(const struct s3_cors_rules *rules, size_t rule,
                                     enum s3_cors_kind kind, struct s3_arena *arena);

#endif
