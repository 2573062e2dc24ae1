/* Uploads and downloads of any size as operations of a loop. */
#include <errno.h>
#include <stdlib.h>

#include "s3_slot.h"

int s3_start_upload(struct s3_slot *s3) {
    const struct perf_s3_target *target = s3_target_of(s3);
    const struct perf_workload *workload = s3_workload_of(s3);
    struct hr_s3_upload *upload = &s3->any.upload;
    perf_slot_prepare(&s3->slot, &upload->request);
    upload->bucket = workload->bucket;
    upload->key = s3->key;
    upload->payload = target->payload;
    upload->checksum_algorithm = target->checksum;
    upload->transfer = target->transfer;
    upload->body = perf_workload_body(workload, s3->slot.step.body, s3->slot.iov);
    return hr_s3_upload_start(target->client, upload);
}

/* A body that is compared comes into memory, by ranges as any other. */
int s3_start_download(struct s3_slot *s3) {
    const struct perf_s3_target *target = s3_target_of(s3);
    const struct perf_workload *workload = s3_workload_of(s3);
    struct hr_s3_download *download = &s3->any.download;
    uint64_t size = perf_workload_size(workload, s3->slot.step.body);
    perf_slot_prepare(&s3->slot, &download->request);
    download->bucket = workload->bucket;
    download->key = s3->key;
    download->transfer = target->transfer;
    download->sink = hr_sink_discard();
    if (target->verify) {
        s3->memory = malloc((size_t)size + 1);
        if (!s3->memory) return -ENOMEM;
        download->sink = hr_sink_bytes(s3->memory, (size_t)size);
    }
    return hr_s3_download_start(target->client, download);
}

/* The requests of a transfer that succeeded, each asked once: a create and a complete besides
 * parts, the GET that tells the object besides ranges. */
static uint32_t requests_of(const struct s3_slot *s3) {
    bool sends = s3->slot.step.kind == PERF_UPLOAD;
    uint32_t parts = sends ? s3->any.upload.progress.parts : s3->any.download.progress.parts;
    if (parts <= 1) return 1;
    return parts + (sends ? 2 : 1);
}

static void count_attempts(const struct s3_slot *s3, struct perf_outcome *outcome) {
    uint32_t requests = requests_of(s3);
    bool repeated = outcome->result == 0 && outcome->attempts > requests;
    outcome->attempts = repeated ? 1 + outcome->attempts - requests : 1;
}

static void compare(struct s3_slot *s3) {
    const struct perf_workload *workload = s3_workload_of(s3);
    uint64_t size = s3->any.download.progress.bytes;
    if (size <= perf_workload_size(workload, s3->slot.step.body))
        s3->differs =
            !perf_workload_body_matches(workload, s3->slot.step.body, 0, s3->memory, (size_t)size);
}

void s3_transfer_ended(struct s3_slot *s3, struct perf_outcome *outcome) {
    count_attempts(s3, outcome);
    if (s3->memory && outcome->result == 0) compare(s3);
    free(s3->memory);
    s3->memory = NULL;
}
