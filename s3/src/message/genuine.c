/* Responses of S3 told apart from those of web servers, by what each operation's response has. */
#include "genuine.h"

#include <headrace/text.h>
#include <net/chars.h>

#include "xml.h"

static bool begins(struct hr_slice text, const char *with) {
    size_t size = strlen(with);
    return text.size >= size &&
           hr_slice_equal_nocase(hr_slice_bytes(text.data, size), hr_slice_bytes(with, size));
}

/* S3 and stores like it put a request id or fields of their own into every response, each under its
 * prefix. */
static bool is_vendor_field(struct hr_slice name) {
    static const struct hr_slice prefixes[] = {
#define PREFIX(text) {text, sizeof(text) - 1}
        PREFIX("x-amz-"),       PREFIX("x-amzn-"), PREFIX("x-minio-"), PREFIX("x-rgw-"),
        PREFIX("x-goog-"),      PREFIX("x-oss-"),  PREFIX("x-cos-"),   PREFIX("x-obs-"),
        PREFIX("x-guploader-"), PREFIX("opc-"),
#undef PREFIX
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (name.size >= prefixes[i].size &&
            hr_slice_equal_nocase(hr_slice_bytes(name.data, prefixes[i].size), prefixes[i]))
            return true;
    return false;
}

static inline bool is_field(const struct hr_http_field *field, const char *name) {
    return hr__http1_is(field->name, name) && field->value.size > 0;
}

/* Its first letter tells which field it can be. */
static void read_mark(const struct hr_http_field *field, struct hr__marks *marks) {
    switch (field->name.data[0] | 0x20) {
    case 'c':
        if (is_field(field, "Content-Type"))
            marks->web_page |=
                begins(field->value, "text/html") || begins(field->value, "application/xhtml+xml");
        marks->coded |= is_field(field, "Content-Encoding");
        break;
    case 'e':
        if (!marks->named && is_field(field, "ETag")) {
            marks->named = true;
            marks->strong = field->value.size > 2 && field->value.data[0] == '"';
        }
        break;
    case 'l':
        marks->dated |= is_field(field, "Last-Modified");
        marks->located |= is_field(field, "Location");
        break;
    case 'o':
    case 'x':
        if (!marks->vendor) marks->vendor = is_vendor_field(field->name);
        break;
    default:
        break;
    }
}

void hr__marks_of(const struct hr_http_head *head, struct hr__marks *marks) {
    *marks = (struct hr__marks){0};
    for (size_t i = 0; i < head->field_count; i++)
        if (head->fields[i].name.size > 0) read_mark(&head->fields[i], marks);
}

static int refuse(const struct hr__s3_operation *operation, int status, const char *what,
                  struct hr_error *error) {
    hr_error_set(
        error, HR_ERR_S3_RESPONSE,
        "the response to %s has status %d and %s: that is no S3 store. Look at the endpoint, "
        "and for a proxy or a login page on the way",
        operation->name, status, what);
    if (error) error->http_status = status;
    return HR_ERR_S3_RESPONSE;
}

int hr__genuine_head(const struct hr__s3_operation *operation, int status,
                     const struct hr__marks *marks, struct hr_error *error) {
    static const char page[] = "a web page (HTML)";
    bool stranger = marks->web_page && !marks->vendor;
    switch (operation->proof) {
    case HR__S3_PROOF_DOCUMENT:
        return stranger ? refuse(operation, status, page, error) : 0;
    case HR__S3_PROOF_OBJECT: /* may itself be HTML; S3 then sends its ETag */
        return stranger && !marks->named ? refuse(operation, status, page, error) : 0;
    case HR__S3_PROOF_META: /* nothing but its fields */
        if (stranger && !marks->named) return refuse(operation, status, page, error);
        if (marks->named || marks->vendor || marks->dated) return 0;
        return refuse(operation, status, "none of the fields that describe an object", error);
    default:
        return 0;
    }
}

/* The first byte that is not white space; -1: there is none. */
static int first_byte(struct hr_slice body) {
    for (size_t i = 0; i < body.size; i++)
        if (!memchr(" \t\r\n", body.data[i], 4)) return (unsigned char)body.data[i];
    return -1;
}

int hr__genuine_end(const struct hr__s3_operation *operation, int status,
                    const struct hr__marks *marks, struct hr_slice body, struct hr_error *error) {
    enum hr__s3_proof proof = operation->proof;
    if (proof == HR__S3_PROOF_META || proof == HR__S3_PROOF_OBJECT) return 0; /* the head was all */
    /* Every store sends the ETag of what it has stored. */
    if (proof == HR__S3_PROOF_ETAG && !marks->named)
        return refuse(operation, status, "no ETag", error);
    int first = first_byte(body);
    if (first >= 0 && first != '<' && first != 0xef)
        return refuse(operation, status, "a body that is no XML", error);
    struct hr_slice root = hr__xml_root(body);
    if (begins(root, "html") || begins(root, "!doctype"))
        return refuse(operation, status, "a web page (HTML)", error);
    if (proof == HR__S3_PROOF_DOCUMENT) return 0; /* read next */
    /* Some stores label an empty body HTML, as their web framework does. */
    bool proven =
        marks->named || marks->vendor || (proof == HR__S3_PROOF_LOCATION && marks->located);
    /* S3 responds to a removal with 204, and few other servers do. A HEAD has fields only. */
    if (proven || (status == 204 && body.size == 0)) return 0;
    if (marks->web_page) return refuse(operation, status, "a web page (HTML)", error);
    if (proof == HR__S3_PROOF_NO_PAGE) return 0;
    return refuse(operation, status, "none of a store's header fields", error);
}
