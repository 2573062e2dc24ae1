/* What every request of a client begins with; written once, read by all reactors. */
#ifndef HR_NET_HTTP_FIELDS_H
#define HR_NET_HTTP_FIELDS_H

#include <headrace/http_client.h>

/* Header fields of the client's options. */
#define HR_CLIENT_FIELDS_MAX 64
/* A URL that had to be resolved against base_url, its NUL too. */
#define HR_URL_MAX 8192

struct hr_client_fields {
    char *base_url; /* NULL: none */
    struct hr_http_field *fields;
    size_t field_count;
    char *text; /* of the fields; they may hold a key: wiped when freed */
    size_t text_size;
    char *authorization; /* the value; NULL: none; wiped when freed */
    char *deadline_field;
    uint32_t redirects_max;
    bool redirect_downgrade;
    uint64_t decoded_bytes_max;
};

/* Whether `fields` has one of this name, in whatever case. */
bool hr__fields_have(const struct hr_http_field *fields, size_t count, struct hr_slice name);
/* Whether the library itself writes a field of this name: Content-Length, Transfer-Encoding,
 * Connection, Expect. */
bool hr__fields_reserved(struct hr_slice name);
/* The value of Authorization, for hr__credentials_free; NULL where there are no credentials.
 * -EINVAL, -ENOMEM; the message holds none of them. */
int hr__auth_value(const struct hr_http_auth *auth, struct hr_error *error, char **value);

#endif
