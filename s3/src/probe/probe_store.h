/* The requests of a probe: each blocks until it has ended. */
#ifndef HR_S3_PROBE_STORE_H
#define HR_S3_PROBE_STORE_H

#include <headrace/s3.h>

#define HR__PROBE_KEY_MAX 96

struct hr__probe {
    hr_s3_client *client;
    struct hr_s3_probe *user;
    char prefix[48]; /* with a slash at its end */
    char key[HR__PROBE_KEY_MAX];
    struct hr_error error; /* of the last request */
};

/* A key of the probe's own, in probe->key. */
const char *hr__probe_key(struct hr__probe *probe, const char *name);
/* Puts a small object, with a field or none. The result of the request; probe->error. */
int hr__probe_put(struct hr__probe *probe, const char *name, const struct hr_http_field *field);
/* Puts it in chunks, with the checksum behind them, and reads it back: a store that does not know
 * chunks keeps them as the object. The result; 1: it has other bytes. */
int hr__probe_put_trailer(struct hr__probe *probe, const char *name,
                          enum hr_s3_checksum_algorithm algorithm, bool tls);
void hr__probe_remove(struct hr__probe *probe, const char *name);
/* Asks for a listing of one object below the prefix; whether the answer has `needle`. */
bool hr__probe_listing_has(struct hr__probe *probe, bool encoded, const char *needle);
/* Uploads the object in one part; `etag` has room for 256. */
int hr__probe_upload(struct hr__probe *probe, const char *name, char *etag);

/* The bytes of all its objects. */
extern const struct hr_slice hr__probe_content;

#endif
