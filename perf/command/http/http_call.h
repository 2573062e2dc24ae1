/* Shared by the files of `headrace http`: one request, its body, its credentials, its response. */
#ifndef COMMAND_HTTP_CALL_H
#define COMMAND_HTTP_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "byte_buffer.h"
#include "output_stream.h"
#include "pipe_source.h"
#include "session.h"
#include "target.h"

#define HTTP_ATTEMPTS_LOGGED 32
#define HTTP_URL_SIZE        8192
#define HTTP_URLS_MAX        128
#define HTTP_FIELDS_MAX      256
#define HTTP_FIELDS_ADDED    8 /* at most, by options other than --header */
#define HTTP_PASSWORD_SIZE   1024
#define HTTP_TOKEN_SIZE      8192
#define HTTP_RANGE_SIZE      256

/* The tags of lists: which option an item is of. */
enum http_data_kind {
    HTTP_DATA,
    HTTP_DATA_RAW,
    HTTP_DATA_BINARY,
    HTTP_DATA_URLENCODE,
    HTTP_DATA_JSON,
};
enum http_form_kind { HTTP_FORM, HTTP_FORM_STRING };
enum http_output_kind { HTTP_OUTPUT_FILE, HTTP_OUTPUT_REMOTE };

/* The request, by options. */
struct http_request_values {
    const char *method, *range, *user_agent, *referer, *user, *bearer;
    struct option_list headers, cookies;
    bool head;
};

/* The body that is sent. */
struct http_body_values {
    struct option_list data, forms, uploads;
    const char *text, *file;
    bool get; /* the data goes into the query */
};

/* How far a request goes, and when it has failed. */
struct http_policy_values {
    uint64_t redirects, redirects_limit, retry, timeout_ms;
    bool location, idempotent, fail, fail_with_body, fail_early;
};

/* The place where the body of a response is written. */
struct http_output_values {
    struct option_list files; /* one a URL, in order */
    const char *folder, *continue_at;
    bool include, decode, make_folders, remote_name_all;
};

/* Reports besides the body. */
struct http_report_values {
    const char *write_out;
    bool json, silent, show_error, no_meter, verbose;
};

struct http_values {
    struct engine_options engine;
    struct tls_values tls;
    struct network_values network;
    struct http_request_values request;
    struct http_body_values body;
    struct http_policy_values policy;
    struct http_output_values output;
    struct http_report_values report;
    bool as_always; /* of options that ask for what is always so */
};

/* The credentials: read before the first thread, wiped at the end. */
struct http_credentials {
    struct hr_http_auth auth;
    char user[HTTP_PASSWORD_SIZE];
    char secret[HTTP_TOKEN_SIZE];
};

/* --user and --bearer; a password may be asked for at the terminal. EXIT_DONE, or the exit code
 * after a complaint. */
int http_credentials_read(const struct http_values *values, struct http_credentials *credentials);
void http_credentials_wipe(struct http_credentials *credentials);

/* The body that is sent, where it is a file or comes through a pipe. */
struct http_body {
    int fd; /* -1: none */
    pipe_source *pipe;
};

/* One field of a form: its head and what is in memory, then a file. */
struct http_form_part {
    struct byte_buffer text;
    int fd; /* -1: no file */
    uint64_t file_size;
};

/* A body of multipart/form-data; the last part is the end of it. */
struct http_form {
    struct http_form_part parts[OPTION_LIST_MAX + 1];
    size_t count;
    uint64_t size;
    size_t at; /* the part that is read, and how far */
    uint64_t offset;
    char boundary[64];
    char type[256]; /* of the whole */
};

/* The heads of a response, as they came: the final one last, without an empty line behind it. */
struct http_heads {
    char *text; /* NULL: not opened */
    size_t size, written;
    size_t final_at; /* where the final one begins */
    bool complete;   /* a final head has come */
};

/* Where a body goes to. */
struct http_output {
    const char *path;           /* "-" standard output, NULL nowhere */
    char made[LOCAL_PATH_SIZE]; /* the path where it is made up */
    bool standard;              /* the body goes to standard output, /dev/stdout too */
    bool forced;                /* standard output was asked for by name */
    bool remote;                /* named after the URL */
    bool include;               /* heads too */
    bool dropped;               /* no body is written: --head with a method of its own */
    bool fail;                  /* nothing of a response of 400 and more is written */
};

/* A body that goes on where a file ends. */
struct http_part {
    bool resuming;            /* the body goes behind what the file holds */
    bool had_all;             /* there was nothing left to resume */
    bool refused;             /* the body is not the part that was asked for */
    uint64_t begin, position; /* of the body in the file */
    uint64_t offset;          /* which byte of the whole it was to begin with */
};

/* A response: what is kept of it, and how far it has come. */
struct http_response {
    struct http_heads heads;
    struct http_output output;
    struct http_part part;
    struct local_target target;
    stream *stream; /* NULL: the sink is the target's own */
    int status;
    bool withheld;                  /* by `fail`, or dropped */
    bool binary;                    /* refused: the terminal */
    bool begun;                     /* bytes of the body have come */
    bool http10;                    /* of HTTP/1.0 */
    _Atomic uint64_t content_bytes; /* of the body as announced; 0: not known */
};

/* The URLs, and the one that is asked. */
struct http_urls {
    const char *method;          /* that was named; NULL: none */
    const char *standard_method; /* that the options stand for */
    const char *list[HTTP_URLS_MAX];
    size_t count, index;
    struct byte_buffer made; /* with all that options add */
    char final[HTTP_URL_SIZE];
};

/* The header fields of every request, and the memory behind them. */
struct http_fields {
    struct hr_http_field list[HTTP_FIELDS_MAX + HTTP_FIELDS_ADDED];
    struct hr_http_field removed[HTTP_FIELDS_MAX]; /* not sent, though an option adds them */
    size_t count, removed_count;
    struct byte_buffer text, cookies; /* of files of fields; of all --cookie */
    char range[HTTP_RANGE_SIZE];
};

/* The data of --data and --body, or the form. */
struct http_data {
    struct byte_buffer text;
    struct http_form *form; /* NULL: none */
    const char *content_type;
    bool json;
};

/* Asking again for the rest of a body that broke off. */
struct http_resume {
    uint64_t count; /* how often it was done */
    char range[48];
    char etag[HTTP_RANGE_SIZE]; /* strong, of the response that broke off; "": none */
};

/* Over the attempts of one URL. */
struct http_totals {
    uint64_t sent_head_bytes, connects;
};

/* One call of the command. Request, body, response and totals are those of one URL, begun anew for
 * the next; the rest is made once. */
struct http_call {
    struct hr_http_request request; /* the first: a callback gets its address */
    struct session session;
    const struct http_values *values;
    hr_http_client *client;
    struct http_credentials credentials;
    struct http_urls urls;
    struct http_fields fields;
    struct http_data data;
    struct http_resume resume;
    struct http_body body;
    struct http_response response;
    struct http_totals totals;
    struct byte_buffer format; /* of --write-out */
    struct hr_attempt attempts[HTTP_ATTEMPTS_LOGGED];
    struct resolve_settings resolve;
};

/* The functions below give EXIT_DONE, or the exit code after a complaint, where nothing else is
 * said. */

/* The method and the URLs, from the arguments and the options that stand for a method. */
int http_url_arguments(const struct command_call *arguments, struct http_call *call);
/* Makes call->urls.made: with a scheme, the query of --get, the name of an upload. */
int http_url_make(struct http_call *call, size_t index);
/* The method of this URL, and the file that is uploaded to it ("": none). */
const char *http_url_method(const struct http_call *call);
const char *http_url_upload(const struct http_call *call);
/* The text behind the last '/' of a URL's path, as it stands; may be empty. */
struct hr_slice http_url_last_name(const char *url);

/* Joins what --data and its relatives give. */
int http_data_join(struct http_call *call);

/* Takes line ends and zero bytes out, from `at` on, as curl does to files of text. */
void http_data_strip(struct byte_buffer *buffer, size_t at);

/* Reads what --form gives; closes its files. */
int http_form_open(struct http_call *call);
void http_form_close(struct http_call *call);
/* The form from its beginning. */
struct hr_source http_form_source(struct http_form *form);

/* Reads --header; adds the fields of other options. Slices point into the values and the call. */
int http_fields_read(struct http_call *call);
int http_fields_add(struct http_call *call);
bool http_field_is_given(const struct http_call *call, const char *name);
bool http_field_is_removed(const struct http_call *call, const char *name);
/* The check of --header. */
int http_header_check(const char *text, char *why, size_t why_size);

/* Sets the request's body. */
int http_body_open(struct http_call *call);
/* The request is done. 0, or the code of what could not be read. */
int http_body_close(struct http_body *body);

/* Sets the request's sink and on_head. */
int http_response_open(struct http_call *call);
/* The request has ended with `result`: writes what is left, puts the file in its place. The result,
 * or what went wrong with the output. */
int http_response_close(struct http_call *call, int result, struct hr_error *error);
/* 0 or -ENOMEM. */
int http_heads_open(struct http_heads *heads);
void http_heads_close(struct http_heads *heads);
/* Keeps a head. A final one behind a final one is that of the next attempt and takes its place. 0,
 * or HR_ERR_HTTP_HEAD_TOO_LARGE. */
int http_heads_add(struct http_heads *heads, const struct hr_http_head *head);
/* The first field of that name in the final head; data NULL: none. */
struct hr_slice http_heads_field(const struct http_heads *heads, const char *name);
/* The next field of the final head, from `*at` on, which is 0 before the first; false: none. */
bool http_heads_next(const struct http_heads *heads, size_t *at, struct hr_http_field *field);
/* Hands them to a sink, and an empty line; false: it had no room for all, and is to be asked again.
 */
bool http_heads_write(struct http_heads *heads, const struct hr_sink *sink);
/* Prints them on standard output. */
void http_heads_print(const struct http_heads *heads);

/* Opens the file of response->output.path: with its folders, and in place where it is continued. */
int http_target_open(struct http_call *call, const char *name);

/* --continue-at, behind the opening of the target: asks for the rest. */
int http_resume_open(struct http_call *call);
/* Looks at the final head. 0, or the code with which the request is ended before its body. */
int http_resume_head(struct http_part *part, const struct hr_http_head *head);
/* The result of a request that was ended so. */
int http_resume_end(struct http_call *call, int result, struct hr_error *error);

/* Whether what is continued broke off and is asked for again, from where it ended. Waits a little.
 */
bool http_resume_again(struct http_call *call, int result, const struct hr_error *error);

/* --verbose, on standard error. */
void http_verbose_attempt(const struct http_call *call, const struct hr_http_attempt *attempt);
void http_verbose_head(const struct hr_http_head *head);
void http_verbose_trailers(const struct hr_http_field *fields, size_t count);

/* --write-out, when all else of a URL is done. */
void http_write_out(const struct http_call *call, int exit_code, const struct hr_error *error);

/* One JSON object; `error` has code 0 where there is none. */
void http_report_json(const struct http_call *call, const struct hr_error *error,
                      enum exit_code class);
/* The address as text and the port, of version 4 or 6; else "" and 0. */
unsigned http_peer(const struct sockaddr_storage *peer, char *address, size_t size);

/* The sentence about an option that only curl has; NULL: not known. */
const char *curl_option_sentence(struct hr_slice name, char letter);

extern const struct option http_table[], http_body_table[], http_output_table[];

#endif
