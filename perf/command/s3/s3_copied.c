/* The progress of s3 cp, and the line or object at its end. */
#include "json_put.h"
#include "s3_cp.h"

void s3_meter_show(void *user) {
    struct s3_meter *meter = user;
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(meter->session->on.engine, &metrics);
    uint64_t bytes = meter->sending ? metrics.bytes_sent : metrics.bytes_received;
    if (meter->total && bytes > meter->total) bytes = meter->total;
    output_progress_bytes(&meter->progress, meter->sending ? "sent" : "received", bytes,
                          meter->total);
}

static double seconds_of(const struct s3_copied *copied) {
    return (double)copied->request->total_ns / 1e9;
}

static void print_json(const struct s3_copied *copied) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "from", copied->from);
    json_put_text(&json, "to", copied->to);
    json_put_u64(&json, "size_bytes", copied->bytes);
    json_put_text(&json, "etag", copied->etag);
    json_put_text(&json, "version_id", *copied->version_id ? copied->version_id : NULL);
    json_put_double(&json, "duration_s", seconds_of(copied), 6);
    json_put_u64(&json, "attempts", copied->request->attempts);
    if (copied->progress) {
        json_put_u64(&json, "parts", copied->progress->parts);
        json_put_u64(&json, "parts_kept", copied->progress->parts_kept);
    }
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static void print_line(const struct s3_copied *copied) {
    double seconds = seconds_of(copied);
    char size[OUTPUT_SIZE_TEXT], rate[OUTPUT_SIZE_TEXT];
    output_size(copied->bytes, size);
    output_size(seconds > 0 ? (uint64_t)((double)copied->bytes / seconds) : 0, rate);
    output_bytes(hr_slice_of(copied->from));
    printf(" -> ");
    output_bytes(hr_slice_of(copied->to));
    printf(": %s in %.3f s, %s/s", size, seconds, rate);
    if (copied->progress && copied->progress->parts_kept)
        printf("; %u of %u parts were there", copied->progress->parts_kept,
               copied->progress->parts);
    putchar('\n');
}

void s3_copied_resumable(const struct hr_s3_progress *progress) {
    if (progress->parts)
        output_complain("%u parts are kept: the same command goes on from there", progress->parts);
    else
        output_complain("what was done is kept: the same command goes on from there");
}

void s3_copied_print(bool json, const struct s3_copied *copied) {
    (json ? print_json : print_line)(copied);
}
