/* Error documents of S3, and the message of an error that comes without one. */
#include <stdarg.h>
#include <stdio.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "documents.h"
#include "host_label.h"
#include "s3_response.h"
#include "xml.h"

#define SKEW_MAX_S 900 /* S3's own limit */

struct document {
    char code[64], message[224], request_id[72], region[64], host_id[HR_REFUSAL_HOST_ID_MAX];
    uint64_t time_s; /* ServerTime */
};

/* Text of a store may end up on a terminal: control bytes become question marks. */
static void copy_clean(char *out, size_t capacity, struct hr_slice text) {
    size_t size = hr_text_shorten(out, capacity, text);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 0x7f) out[i] = '?';
}

/* A body that is no error document leaves all of it empty. `refusal` may be NULL. */
static void read_document(struct hr_slice body, struct document *document,
                          struct hr_refusal *refusal) {
    struct hr__texts texts = {NULL};
    struct hr__error_document read = {.server_time_s = 0};
    if (body.size > 0) hr__read_error(body, &texts, NULL, &read);
    copy_clean(document->code, sizeof document->code, read.code);
    copy_clean(document->message, sizeof document->message, read.message);
    copy_clean(document->request_id, sizeof document->request_id, read.request_id);
    copy_clean(document->host_id, sizeof document->host_id, read.host_id);
    if (refusal) {
        copy_clean(refusal->resource, sizeof refusal->resource, read.resource);
        copy_clean(refusal->endpoint, sizeof refusal->endpoint, read.endpoint);
    }
    if (hr__host_label(read.region))
        hr__copy_whole(document->region, sizeof document->region, read.region);
    document->time_s = read.server_time_s;
    hr__texts_free(&texts);
}

void hr__add_remedy(struct hr_error *error, const char *format, ...) {
    char message[sizeof error->message], remedy[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(remedy, sizeof remedy, format, arguments);
    va_end(arguments);
    memcpy(message, error->message, sizeof message);
    size_t used = hr_text_shorten(error->message, sizeof error->message - strlen(remedy),
                                  hr_slice_of(message));
    memcpy(error->message + used, remedy, strlen(remedy) + 1);
}

/* Two of its units: "3 d 4 h", "1 h 2 min", "16 min 40 s". */
static void put_difference(uint64_t seconds, char text[32]) {
    unsigned long long days = seconds / 86400, hours = seconds / 3600 % 24,
                       minutes = seconds / 60 % 60;
    if (days > 0)
        snprintf(text, 32, "%llu d %llu h", days, hours);
    else if (hours > 0)
        snprintf(text, 32, "%llu h %llu min", hours, minutes);
    else
        snprintf(text, 32, "%llu min %u s", minutes, (unsigned)(seconds % 60));
}

/* A store refuses a signature where the clocks are too far apart, and does not always name that as
 * the reason. */
static void add_clocks(const struct document *document, const struct hr__s3_response_ids *ids,
                       int status, struct hr_error *error) {
    bool named = strcmp(document->code, "RequestTimeTooSkewed") == 0;
    uint64_t there = ids->date_s, here = ids->now_s;
    if (!there || !here || (!named && status != 400 && status != 403)) return;
    uint64_t apart = here > there ? here - there : there - here;
    if (!named && apart <= SKEW_MAX_S) return;
    char difference[32], ours[HR_DATE_ISO_SIZE], theirs[HR_DATE_ISO_SIZE];
    put_difference(apart, difference);
    hr_date_iso(here * 1000, ours);
    hr_date_iso(there * 1000, theirs);
    hr__add_remedy(error, ". Set the clock: here it is %.19sZ, at the store %.19sZ, %s %s", ours,
                   theirs, difference, here > there ? "earlier" : "later");
}

static bool contains(struct hr_slice text, const char *what) {
    return text.size > 0 && memmem(text.data, text.size, what, strlen(what));
}

/* The meaning of a status that came without an error document. */
static const char *meaning_of(int status, struct hr_slice body,
                              const struct hr__s3_response_ids *ids) {
    struct hr_slice root = hr__xml_root(body);
    if (status == 400 && (contains(body, "HTTPS") || contains(body, "SSL-enabled")))
        return ": TLS is spoken there, use https://";
    if (ids->web_page || hr_slice_equal_nocase(root, hr_slice_of("html")) ||
        hr_slice_equal_nocase(root, hr_slice_of("!doctype")))
        return " and a web page: that is no S3 store. Look at the endpoint, and for a proxy or a "
               "login page on the way";
    if (status == 304) return ": it has not changed";
    if (status == 412) return ": a condition is not met";
    if (body.size > 0) return " and a body that is no error of S3";
    if (status == 403) return ": a wrong key, secret, region or clock, or no permission";
    return status == 404 ? ": no such bucket or object" : "";
}

void hr__s3_response_error(const char *operation, int status, struct hr__s3_response_ids *ids,
                           struct hr_slice body, struct hr_error *error) {
    struct document document = {.code = ""};
    read_document(body, &document, ids->refusal);
    if (document.message[0])
        hr_error_set(error, HR_ERR_S3_SERVICE, "%s", document.message);
    else if (document.code[0])
        hr_error_set(error, HR_ERR_S3_SERVICE, "the response to %s is %s, HTTP status %d",
                     operation, document.code, status);
    else
        hr_error_set(error, HR_ERR_S3_SERVICE, "the response to %s is HTTP status %d%s", operation,
                     status, meaning_of(status, body, ids));
    error->http_status = status;
    hr_text_copy(error->service_code, sizeof error->service_code, hr_slice_of(document.code));
    copy_clean(error->request_id, sizeof error->request_id,
               hr_slice_of(ids->request_id[0] ? ids->request_id : document.request_id));
    if (!ids->region[0]) memcpy(ids->region, document.region, sizeof ids->region);
    if (!ids->host_id[0]) memcpy(ids->host_id, document.host_id, sizeof ids->host_id);
    if (ids->refusal) {
        copy_clean(ids->refusal->host_id, sizeof ids->host_id, hr_slice_of(ids->host_id));
        memcpy(ids->refusal->region, ids->region, sizeof ids->region);
    }
    if (document.time_s) ids->date_s = document.time_s;
    /* A response that refers to another place names the region: the remedy. */
    const char *region = ids->region;
    if (region[0] && (status == 301 || status == 307 || document.region[0]))
        hr__add_remedy(error, " (the bucket is in region %.63s)", region);
    else
        add_clocks(&document, ids, status, error);
}
