/* The step of containers (ECS, EKS pod identity): one GET, with a token that is read each time. */
#include <errno.h>

#include "credentials_document.h"
#include "credentials_run.h"
#include "metadata_place.h"
#include "small_file.h"

#define ATTEMPTS   3
#define TIMEOUT_MS 2000

static int refused(struct hr__credentials_run *run, int status) {
    char code[80];
    hr__credentials_error_code(run->exchange.response, code, sizeof code);
    return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                        "the container's credentials service answered %d %s", status, code);
}

static void on_answered(struct hr__credentials_exchange *exchange, int result) {
    struct hr__credentials_run *run =
        hr__container_of(exchange, struct hr__credentials_run, exchange);
    struct hr_s3_credentials found;
    struct hr__writer out = hr__run_text(run);
    if (result < 0)
        result = hr__run_unreached(run, "the container's credentials service", result);
    else if (exchange->http.status != 200)
        result = refused(run, exchange->http.status);
    else
        result =
            hr__credentials_read_metadata(exchange->response, &out, &run->fetch->error, &found);
    if (result < 0)
        hr__run_failed(run, result);
    else
        hr__run_got(run, &found);
}

/* A line break would begin another field. */
static int check_token(struct hr__credentials_run *run) {
    for (size_t i = 0; i < run->secret.size; i++) {
        unsigned char byte = (unsigned char)run->secret.data[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return hr_error_set(&run->fetch->error, HR_ERR_S3_CREDENTIALS,
                                "the container's authorization token has a line break or another "
                                "control byte");
    }
    return 0;
}

static int read_token(struct hr__credentials_run *run) {
    char *const *variables = run->settings->variables;
    const char *path = variables[HR__VARIABLE_CONTAINER_TOKEN_FILE];
    const struct hr__file_memory memory = {run->secret_memory, sizeof run->secret_memory};
    run->secret = hr_slice_of(variables[HR__VARIABLE_CONTAINER_TOKEN]);
    int err = path ? hr__small_file_read(path, &memory, &run->fetch->error, &run->secret) : 0;
    return err ? err : check_token(run);
}

int hr__run_container(struct hr__credentials_run *run) {
    struct hr__credentials_exchange *exchange = &run->exchange;
    struct hr__writer url = hr__writer(exchange->url, sizeof exchange->url);
    int err = hr__container_url(&run->plan, &url, &run->fetch->error);
    if (!err) err = read_token(run);
    if (!err) err = hr__run_client(run, run->clients->direct);
    if (err) return err;
    hr__exchange_begin(exchange);
    hr__exchange_field(exchange, "Accept", hr_slice_of("application/json"));
    if (run->secret.size > 0) hr__exchange_field(exchange, "Authorization", run->secret);
    exchange->attempts_max = ATTEMPTS;
    exchange->timeout_ms = TIMEOUT_MS;
    exchange->on_done = on_answered;
    hr__exchange_start(exchange);
    return 0;
}
