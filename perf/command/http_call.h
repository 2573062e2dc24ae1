/* What the files of `headrace http` share: one request, its body, its credentials, its answer. */
#ifndef COMMAND_HTTP_CALL_H
#define COMMAND_HTTP_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "pipe_source.h"
#include "session.h"
#include "stream.h"
#include "transfer_file.h"

#define HTTP_ATTEMPTS_LOGGED 32
#define HTTP_URL_SIZE        8192
#define HTTP_PASSWORD_SIZE   1024
#define HTTP_TOKEN_SIZE      8192

struct http_values {
    struct engine_options engine;
    struct tls_values tls;
    struct network_values network;
    struct option_list headers;
    const char *body, *body_file, *output, *user, *bearer;
    uint64_t redirects, retry, timeout_ms;
    bool include, json, fail, decode, location, idempotent;
};

/* Who asks: read before the first thread, wiped at the end. */
struct http_credentials {
    struct hr_http_auth auth;
    char user[HTTP_PASSWORD_SIZE];
    char secret[HTTP_TOKEN_SIZE];
};

/* --user and --bearer; a password may be asked for at the terminal. EXIT_DONE, or the exit code
 * after a complaint. */
int http_credentials_read(const struct http_values *values, struct http_credentials *credentials);
void http_credentials_wipe(struct http_credentials *credentials);

/* The body that is sent. */
struct http_body {
    int fd; /* of a regular file, -1: none */
    pipe_source *pipe;
};

/* The heads that came and where the body goes to. */
struct http_answer {
    const char *path; /* "-" standard output, NULL nowhere */
    bool forced;      /* standard output was asked for by name */
    bool include;     /* heads too */
    bool fail;        /* nothing of an answer of 400 and more is written */
    struct local_target target;
    stream *stream;
    int status;
    bool withheld; /* by `fail` */
    bool binary;   /* refused: the terminal */
    bool begun;    /* bytes of the body have come */
    bool complete; /* a final head has come */
    char *heads;   /* as they came, the final one last, without an empty line behind them */
    size_t heads_size, heads_written;
    size_t final_at; /* where the final one begins */
};

struct http_call {
    struct hr_http_request request; /* the first: a callback gets its address */
    struct session session;
    const struct http_values *values;
    hr_http_client *client;
    struct http_credentials credentials;
    struct http_body body;
    struct http_answer answer;
    struct hr_http_field fields[OPTION_LIST_MAX];
    struct hr_attempt attempts[HTTP_ATTEMPTS_LOGGED];
    struct resolve_settings resolve;
    char final_url[HTTP_URL_SIZE];
};

/* Sets the request's body. EXIT_DONE, or the exit code after a complaint. */
int http_body_open(struct http_call *call);
/* The request is done. 0, or the code of what could not be read. */
int http_body_close(struct http_body *body);

/* Sets the request's sink and on_head. EXIT_DONE, or the exit code after a complaint. */
int http_answer_open(struct http_call *call);
/* The request has ended with `result`: writes what is left, puts the file in its place. The result,
 * or what went wrong with the output. */
int http_answer_close(struct http_call *call, int result, struct hr_error *error);

/* One JSON object; `error` has code 0 where there is none. */
void http_report_json(const struct http_call *call, const struct hr_error *error);

#endif
