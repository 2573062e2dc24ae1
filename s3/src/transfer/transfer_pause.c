/* Transfers that wait until they are resumed: a flag of any thread's, which the transfer reads
 * before it begins a part. */
#include "transfer_pause.h"

static void set(uint32_t *paused, uint32_t value) {
    __atomic_store_n(paused, value, __ATOMIC_SEQ_CST);
}

bool hr__transfer_is_paused(const uint32_t *paused) {
    return __atomic_load_n(paused, __ATOMIC_SEQ_CST) != 0;
}

void hr_s3_upload_pause(struct hr_s3_upload *upload) {
    if (upload) set(&upload->paused_, 1);
}

void hr_s3_upload_resume(struct hr_s3_upload *upload) {
    if (!upload) return;
    set(&upload->paused_, 0);
    hr_resume(&upload->request);
}

void hr_s3_download_pause(struct hr_s3_download *download) {
    if (download) set(&download->paused_, 1);
}

void hr_s3_download_resume(struct hr_s3_download *download) {
    if (!download) return;
    set(&download->paused_, 0);
    hr_resume(&download->request);
}
