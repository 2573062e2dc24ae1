/* Tells S3's answers from those of web servers, by what each operation's answer has. */
#include "genuine.h"

#include <headrace/text.h>

#include "xml.h"

static bool begins(struct hr_slice text, const char *with) {
    size_t size = strlen(with);
    return text.size >= size &&
           hr_slice_equal_nocase(hr_slice_bytes(text.data, size), hr_slice_bytes(with, size));
}

/* S3 and its kin put a request id or their own fields into every answer, each under its prefix. */
static bool is_vendor_field(struct hr_slice name) {
    static const char *const prefixes[] = {"x-amz-",  "x-amzn-",      "x-minio-", "x-rgw-",
                                           "x-goog-", "x-guploader-", "x-oss-",   "x-cos-",
                                           "x-obs-",  "opc-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (begins(name, prefixes[i])) return true;
    return false;
}

void hr__marks_of(const struct hr_http_head *head, struct hr__marks *marks) {
    struct hr_slice type = hr_http_head_find(head, "content-type");
    *marks = (struct hr__marks){
        .web_page = begins(type, "text/html") || begins(type, "application/xhtml+xml"),
        .named = hr_http_head_find(head, "etag").size > 0,
        .dated = hr_http_head_find(head, "last-modified").size > 0,
        .located = hr_http_head_find(head, "location").size > 0,
    };
    for (size_t i = 0; i < head->field_count; i++)
        marks->vendor |= is_vendor_field(head->fields[i].name);
}

static int refuse(enum hr__s3_kind kind, int status, const char *what, struct hr_error *error) {
    hr_error_set(
        error, HR_ERR_S3_RESPONSE,
        "%s was answered with status %d and %s: that is no S3 store. Look at the endpoint, "
        "and for a proxy or a login page on the way",
        hr__s3_operations[kind].name, status, what);
    if (error) error->http_status = status;
    return HR_ERR_S3_RESPONSE;
}

int hr__genuine_head(enum hr__s3_kind kind, int status, const struct hr__marks *marks,
                     struct hr_error *error) {
    static const char page[] = "a web page (HTML)";
    if (marks->web_page && !marks->vendor && hr__s3_operations[kind].answer == HR__ANSWER_LISTING)
        return refuse(kind, status, page, error);
    if (kind != HR__S3_GET && kind != HR__S3_HEAD) return 0;
    /* An object may be HTML itself; S3 names it then. */
    if (marks->named || marks->vendor) return 0;
    if (marks->web_page) return refuse(kind, status, page, error);
    /* The body of a GET is something, its head may be that of a small server; a HEAD is nothing
     * but its fields. */
    if (kind == HR__S3_HEAD && !marks->dated)
        return refuse(kind, status, "none of the fields that describe an object", error);
    return 0;
}

/* The first byte that is no white space; -1: there is none. */
static int first_byte(struct hr_slice body) {
    for (size_t i = 0; i < body.size; i++)
        if (!memchr(" \t\r\n", body.data[i], 4)) return (unsigned char)body.data[i];
    return -1;
}

int hr__genuine_end(enum hr__s3_kind kind, int status, const struct hr__marks *marks,
                    struct hr_slice body, struct hr_error *error) {
    if (kind == HR__S3_HEAD) return 0; /* its head is all of it */
    /* Every store names what it keeps. */
    if (kind == HR__S3_PUT && !marks->named) return refuse(kind, status, "no ETag", error);
    int first = first_byte(body);
    if (first >= 0 && first != '<' && first != 0xef)
        return refuse(kind, status, "a body that is no XML", error);
    struct hr_slice root = hr__xml_root(body);
    if (begins(root, "html") || begins(root, "!doctype"))
        return refuse(kind, status, "a web page (HTML)", error);
    if (hr__s3_operations[kind].answer == HR__ANSWER_LISTING) return 0; /* read next */
    /* Some stores call no body at all HTML, as their web framework does. */
    bool proven = marks->named || marks->vendor || (kind == HR__S3_BUCKET_CREATE && marks->located);
    /* 204 is what S3 answers to a removal, and few others do. A HEAD has fields only. */
    if (proven || (status == 204 && body.size == 0)) return 0;
    if (marks->web_page) return refuse(kind, status, "a web page (HTML)", error);
    if (kind == HR__S3_BUCKET_HEAD) return 0;
    return refuse(kind, status, "none of a store's header fields", error);
}
