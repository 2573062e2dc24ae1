/* Error documents of S3, and what is said where an error comes without one. */
#include <stdarg.h>
#include <stdio.h>

#include <headrace/text.h>

#include "answer.h"
#include "xml.h"

struct document {
    char code[64], message[224], request_id[72], region[64];
};

/* Store text may end on a terminal: control bytes are made visible. */
static void copy_clean(char *out, size_t capacity, struct hr_slice text) {
    size_t size = hr_text_shorten(out, capacity, text);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 0x7f) out[i] = '?';
}

static int on_end(void *user, struct hr_slice path, struct hr_slice text) {
    struct document *document = user;
    static const char outer[] = "ErrorResponse/";
    if (path.size > sizeof outer - 1 && memcmp(path.data, outer, sizeof outer - 1) == 0)
        path = hr_slice_bytes(path.data + sizeof outer - 1, path.size - (sizeof outer - 1));
    if (hr_slice_equal(path, hr_slice_of("Error/Code")))
        copy_clean(document->code, sizeof document->code, text);
    else if (hr_slice_equal(path, hr_slice_of("Error/Message")))
        copy_clean(document->message, sizeof document->message, text);
    else if (hr_slice_equal(path, hr_slice_of("Error/RequestId")) ||
             hr_slice_equal(path, hr_slice_of("RequestId")))
        copy_clean(document->request_id, sizeof document->request_id, text);
    else if (hr_slice_equal(path, hr_slice_of("Error/Region")))
        copy_clean(document->region, sizeof document->region, text);
    return 0;
}

static void read_document(struct hr_slice body, struct document *document) {
    static const struct hr__xml_events events = {.end = on_end};
    struct document made = {.code = ""};
    struct hr__xml *xml;
    if (body.size == 0 || hr__xml_new(&events, &made, &xml) != 0) return;
    if (hr__xml_feed(xml, body.data, body.size, true) == 0) *document = made;
    hr__xml_free(xml);
}

/* Behind the message, of which the end is cut where both have no room. */
static void add_remedy(struct hr_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add_remedy(struct hr_error *error, const char *format, ...) {
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

void hr__answer_error(const char *operation, int status, const struct hr__answer_ids *ids,
                      struct hr_slice body, struct hr_error *error) {
    struct document document = {.code = ""};
    read_document(body, &document);
    if (document.message[0])
        hr_error_set(error, HR_ERR_S3_SERVICE, "%s", document.message);
    else
        hr_error_set(error, HR_ERR_S3_SERVICE, "%s was answered with %s%sHTTP status %d", operation,
                     document.code, document.code[0] ? ", " : "", status);
    error->http_status = status;
    hr_text_copy(error->s3_code, sizeof error->s3_code, hr_slice_of(document.code));
    copy_clean(error->request_id, sizeof error->request_id,
               hr_slice_of(ids->request_id[0] ? ids->request_id : document.request_id));
    /* Answers that mean "ask elsewhere" name the region: the remedy. */
    const char *region = ids->region[0] ? ids->region : document.region;
    if (region[0] && (status == 301 || status == 307 || document.region[0]))
        add_remedy(error, " (the bucket is in region %.63s)", region);
}
