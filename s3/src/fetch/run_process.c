/* The step of a process that prints credentials. */
#include <openssl/crypto.h>

#include "credentials_document.h"
#include "credentials_run.h"

static int fail(struct hr__credentials_run *run, int result) {
    run->fetch->error = run->process.error;
    return result;
}

static void on_ended(struct hr__credentials_process *process, int result) {
    struct hr__credentials_run *run =
        hr__container_of(process, struct hr__credentials_run, process);
    struct hr_s3_credentials found;
    struct hr__writer out = hr__run_text(run);
    struct hr_slice output = hr_slice_bytes(process->output, process->output_size);
    if (result < 0)
        fail(run, result);
    else
        result = hr__credentials_read_process(output, &out, &run->fetch->error, &found);
    OPENSSL_cleanse(process->output, sizeof process->output);
    if (result < 0) {
        hr__run_failed(run, result);
        return;
    }
    if (found.account_id.size == 0) found.account_id = run->plan.keys.account_id;
    hr__run_got(run, &found);
}

int hr__run_process(struct hr__credentials_run *run) {
    run->process.reactor = run->reactor;
    run->process.on_done = on_ended;
    int err = hr__process_start(&run->process, run->plan.command);
    return err ? fail(run, err) : 0;
}
