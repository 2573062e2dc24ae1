/* The requests to STS, and its answers. */
#include "sts.h"

#include <errno.h>

#include <headrace/text.h>

#include "documents.h"

#define ACCOUNT_MAX 64

static const char *action_of(const struct hr__sts_request *request) {
    return request->token.size > 0 ? "AssumeRoleWithWebIdentity" : "AssumeRole";
}

static void put_field(struct hr__writer *out, const char *name, struct hr_slice value) {
    if (value.size == 0) return;
    hr__put_byte(out, '&');
    hr__put_text(out, name);
    hr__put_byte(out, '=');
    hr__put_percent(out, value, HR_PERCENT_STRICT);
}

void hr__sts_write(const struct hr__sts_request *request, struct hr__writer *out) {
    hr__put_text(out, "Action=");
    hr__put_text(out, action_of(request));
    hr__put_text(out, "&Version=2011-06-15");
    put_field(out, "RoleArn", request->role_arn);
    put_field(out, "RoleSessionName", request->session_name);
    put_field(out, "ExternalId", request->external_id);
    put_field(out, "DurationSeconds", request->duration_s);
    put_field(out, "WebIdentityToken", request->token);
}

/* ---- Reading. */

/* arn:PARTITION:sts::ACCOUNT:assumed-role/… */
static struct hr_slice account_of(struct hr_slice arn) {
    struct hr_slice part = {NULL, 0};
    for (int i = 0; i < 5; i++)
        if (!hr_slice_cut(&arn, ':', &part)) return hr_slice_bytes(NULL, 0);
    return part.size <= ACCOUNT_MAX ? part : hr_slice_bytes(NULL, 0);
}

int hr__sts_read(const struct hr__sts_request *request, struct hr_slice document,
                 struct hr__texts *texts, struct hr_error *error,
                 struct hr_s3_credentials *credentials) {
    struct hr__issued_credentials issued;
    struct hr_error why; /* may quote */
    int err = request->token.size > 0 ? hr__read_web_identity(document, texts, &why, &issued)
                                      : hr__read_assumed_role(document, texts, &why, &issued);
    if (err == -ENOMEM) return hr_error_set(error, err, "no memory for the answer of STS");
    if (err)
        return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                            "the answer of STS is no document with credentials");
    *credentials = (struct hr_s3_credentials){.access_key = issued.access_key_id,
                                              .secret_key = issued.secret_access_key,
                                              .session_token = issued.session_token,
                                              .account_id = account_of(issued.assumed_role_arn),
                                              .expires_s = issued.expires_s};
    return 0;
}

static bool is_name(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char lower = (char)(text.data[i] | 0x20);
        if ((lower < 'a' || lower > 'z') && text.data[i] != '.') return false;
    }
    return true;
}

void hr__sts_error_code(struct hr_slice document, char *code, size_t capacity) {
    struct hr__texts texts = {.blocks = NULL};
    struct hr__error_document found;
    struct hr_error why;
    *code = 0;
    if (hr__read_error(document, &texts, &why, &found) == 0 && found.code.size < capacity &&
        is_name(found.code))
        hr_text_copy(code, capacity, found.code);
    hr__texts_free(&texts);
}
