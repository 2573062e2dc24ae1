/* One question over HTTP to a service that gives credentials: sent, repeated where that may help,
 * answered into memory that is wiped. On one reactor. */
#ifndef HR_S3_CREDENTIALS_EXCHANGE_H
#define HR_S3_CREDENTIALS_EXCHANGE_H

#include <net/http_hooks.h>

#include "writer.h"

#define HR__EXCHANGE_URL_MAX      2048
#define HR__EXCHANGE_FIELDS_MAX   8
#define HR__EXCHANGE_REQUEST_MAX  65536 /* bytes of a form and of fields */
#define HR__EXCHANGE_RESPONSE_MAX 65536
#define HR__EXCHANGE_ATTEMPTS_MAX 100

enum hr__exchange_again {
    HR__EXCHANGE_SERVER_ERRORS, /* 5xx, 429, and answers that do not come */
    HR__EXCHANGE_RESPONSES,     /* 5xx and 429 alone: where nobody answers, nobody is there */
};

struct hr__credentials_exchange {
    struct hr_http_request http;
    struct hr_reactor *reactor;
    hr_http_client *client;
    /* In. */
    unsigned attempts_max;
    uint32_t timeout_ms; /* of an attempt: to connect, and until the answer has come */
    enum hr__exchange_again again;
    /* Whether an error of the service may pass. NULL: none but those above. */
    bool (*passes)(struct hr_slice response);
    void (*on_done)(struct hr__credentials_exchange *exchange, int result);
    /* Out. */
    struct hr_slice response; /* of the last attempt */
    /* Its own. */
    unsigned attempt;
    bool busy;
    struct hr_timer timer; /* of the current attempt */
    bool timed_out;
    struct hr__writer text; /* what is left of the memory for the request */
    struct hr_http_field fields[HR__EXCHANGE_FIELDS_MAX];
    char url[HR__EXCHANGE_URL_MAX];
    char request[HR__EXCHANGE_REQUEST_MAX];
    char answer[HR__EXCHANGE_RESPONSE_MAX];
};

/* Empties it for the next question: GET, one attempt. The URL and fields are written next. */
void hr__exchange_begin(struct hr__credentials_exchange *exchange);
/* A field, whose text is the caller's or was written to exchange->text. */
void hr__exchange_field(struct hr__credentials_exchange *exchange, const char *name,
                        struct hr_slice value);
/* Asks; on_done comes, not from inside. */
void hr__exchange_start(struct hr__credentials_exchange *exchange);
/* on_done comes soon, with `reason`. Idle: nothing. Not from inside on_done. */
void hr__exchange_stop(struct hr__credentials_exchange *exchange, int reason);
/* Wipes. */
void hr__exchange_wipe(struct hr__credentials_exchange *exchange);

#endif
