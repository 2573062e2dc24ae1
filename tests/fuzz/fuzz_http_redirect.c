/* Redirects: where a Location leads is a URL of http or https, with no credentials that were not
 * there before, and never down to http unasked. The first byte chooses status and method; URL and
 * Location stand to both sides of the first line feed. */
#include <stdlib.h>

#include <headrace/url.h>

#include "redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static void check_step(const struct hr_redirect_facts *facts, const struct hr_redirect_step *step) {
    struct hr_url base, next;
    check(hr_url_parse(facts->url, NULL, &base) == 0);
    check(hr_url_parse(hr_slice_of(step->url), NULL, &next) == 0);
    check(next.tls || !base.tls || facts->downgrade_allowed);
    bool same = base.tls == next.tls && base.port == next.port && base.ipv6 == next.ipv6 &&
                hr_slice_equal_nocase(base.host, next.host);
    check(step->drop_credentials == !same);
    if (next.userinfo.size > 0) check(same && hr_slice_equal(base.userinfo, next.userinfo));
    check(step->drop_body || facts->body_replayable);
    check(hr__redirect_keeps(step, hr_slice_of("Authorization")) == same);
    check(hr__redirect_keeps(step, hr_slice_of("Content-Type")) == !step->drop_body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {301, 302, 303, 307, 308};
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT"};
    if (size == 0) return 0;
    char *exact = malloc(size);
    memcpy(exact, data + 1, size - 1);
    const char *line_feed = memchr(exact, '\n', size - 1);
    if (line_feed) {
        size_t url_size = (size_t)(line_feed - exact);
        struct hr_redirect_facts facts = {
            .status = statuses[data[0] % 5],
            .method = hr_slice_of(methods[data[0] / 5 % 4]),
            .url = hr_slice_bytes(exact, url_size),
            .location = hr_slice_bytes(line_feed + 1, size - 2 - url_size),
            .body_replayable = data[0] & 1,
            .downgrade_allowed = data[0] & 64,
        };
        struct hr_redirect_step step;
        struct hr_error error = {.code = 0};
        int err = hr__redirect_decide(&facts, &error, &step);
        check(err == error.code);
        if (err)
            check(err == HR_ERR_REDIRECT_REFUSED || err == HR_ERR_URL_MALFORMED ||
                  err == HR_ERR_URL_SCHEME);
        else
            check_step(&facts, &step);
    }
    free(exact);
    return 0;
}
