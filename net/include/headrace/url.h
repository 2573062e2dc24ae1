/* http and https URLs, as a client needs them: split, checked, never re-encoded (RFC 3986, RFC
 * 9110 4.2). */
#ifndef HEADRACE_URL_H
#define HEADRACE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Slices into the text that was parsed. */
struct hr_url {
    bool tls;                  /* https */
    bool ipv6;                 /* host is an IPv6 literal (given here without its brackets) */
    uint16_t port;             /* 80 or 443 when not given */
    struct hr_slice host;      /* never empty; an IPv6 zone as written, "fe80::1%25eth0" */
    struct hr_slice authority; /* host[:port] as written, brackets included; no user information */
    struct hr_slice userinfo;  /* empty when none */
    struct hr_slice path;      /* as written, may be empty; without '?' */
    struct hr_slice query;     /* as written without '?'; data NULL when there is none */
    struct hr_slice target;    /* path and query together, as a request line has them; where it does
                                  not begin with '/' (the path is empty) one goes before it */
    struct hr_slice fragment;  /* as written without '#', never sent; data NULL: none */
    uint64_t reserved[2];
};

/* Splits `text`. Errors: HR_ERR_URL_SCHEME (not http or https),
 * HR_ERR_URL_MALFORMED; `error` (NULL allowed) says what and where. Any thread. */
HR_API int hr_url_parse(struct hr_slice text, struct hr_error *error, struct hr_url *url);

/* A reference and what it is relative to. */
struct hr_url_reference {
    struct hr_slice base; /* an absolute http or https URL */
    struct hr_slice
        text; /* absolute, "//host/…", "/path", "path", "?query", "#fragment", or empty */
};

/* Writes the URL that `reference` means (RFC 3986 5.2, dot segments removed from what it brings; an
 * absolute reference is taken as it stands). A fragment is kept (RFC 9110 10.2.2: the base's where
 * the reference has none). Writes at most `capacity` bytes, a NUL at the end among them; `size` is
 * the length without it. base.size + text.size + 2 is always enough. `text` overlaps neither.
 * Errors: as hr_url_parse, at bytes of the reference's own text, or of the base, which the message
 * then names; -ENOBUFS. Any thread. */
HR_API int hr_url_resolve(const struct hr_url_reference *reference, struct hr_error *error,
                          char *text, size_t capacity, size_t *size);

/* `text`, a URL or what was meant to be one, as a person may see it: "***" stands for its user
 * information, and for that of URLs in its query; of a text that cannot be parsed, for all that may
 * be some. Bytes that are not printable ASCII are percent-encoded, and "..." ends what does not
 * fit. Writes at most `capacity` bytes, a NUL at the end among them, and returns `shown`. Whoever
 * shows or logs a URL does it through this. Any thread. */
HR_API const char *hr_url_show(struct hr_slice text, char *shown, size_t capacity);

/* Which bytes stand for themselves; all others are encoded. AWS's UriEncode is STRICT, or PATH for
 * the key of an object. */
enum hr_percent_set {
    HR_PERCENT_STRICT, /* A-Z a-z 0-9 - . _ ~ (RFC 3986 unreserved) */
    HR_PERCENT_PATH,   /* "/" is kept too */
    HR_PERCENT_ASCII,  /* only bytes beyond ASCII are encoded, so "%" and blanks are kept */
};
/* Upper-case hexadecimal, no NUL; `size` is the length. Three times the input always fits. 0 or
 * -ENOBUFS. Any thread. */
HR_API int hr_percent_encode(struct hr_slice bytes, enum hr_percent_set set, char *text,
                             size_t capacity, size_t *size);
/* "+" stands for itself; `size` is the length; `bytes` may be where `text` is. 0, -EINVAL for "%"
 * without two hexadecimal digits, or -ENOBUFS. Any thread. */
HR_API int hr_percent_decode(struct hr_slice text, char *bytes, size_t capacity, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
