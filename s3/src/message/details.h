/* Parameters, fields and texts that few requests have: allocated when the first of them is added.
 * Nothing in here is written again between two attempts. One thread at a time. */
#ifndef HR_S3_DETAILS_H
#define HR_S3_DETAILS_H

#include <headrace/s3.h>

#define HR__S3_QUERY_MAX      12
#define HR__S3_OWN_FIELDS_MAX 48

/* Memory of one text, in a list. */
struct hr__s3_text;

struct hr__s3_details {
    struct hr_s3_query query[HR__S3_QUERY_MAX];
    struct hr_http_field fields[HR__S3_OWN_FIELDS_MAX];
    size_t query_count, field_count;
    struct hr__s3_text *texts;
    bool secret; /* a text is one: all are wiped */
};

/* A place where details may be, and the first error met while they were added: so one check at the
 * end is enough. */
struct hr__s3_adder {
    struct hr__s3_details **details;
    struct hr_error *error; /* gets the message; may be NULL */
    bool tls;               /* the request goes over TLS */
    int err;
};

/* Adds a parameter of the query; those of one request are added in the order of their names.
 * `name` is static, `value` borrowed. */
void hr__add_query(struct hr__s3_adder *add, const char *name, struct hr_slice value);
void hr__add_query_text(struct hr__s3_adder *add, const char *name,
                        const char *value);                                         /* NULL: no */
void hr__add_query_u64(struct hr__s3_adder *add, const char *name, uint64_t value); /* 0: no */

/* Adds a header field; `name` is static, `value` borrowed. A value that is not printable ASCII is
 * HR_ERR_HEADER_INVALID. */
void hr__add_field(struct hr__s3_adder *add, const char *name, struct hr_slice value);
void hr__add_field_text(struct hr__s3_adder *add, const char *name,
                        const char *value); /* NULL: no */
void hr__add_field_u64(struct hr__s3_adder *add, const char *name, uint64_t value);

/* Refuses the request: the first error counts. */
void hr__add_refuse(struct hr__s3_adder *add, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory that lasts as long as the details. NULL: an error is set. */
char *hr__add_memory(struct hr__s3_adder *add, size_t size);

/* Takes all parameters, fields and texts out again. NULL: nothing. */
void hr__s3_details_reset(struct hr__s3_details *details);
/* Wipes what is secret. NULL: nothing. */
void hr__s3_details_free(struct hr__s3_details *details);

#endif
