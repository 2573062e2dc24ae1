/* The step of single sign-on: the command line's cached token, and one GetRoleCredentials. */
#include <errno.h>
#include <stdio.h>

#include <headrace/encode.h>
#include <openssl/evp.h>

#include "credentials_document.h"
#include "credentials_endpoint.h"
#include "credentials_run.h"
#include "small_file.h"

#define ATTEMPTS   3
#define TIMEOUT_MS 5000
#define SHA1_SIZE  20

#define REMEDY "run 'aws sso login'"

/* HOME/.aws/sso/cache/SHA1.json */
static int write_path(struct hr__credentials_run *run, struct hr__writer *out) {
    unsigned char digest[SHA1_SIZE];
    char hex[2 * SHA1_SIZE];
    const struct hr_slice *name = &run->plan.sso.cache_name;
    const char *home = run->settings->variables[HR__VARIABLE_HOME];
    if (!home)
        return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                            "HOME is not set, below which the token of single sign-on is kept");
    if (EVP_Digest(name->data, name->size, digest, NULL, EVP_sha1(), NULL) != 1) return -ENOMEM;
    hr_hex_encode(digest, sizeof digest, hex);
    hr__put_text(out, home);
    hr__put_text(out, "/.aws/sso/cache/");
    hr__put(out, hex, sizeof hex);
    hr__put_text(out, ".json");
    hr__put_byte(out, 0);
    return out->full ? -ENAMETOOLONG : 0;
}

static int no_token(struct hr__credentials_run *run) {
    char why[sizeof run->fetch->error.message];
    snprintf(why, sizeof why, "%s", run->fetch->error.message);
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                        "no token of single sign-on (" REMEDY "): %.160s", why);
}

static int read_token(struct hr__credentials_run *run) {
    char path[HR__PROFILE_PATH_MAX];
    struct hr__writer out = hr__writer(path, sizeof path), text = hr__run_text(run);
    const struct hr__file_memory memory = {run->secret_memory, sizeof run->secret_memory};
    struct hr_error *error = &run->fetch->error;
    struct hr_slice document;
    struct hr__sso_token token;
    int err = write_path(run, &out);
    if (err) return err;
    err = hr__small_file_read(path, &memory, error, &document);
    if (!err) err = hr__credentials_read_sso_token(document, &text, error, &token);
    if (err) return no_token(run);
    run->secret = token.token;
    if (token.expires_s > hr__reactor_wall_ns(run->reactor) / 1000000000u) return 0;
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS,
                        "the token of single sign-on has expired: " REMEDY);
}

static int refused(struct hr__credentials_run *run, int status) {
    char code[80];
    hr__credentials_error_code(run->exchange.response, code, sizeof code);
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                        "single sign-on refused the role: %d %s%s", status, code,
                        status == 401 ? "; " REMEDY : "");
}

static void on_answered(struct hr__credentials_exchange *exchange, int result) {
    struct hr__credentials_run *run =
        hr__container_of(exchange, struct hr__credentials_run, exchange);
    struct hr_s3_credentials found;
    struct hr__writer out = hr__run_text(run);
    if (result < 0)
        result = hr__run_unreached(run, "single sign-on", result);
    else if (exchange->http.status != 200)
        result = refused(run, exchange->http.status);
    else
        result = hr__credentials_read_sso(exchange->response, &out, &run->fetch->error, &found);
    if (result < 0) {
        hr__run_failed(run, result);
        return;
    }
    found.account_id = run->plan.sso.account_id;
    hr__run_got(run, &found);
}

static int write_url(struct hr__credentials_run *run) {
    struct hr__writer out = hr__writer(run->exchange.url, sizeof run->exchange.url);
    const struct hr__credentials_sso *sso = &run->plan.sso;
    struct hr_slice region = sso->region;
    int err =
        hr__credentials_service_url(&run->plan, HR__SERVICE_SSO, &region, &out, &run->fetch->error);
    if (err) return err;
    hr__put_text(&out, "/federation/credentials?account_id=");
    hr__put_percent(&out, sso->account_id, HR_PERCENT_STRICT);
    hr__put_text(&out, "&role_name=");
    hr__put_percent(&out, sso->role_name, HR_PERCENT_STRICT);
    hr__put_byte(&out, 0);
    return out.full ? hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                                   "account and role of single sign-on are too long")
                    : 0;
}

int hr__run_sso(struct hr__credentials_run *run) {
    int err = read_token(run);
    if (!err) err = hr__run_client(run, run->clients->services);
    if (err) return err;
    hr__exchange_begin(&run->exchange);
    err = write_url(run);
    if (err) return err;
    hr__exchange_field(&run->exchange, "x-amz-sso_bearer_token", run->secret);
    run->exchange.attempts_max = ATTEMPTS;
    run->exchange.timeout_ms = TIMEOUT_MS;
    run->exchange.on_done = on_answered;
    hr__exchange_start(&run->exchange);
    return 0;
}
