/* CreateSession: a request of the client's own, which asks for the credentials of a bucket. */
#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

#include <base/error_list.h>

#include "s3_call.h"
#include "s3_session.h"

static struct hr__s3_session_request *request_of(const struct hr__s3_call *call) {
    return hr__container_of(call->request, struct hr__s3_session_request, request);
}

/* The document is a secret: it is gone when it has been read, and no error quotes it. */
static int read_answer(struct hr__s3_call *call, struct hr_error *error) {
    struct hr__s3_session_request *asked = request_of(call);
    struct hr__issued_credentials issued;
    int err = hr__read_session(hr__s3_request_answer(call), &asked->texts, NULL, &issued);
    OPENSSL_cleanse(call->body.data, call->body.size);
    if (err)
        return hr_error_set(error, err,
                            "the answer to CreateSession is no document with "
                            "credentials");
    asked->issued = (struct hr_s3_credentials){.access_key = issued.access_key_id,
                                               .secret_key = issued.secret_access_key,
                                               .session_token = issued.session_token,
                                               .expires_s = issued.expires_s};
    asked->generation = call->keys.generation;
    return 0;
}

/* Not in the table of operations: nobody starts it but the client. */
static const struct hr__s3_row create_session = {
    .base = {"s3 create session", hr__s3_call_start, hr__s3_call_stop, hr__s3_call_resume,
             hr__s3_call_ended, hr__s3_call_timeout_ns},
    .operation = {.kind = HR__S3_SESSION,
                  .name = "CreateSession",
                  .method = "GET",
                  .sub_resource = "session",
                  .bucket = true,
                  .response = HR__S3_RESPONSE_DOCUMENT,
                  .proof = HR__S3_PROOF_DOCUMENT,
                  .repeat = HR__S3_REPEAT_FREELY,
                  .statuses = {200}},
    .call_at = offsetof(struct hr__s3_session_request, call_),
    .bucket_at = offsetof(struct hr__s3_session_request, bucket),
    .answer_body = read_answer,
};

/* The refusal as the error of those who wait; its status and code stay. */
static void explain(const struct hr_error *refusal, struct hr_error *error) {
    hr_error_set(error, refusal->code, "CreateSession: %s", refusal->message);
    hr__error_keep_refusal(refusal, error);
    if (refusal->http_status == 403)
        hr__add_remedy(error, "; allow s3express:CreateSession, or set "
                              "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH=true");
}

static void on_asked(struct hr_request *request) {
    struct hr__s3_session *session =
        hr__container_of(request, struct hr__s3_session, asked.request);
    struct hr__s3_session_request *asked = &session->asked;
    struct hr_s3_credentials_fetch *fetch = session->fetch;
    int result = request->result;
    session->fetch = NULL;
    if (result < 0)
        explain(&request->error, &fetch->error);
    else
        atomic_store(&session->made_by, asked->generation);
    fetch->on_done(fetch, result < 0 ? result : 0, result < 0 ? NULL : &asked->issued);
    hr__texts_free(&asked->texts);
}

/* On a reactor's thread, and there it stays. */
static int fetch_session(void *user, struct hr_s3_credentials_fetch *fetch) {
    struct hr__s3_session *session = user;
    hr_http_client *http = session->client->http;
    assert(!session->fetch);
    memset(&session->asked, 0, sizeof session->asked);
    session->asked.request.on_done = on_asked;
    session->asked.bucket = session->bucket;
    session->fetch = fetch;
    hr__http_client_hold(http);
    int err = hr__request_submit(&session->asked.request, hr__reactor_current(),
                                 &create_session.base, session->client);
    if (!err) return 0;
    session->fetch = NULL;
    explain(&session->asked.request.error, &fetch->error);
    hr__http_client_leave(http);
    return err;
}

static void stop_session(void *user, struct hr_s3_credentials_fetch *fetch) {
    struct hr__s3_session *session = user;
    if (session->fetch == fetch) hr_cancel(&session->asked.request);
}

const struct hr_s3_credentials_provider hr__s3_session_provider = {.fetch = fetch_session,
                                                                   .stop = stop_session};
