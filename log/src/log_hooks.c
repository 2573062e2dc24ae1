/* Hooks: events of engines and clients become records. */
#include <assert.h>
#include <headrace/log_hooks.h>

#include <string.h>

#define FIELDS_MAX 20
#define NS_PER_MS  1e6

struct fields {
    struct hr_log_field list[FIELDS_MAX];
    unsigned count;
};

static void add(struct fields *fields, const char *key, struct hr_log_value value) {
    assert(fields->count < FIELDS_MAX);
    fields->list[fields->count++] = (struct hr_log_field){hr_slice_of(key), value};
}

static void add_text(struct fields *fields, const char *key, const char *text) {
    if (text && text[0]) add(fields, key, hr_log_of_text(text));
}

static void add_slice(struct fields *fields, const char *key, struct hr_slice text) {
    if (text.size) add(fields, key, hr_log_of_slice(text));
}

static void add_outcome(struct fields *fields, const struct hr_client_event *event) {
    if (event->http_status) add(fields, "status", hr_log_of_i64(event->http_status));
    if (event->error) add(fields, "error", hr_log_of_errno(event->error));
    add_text(fields, "reason", event->error_text);
    add_text(fields, "s3_code", event->service_code);
    add_text(fields, "request_id", event->request_id);
    add_text(fields, "host_id", event->host_id);
}

static void add_attempts(struct fields *fields, const struct hr_client_event *event) {
    if (event->attempt) add(fields, "attempt", hr_log_of_u64(event->attempt));
    if (event->attempts_max) add(fields, "attempts_max", hr_log_of_u64(event->attempts_max));
    if (event->kind == HR_CLIENT_EVENT_RETRY)
        add(fields, "wait_ms", hr_log_of_double((double)event->wait_ns / NS_PER_MS));
    if (event->duration_ns)
        add(fields, "duration_ms", hr_log_of_double((double)event->duration_ns / NS_PER_MS));
}

void hr_log_on_event(void *log, const struct hr_client_event *event) {
    if (!log || hr_log_level_get(log) > (int)event->level) return;
    struct fields fields = {.count = 0};
    add_text(&fields, "module", event->module);
    add_text(&fields, "operation", event->operation);
    add_text(&fields, "host", event->host);
    add_slice(&fields, "bucket", event->bucket);
    add_slice(&fields, "key", event->key);
    add_text(&fields, "from", event->from);
    add_text(&fields, "to", event->to);
    add_text(&fields, "cause", event->cause);
    add_outcome(&fields, event);
    add_attempts(&fields, event);
    hr_log_write(log, (int)event->level, hr_slice_of(event->text ? event->text : ""), fields.list,
                 fields.count);
}

void hr_log_on_notice(void *log, const char *text) {
    hr_log_write(log, HR_LOG_WARNING, hr_slice_of(text ? text : ""), NULL, 0);
}

struct hr_slice hr_log_url_(const char *url) {
    struct hr_slice whole = hr_slice_of(url ? url : "");
    size_t size = 0;
    while (size < whole.size && whole.data[size] != '?' && whole.data[size] != '#') size++;
    const char *scheme = memmem(whole.data, size, "://", 3);
    size_t host = scheme ? (size_t)(scheme - whole.data) + 3 : 0, slash = host, from = 0;
    while (slash < size && whole.data[slash] != '/') slash++;
    for (size_t i = host; scheme && i < slash; i++)
        if (whole.data[i] == '@') from = i + 1;
    return hr_slice_bytes(whole.data + from, size - from);
}
