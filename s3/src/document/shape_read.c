/* Whole documents read by tables: checked in one pass, and their entries shown in another. */
#include "documents.h"
#include "shape.h"

static int refuse(const struct hr__shape *shape, struct hr_error *error, const char *why) {
    return hr_error_set(error, HR_ERR_S3_RESPONSE, "the store's %s cannot be understood: %s",
                        shape->roots[0], why);
}

static int pass(const struct hr__shape *shape, struct hr_slice document,
                const struct hr__shape_sink *sink, struct hr_error *error) {
    struct hr__shape_reader *reader;
    int err = hr__shape_new(shape, sink, &reader);
    if (err) return err;
    err = hr__shape_feed(reader, document, true);
    if (err == HR_ERR_S3_RESPONSE) refuse(shape, error, hr__shape_problem(reader));
    hr__shape_free(reader);
    return err;
}

/* S3 sends white space while it works on a request that takes long. */
static struct hr_slice without_layout(struct hr_slice text) {
    while (text.size > 0 && memchr(" \t\r\n", text.data[0], 4)) text.data++, text.size--;
    return text;
}

int hr__shape_read(const struct hr__shape *shape, struct hr_slice document,
                   const struct hr__shape_sink *sink, struct hr_error *error) {
    if (document.size > HR__DOCUMENT_MAX) return refuse(shape, error, "it has more than 1 MiB");
    document = without_layout(document);
    if (document.size == 0) return refuse(shape, error, "it is empty");
    struct hr__shape_sink check = *sink;
    check.on_entry = NULL;
    int err = pass(shape, document, &check, error);
    return err || !sink->on_entry ? err : pass(shape, document, sink, error);
}
