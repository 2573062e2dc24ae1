/* XML as a store may send it, in pieces: events nest, limits hold, and whole or in pieces ends the
 * same way. */
#include <stdlib.h>

#include "listing.h"
#include "s3_response.h"
#include "xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

struct watch {
    unsigned depth, begun, ended;
};

static int on_begin(void *user, struct hr_slice path) {
    struct watch *watch = user;
    check(path.size > 0 && path.size <= HR_XML_PATH_MAX && watch->depth < HR_XML_DEPTH_MAX);
    watch->depth++;
    watch->begun++;
    return 0;
}

static int on_end(void *user, struct hr_slice path, struct hr_slice text) {
    struct watch *watch = user;
    check(path.size > 0 && text.size <= HR_XML_TEXT_MAX && text.data[text.size] == 0);
    check(watch->depth > 0);
    watch->depth--;
    watch->ended++;
    return 0;
}

static int parse(const char *data, size_t size, size_t piece, struct watch *watch) {
    static const struct hr__xml_events events = {on_begin, on_end};
    struct hr__xml *xml;
    *watch = (struct watch){0};
    if (hr__xml_new(&events, watch, &xml)) return 0;
    int err = size == 0 ? hr__xml_feed(xml, data, 0, true) : 0;
    for (size_t at = 0; !err && at < size; at += piece) {
        size_t more = size - at < piece ? size - at : piece;
        err = hr__xml_feed(xml, data + at, more, at + more == size);
    }
    check(!err == !hr__xml_problem(xml)[0]);
    hr__xml_free(xml);
    return err;
}

static int on_object(void *user, const struct hr_s3_object *object) {
    (void)user;
    check(object->key.size > 0 && !memchr(object->key.data, 0, object->key.size));
    return 0;
}

static void list(struct hr_slice text, size_t piece) {
    struct hr__listing_sink sink = {.on_object = on_object};
    struct hr__listing *listing;
    struct hr_error error;
    if (hr__listing_new(HR__LISTING_OBJECTS, &sink, &listing)) return;
    int err = 0;
    for (int pass = 0; pass < 2 && !err; pass++) {
        err = hr__listing_begin(listing, pass == 1);
        for (size_t at = 0; !err && at < text.size; at += piece) {
            size_t more = text.size - at < piece ? text.size - at : piece;
            err = hr__listing_feed(listing, hr_slice_bytes(text.data + at, more),
                                   at + more == text.size, &error);
        }
        check(pass == 0 || !err); /* what was checked can be shown */
    }
    hr__listing_free(listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    size_t piece = 1 + data[0] % 64;
    const char *text = (const char *)data + 1;
    size--;
    struct watch whole, pieces;
    int result = parse(text, size, size ? size : 1, &whole);
    check(result == parse(text, size, piece, &pieces));
    check(result || (whole.depth == 0 && whole.begun == pieces.begun));
    list(hr_slice_bytes(text, size), piece);
    struct hr__s3_response_ids ids = {.request_id = ""};
    struct hr_error error;
    hr__s3_response_error("GetObject", 500, &ids, hr_slice_bytes(text, size), &error);
    check(error.code == HR_ERR_S3_SERVICE && error.message[0]);
    hr__xml_is_error(hr_slice_bytes(text, size));
    bool cut = hr__xml_is_cut(hr_slice_bytes(text, size));
    check(result || !cut); /* what is well-formed has its end */
    return 0;
}
