/* Decisions about redirects (RFC 9110 15.4). */
#include "redirect.h"

#include <errno.h>

#include <headrace/url.h>

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

static void decide_method(const struct hr_redirect_facts *facts, struct hr_redirect_step *step) {
    bool head = is(facts->method, "HEAD"), get = is(facts->method, "GET");
    bool see_other = facts->status == 303;
    bool post_moved = (facts->status == 301 || facts->status == 302) && is(facts->method, "POST");
    step->drop_body = see_other || post_moved;
    step->method = post_moved || (see_other && !head && !get) ? "GET" : NULL;
}

static int resolve(const struct hr_redirect_facts *facts, struct hr_error *error,
                   struct hr_redirect_step *step, struct hr_url *target) {
    struct hr_error inner = {.code = 0};
    size_t size = 0;
    int err =
        hr_url_resolve(facts->url, facts->location, &inner, step->url, sizeof step->url, &size);
    if (err == -ENOBUFS)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect's URL is longer than %zu bytes", sizeof step->url - 1);
    if (err == HR_ERR_URL_SCHEME)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect leads to a scheme that is neither http nor https");
    if (err) return hr_error_set(error, err, "the redirect's Location: %s", inner.message);
    return hr_url_parse(hr_slice_bytes(step->url, size), error, target);
}

int hr__redirect_decide(const struct hr_redirect_facts *facts, struct hr_error *error,
                        struct hr_redirect_step *step) {
    struct hr_url base, target;
    int err = hr_url_parse(facts->url, error, &base);
    if (!err) err = resolve(facts, error, step, &target);
    if (err) return err;
    step->drop_credentials = !same_origin(&base, &target);
    /* Whoever answered has no business choosing the credentials of the next request: it may keep
     * those that it has seen. */
    if (target.userinfo.size > 0 &&
        (step->drop_credentials || !hr_slice_equal(target.userinfo, base.userinfo)))
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect's URL has user information (user@host)");
    if (base.tls && !target.tls && !facts->downgrade_allowed)
        return hr_error_set(error, HR_ERR_REDIRECT_REFUSED,
                            "the redirect leads from https to http://%.*s; set redirect_downgrade "
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
