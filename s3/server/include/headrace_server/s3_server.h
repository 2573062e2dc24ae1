/* The embedded S3-compatible server: for the command and for tests, never in the library. It keeps
 * objects in memory, or as files in a folder. It verifies every signature (header, query,
 * aws-chunked with chunk signatures and trailers) and every checksum. */
#ifndef HEADRACE_SERVER_S3_SERVER_H
#define HEADRACE_SERVER_S3_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/http_server.h>

struct s3_server_s;
typedef struct s3_server_s s3_server;

/* Told while a store is read out of its folder. */
struct s3_server_found {
    uint64_t files;   /* that have been read */
    uint64_t damaged; /* moved aside; known at the end */
    bool done;
};

/* Most further keys, and most buckets that are read without one. */
#define S3_SERVER_KEYS_MAX       1000
#define S3_SERVER_BUCKETS_MAX    1000
#define S3_SERVER_ACCESS_KEY_MAX 128 /* bytes */

/* One identity that is let in. */
struct s3_server_key {
    const char *access_key, *secret_key;
    bool read_only; /* AccessDenied for every operation that changes something */
};

struct sockaddr_storage; /* <sys/socket.h> */

/* A request and its response, once that has gone out or broken off. Texts are as the client sent
 * them, control bytes too; they hold until on_record returns. No text of it is secret. */
struct s3_server_record {
    const struct sockaddr_storage *client; /* ss_family AF_UNSPEC: not known */
    struct hr_slice access_key;            /* claimed, and known here; empty: none */
    struct hr_slice method, bucket, key;
    const char *operation; /* "GetObject"; NULL: not known, or none */
    const char *error;     /* S3's code; NULL: none */
    const char *request_id;
    int status;                   /* 0: the connection broke before the response */
    int result;                   /* 0, or why not all of the response went out */
    uint64_t bytes_in, bytes_out; /* of the bodies; out: of the whole response */
    uint64_t duration_ns;         /* from the head to the end of the response */
};

struct s3_server_options {
    const char *listen;     /* as hr_http_server_options; NULL: 127.0.0.1:0 */
    const char *access_key; /* both needed, or both NULL where there are `keys` */
    const char *secret_key;
    const struct s3_server_key *keys; /* further ones; no access key twice */
    size_t key_count;
    const char *const *anonymous_read; /* buckets from which everybody may get and head objects,
                                          and list them, without a signature */
    size_t anonymous_read_count;
    const char *session_token; /* requests must have it; NULL: any, or none, is let in */
    const char
        *region; /* NULL: any region in the credential scope is accepted, us-east-1 is told */
    const char *domain;       /* virtual-host requests: BUCKET.domain; NULL: s3.localhost */
    uint64_t store_bytes_max; /* of all objects; 0 is 1 GiB; more: 507 InsufficientStorage… named
                                 error */
    uint64_t time_offset_s;   /* tests: shifts the server's clock */
    bool any_credentials;     /* any access key and secret: nobody's signature is compared. Only for
                                 tests of clients: whoever reaches the port may do everything */
    bool sigv2;               /* URLs presigned in the older way (HMAC-SHA1) are let in, too */
    const char *preload;      /* a folder: each folder in it a bucket, each file below an object */
    const char *faults;  /* failures on demand, "SlowDown=0.05,lost=0.01" (docs/s3-server.md) */
    uint64_t fault_seed; /* the nth request of a seed fails in the same way */
    const char *store_folder; /* objects are kept as files in it; NULL: in memory */
    uint64_t store_files_max; /* objects, parts and copies; 0 is 1,000,000; more: 507 */
    bool store_fsync;         /* a write is answered when it is on the medium */
    bool store_scrub_full;    /* the start reads all bytes, too, and compares their checksums */
    void (*on_found)(void *user, const struct s3_server_found *found); /* inside s3_server_new */
    void *user;
    bool secure_keys_only; /* keys of clients (SSE-C) are refused over plain HTTP, as S3 does */
    /* After each request but health checks, on its reactor's thread; may not block. NULL: not. */
    void (*on_record)(void *user, const struct s3_server_record *record);
    void *record_user;
    struct hr_http_server_options http; /* limits; listen, on_request and user are ignored */
};

/* Blocks until it listens. Errors as hr_http_server_new; of a store's folder also -EBUSY (another
 * process serves it), -ENOTEMPTY (it is no store), -EPROTO (of another version). The caller owns
 * it. */
int s3_server_new(hr_engine *engine, const struct s3_server_options *options,
                  struct hr_error *error, s3_server **server);
uint16_t s3_server_port(const s3_server *server);
/* As hr_http_server_close, but it never blocks; frees the store. */
void s3_server_close(s3_server *server, void (*on_closed)(void *user), void *user);

#endif
