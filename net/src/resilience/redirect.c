/* Decisions about redirects (RFC 9110 15.4). */
#include "redirect.h"

#include <errno.h>

#include <headrace/url.h>
#include <net/percent.h>

#include "excerpt.h"
#include "url_authority.h"

bool hr__redirect_is(int status, struct hr_slice location) {
    /* An empty Location names the same resource again; curl and Go too take it for none. */
    if (location.size == 0) return false;
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool is(struct hr_slice method, const char *name) {
    return hr_slice_equal(method, hr_slice_of(name));
}

static bool same_origin(const struct hr_url *a, const struct hr_url *b) {
    return a->tls == b->tls && a->port == b->port && a->ipv6 == b->ipv6 &&
           hr_slice_equal_nocase(a->host, b->host);
}

/* A server does not know the zone that led to it, so its absolute URLs come without: the same
 * address means the same interface. */
static int keep_zone(const struct hr_url *base, struct hr_error *error,
                     struct hr_redirect_step *step, struct hr_url *target) {
    struct hr_slice bare = hr__host_without_zone(base->host);
    if (bare.size == base->host.size || !target->ipv6 || !hr_slice_equal_nocase(bare, target->host))
        return 0;
    size_t zone = base->host.size - bare.size, size = strlen(step->url);
    if (size + zone >= sizeof step->url)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect's URL is longer than %zu bytes", sizeof step->url - 1);
    size_t at = (size_t)(target->host.data - step->url) + target->host.size;
    memmove(step->url + at + zone, step->url + at, size + 1 - at);
    memcpy(step->url + at, bare.data + bare.size, zone);
    return hr_url_parse(hr_slice_of(step->url), error, target);
}

static void decide_method(const struct hr_redirect_facts *facts, struct hr_redirect_step *step) {
    bool head = is(facts->method, "HEAD"), get = is(facts->method, "GET");
    bool see_other = facts->status == 303;
    bool post_moved = (facts->status == 301 || facts->status == 302) && is(facts->method, "POST");
    step->drop_body = see_other || post_moved;
    step->method = post_moved || (see_other && !head && !get) ? "GET" : NULL;
}

static bool is_scheme_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' || byte == '.';
}

/* Where path, query and fragment of a reference begin: behind its scheme and authority. */
static size_t span_of_authority(struct hr_slice location) {
    size_t at = 0, scheme = 0;
    while (scheme < location.size && is_scheme_byte(location.data[scheme])) scheme++;
    if (scheme > 0 && scheme < location.size && location.data[scheme] == ':') at = scheme + 1;
    if (location.size - at < 2 || memcmp(location.data + at, "//", 2) != 0) return at;
    for (at += 2; at < location.size && !memchr("/?#", location.data[at], 3);) at++;
    return at;
}

/* Raw UTF-8, and whatever else lies beyond ASCII, and blanks are percent-encoded, as browsers, curl
 * and Go do. Not in a host name, where they mean another thing (IDNA); control characters never.
 * False: no room. */
static bool encode(struct hr_slice location, char *out, size_t capacity, struct hr_slice *encoded) {
    size_t authority = span_of_authority(location), size = 0;
    for (size_t i = 0; i < location.size; i++) {
        unsigned char byte = (unsigned char)location.data[i];
        bool raw = i < authority || (byte != ' ' && byte < 0x80);
        if (capacity - size < 3) return false;
        if (raw) {
            out[size++] = (char)byte;
            continue;
        }
        hr__percent_put(out + size, byte);
        size += 3;
    }
    *encoded = hr_slice_bytes(out, size);
    return true;
}

static int resolve(const struct hr_redirect_facts *facts, struct hr_error *error,
                   struct hr_redirect_step *step, struct hr_url *target) {
    struct hr_error inner = {.code = 0};
    struct hr_slice location;
    char memory[sizeof step->url + 3], shown[HR_EXCERPT_SIZE];
    size_t size = 0;
    int err = -ENOBUFS;
    hr__excerpt_url(facts->location, shown);
    if (encode(facts->location, memory, sizeof memory, &location))
        err = hr_url_resolve(&(struct hr_url_reference){facts->url, location}, &inner, step->url,
                             sizeof step->url, &size);
    if (err == -ENOBUFS)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect's URL is longer than %zu bytes: \"%s\"",
                            sizeof step->url - 1, shown);
    if (err == HR_ERR_URL_SCHEME)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect leads to a scheme that is neither http nor https: \"%s\"",
                            shown);
    if (err)
        return hr_error_set(error, err, "the redirect's Location \"%s\": %s", shown, inner.message);
    return hr_url_parse(hr_slice_bytes(step->url, size), error, target);
}

/* Refused for where it leads: with the Location, as far as it may be shown. */
static int refuse(const struct hr_redirect_facts *facts, struct hr_error *error, const char *why) {
    char shown[HR_EXCERPT_SIZE];
    hr__excerpt_url(facts->location, shown);
    return hr_error_set(error, HR_ERR_REDIRECT_REFUSED, "%s: \"%s\"", why, shown);
}

int hr__redirect_decide(const struct hr_redirect_facts *facts, struct hr_error *error,
                        struct hr_redirect_step *step) {
    struct hr_url base, target;
    int err = hr_url_parse(facts->url, error, &base);
    if (!err) err = resolve(facts, error, step, &target);
    if (!err) err = keep_zone(&base, error, step, &target);
    if (err) return err;
    step->drop_credentials = !same_origin(&base, &target);
    /* Whoever answered has no business choosing the credentials of the next request: it may keep
     * those that it has seen. */
    if (target.userinfo.size > 0 &&
        (step->drop_credentials || !hr_slice_equal(target.userinfo, base.userinfo)))
        return refuse(facts, error, "the redirect's URL has user information (user@host)");
    if (target.port == 0) return refuse(facts, error, "the redirect leads to port 0");
    if (base.tls && !target.tls && !facts->downgrade_allowed)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect leads from https to http://%.*s; set redirects.downgrade "
                            "to allow it",
                            (int)target.authority.size, target.authority.data);
    decide_method(facts, step);
    if (!step->drop_body && !facts->body_replayable)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "status %d wants the body again, and its source cannot be read a "
                            "second time; give one that can be rewound",
                            facts->status);
    return 0;
}

static bool listed(struct hr_slice name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(names[i]))) return true;
    return false;
}

bool hr__redirect_keeps(const struct hr_redirect_step *step, struct hr_slice field_name) {
    /* A Host of the caller's own belongs to the origin that it was given for. */
    static const char *const credentials[] = {
        "authorization",      "cookie", "cookie2", "proxy-authorization", "www-authenticate",
        "proxy-authenticate", "host",
    };
    static const char *const of_body[] = {"digest",  "repr-digest",   "expect",
                                          "trailer", "last-modified", "transfer-encoding"};
    if (step->drop_credentials &&
        listed(field_name, credentials, sizeof credentials / sizeof *credentials))
        return false;
    if (!step->drop_body) return true;
    struct hr_slice content = hr_slice_of("content-");
    if (field_name.size > content.size &&
        hr_slice_equal_nocase(hr_slice_bytes(field_name.data, content.size), content))
        return false;
    return !listed(field_name, of_body, sizeof of_body / sizeof *of_body);
}
