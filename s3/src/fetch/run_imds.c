/* The step of an instance's metadata service (IMDS): a token, the role's name, its credentials. */
#include <errno.h>

#include <headrace/text.h>

#include "credentials_document.h"
#include "credentials_run.h"
#include "metadata_place.h"

#define ATTEMPTS       3    /* where it answers, and with an error that may pass */
#define TIMEOUT_MS     1000 /* where nobody answers, this is no instance */
#define TIMEOUT_S_MAX  60
#define TOKEN_TTL      "21600"
#define ROLE_SIZE_MAX  256
#define ROLES_PATH     "/latest/meta-data/iam/security-credentials/"
#define TOKEN_SIZE_MAX 4096

static int refuse(struct hr__credentials_run *run, const char *why) {
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS, "IMDS: %s", why);
}

/* ---- Questions. */

static void on_token(struct hr__credentials_exchange *exchange, int result);
static void on_role(struct hr__credentials_exchange *exchange, int result);
static void on_keys(struct hr__credentials_exchange *exchange, int result);

/* A number of a variable or of the profile; 0: not set. */
struct setting {
    enum hr__credentials_variable variable;
    const char *property;
    unsigned max;
};

static const struct setting attempts_setting = {
    HR__VARIABLE_IMDS_ATTEMPTS, "metadata_service_num_attempts", HR__EXCHANGE_ATTEMPTS_MAX};
static const struct setting timeout_setting = {HR__VARIABLE_IMDS_TIMEOUT,
                                               "metadata_service_timeout", TIMEOUT_S_MAX};

static int read_number(struct hr__credentials_run *run, const struct setting *setting,
                       unsigned *number) {
    struct hr_slice text =
        hr__credentials_plan_setting(&run->plan, setting->variable, setting->property);
    uint64_t value = 0;
    *number = 0;
    bool good = text.size == 0 ||
                (hr_text_u64(hr_slice_trim(text), setting->max, &value) == 0 && value > 0);
    if (!good)
        return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                            "IMDS: %s or %s of the profile is no number from 1 to %u",
                            hr__credentials_variable_name(setting->variable), setting->property,
                            setting->max);
    *number = (unsigned)value;
    return 0;
}

static int set_patience(struct hr__credentials_run *run) {
    struct hr__credentials_exchange *exchange = &run->exchange;
    unsigned attempts, seconds;
    int err = read_number(run, &attempts_setting, &attempts);
    if (!err) err = read_number(run, &timeout_setting, &seconds);
    if (err) return err;
    exchange->attempts_max = attempts ? attempts : ATTEMPTS;
    exchange->again = attempts ? HR__EXCHANGE_SERVER_ERRORS : HR__EXCHANGE_RESPONSES;
    exchange->timeout_ms = seconds ? seconds * 1000 : TIMEOUT_MS;
    return 0;
}

/* `path` of the service, and `name` of a role behind it. */
static int ask(struct hr__credentials_run *run, const char *path, struct hr_slice name) {
    struct hr__credentials_exchange *exchange = &run->exchange;
    struct hr__writer url = hr__writer(exchange->url, sizeof exchange->url);
    hr__exchange_begin(exchange);
    int err = set_patience(run);
    if (!err) err = hr__imds_url(&run->plan, &url, &run->fetch->error);
    if (err) return err;
    url.at--; /* over its NUL */
    hr__put_text(&url, path);
    hr__put_percent(&url, name, HR_PERCENT_STRICT);
    hr__put_byte(&url, 0);
    if (url.full) return refuse(run, "its URL is too long");
    if (run->secret.size > 0) hr__exchange_field(exchange, "x-aws-ec2-metadata-token", run->secret);
    return 0;
}

static int ask_role(struct hr__credentials_run *run) {
    int err = ask(run, ROLES_PATH, hr_slice_bytes(NULL, 0));
    if (err) return err;
    run->exchange.on_done = on_role;
    hr__exchange_start(&run->exchange);
    return 0;
}

int hr__run_imds(struct hr__credentials_run *run) {
    int err = hr__run_client(run, run->clients->direct);
    run->secret = hr_slice_bytes(NULL, 0);
    if (!err) err = ask(run, "/latest/api/token", run->secret);
    if (err) return err;
    run->exchange.http.method = "PUT";
    hr__exchange_field(&run->exchange, "x-aws-ec2-metadata-token-ttl-seconds",
                       hr_slice_of(TOKEN_TTL));
    run->exchange.on_done = on_token;
    hr__exchange_start(&run->exchange);
    return 0;
}

/* ---- Answers. */

static struct hr__credentials_run *run_of(struct hr__credentials_exchange *exchange) {
    return hr__container_of(exchange, struct hr__credentials_run, exchange);
}

static int keep_token(struct hr__credentials_run *run) {
    struct hr_slice token = run->exchange.response;
    if (token.size == 0 || token.size > TOKEN_SIZE_MAX)
        return refuse(run, "its token is empty or too long");
    for (size_t i = 0; i < token.size; i++)
        if (token.data[i] <= ' ' || token.data[i] == 0x7f)
            return refuse(run, "its token has bytes that no field can have");
    memcpy(run->secret_memory, token.data, token.size);
    run->secret = hr_slice_bytes(run->secret_memory, token.size);
    return 0;
}

/* Whether the protocol without tokens may be tried: the service does not know them, or its answer
 * cannot cross the hops to here, which is only seen by waiting. */
static bool is_old(const struct hr__credentials_run *run, int result) {
    int status = run->exchange.http.status;
    if (result < 0) return result == HR_ERR_FIRST_BYTE_TIMEOUT || result == HR_ERR_STALL_TIMEOUT;
    return status == 403 || status == 404 || status == 405;
}

static int no_token(struct hr__credentials_run *run, int result) {
    if (is_old(run, result) && !run->stop_reason) {
        bool disabled;
        int err =
            hr__credentials_plan_flag(&run->plan, HR__VARIABLE_IMDS_V1_DISABLED,
                                      "ec2_metadata_v1_disabled", &run->fetch->error, &disabled);
        if (err || !disabled) return err;
        return refuse(run, "it gave no token, and AWS_EC2_METADATA_V1_DISABLED is true");
    }
    if (result < 0) return hr__run_unreached(run, "IMDS", result);
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                        "IMDS: it answered %d to the question for a token",
                        run->exchange.http.status);
}

static void on_token(struct hr__credentials_exchange *exchange, int result) {
    struct hr__credentials_run *run = run_of(exchange);
    bool good = result == 0 && exchange->http.status == 200;
    int err = good ? keep_token(run) : no_token(run, result);
    if (!err) err = ask_role(run);
    if (err) hr__run_failed(run, err);
}

static int check(struct hr__credentials_run *run, int result, const char *otherwise) {
    if (result < 0) return hr__run_unreached(run, "IMDS", result);
    int status = run->exchange.http.status;
    if (status == 200) return 0;
    if (status == 404) return refuse(run, otherwise);
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS, "IMDS: it answered %d", status);
}

/* The first line; an instance has one role. */
static int ask_keys(struct hr__credentials_run *run) {
    struct hr_slice list = run->exchange.response, role;
    char name[ROLE_SIZE_MAX];
    if (!hr_slice_cut(&list, '\n', &role)) return refuse(run, "the instance has no role");
    if (role.size > 0 && role.data[role.size - 1] == '\r') role.size--;
    if (role.size == 0 || role.size > sizeof name)
        return refuse(run, "the instance has no role, or one with too long a name");
    memcpy(name, role.data, role.size);
    int err = ask(run, ROLES_PATH, hr_slice_bytes(name, role.size));
    if (err) return err;
    run->exchange.on_done = on_keys;
    hr__exchange_start(&run->exchange);
    return 0;
}

static void on_role(struct hr__credentials_exchange *exchange, int result) {
    struct hr__credentials_run *run = run_of(exchange);
    int err = check(run, result, "the instance has no role");
    if (!err) err = ask_keys(run);
    if (err) hr__run_failed(run, err);
}

static void on_keys(struct hr__credentials_exchange *exchange, int result) {
    struct hr__credentials_run *run = run_of(exchange);
    struct hr_s3_credentials found;
    struct hr__writer out = hr__run_text(run);
    int err = check(run, result, "the instance's role has no credentials");
    if (!err)
        err = hr__credentials_read_metadata(exchange->response, &out, &run->fetch->error, &found);
    if (err) {
        hr__run_failed(run, err);
        return;
    }
    found.used_expired = true;
    hr__run_got(run, &found);
}
