/* URLs: what is accepted is put together again from its parts. */
#include <stdlib.h>

#include <headrace/url.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

/* `part` stands at `at`, which moves behind it. */
static void expect(struct hr_slice text, size_t *at, struct hr_slice part) {
    check(part.data == text.data + *at && part.size <= text.size - *at);
    *at += part.size;
}

static void expect_text(struct hr_slice text, size_t *at, const char *part) {
    struct hr_slice wanted = hr_slice_of(part);
    check(text.size - *at >= wanted.size);
    check(hr_slice_equal_nocase(hr_slice_bytes(text.data + *at, wanted.size), wanted));
    *at += wanted.size;
}

static void check_parts(struct hr_slice text, const struct hr_url *url) {
    size_t at = 0;
    expect_text(text, &at, url->tls ? "https://" : "http://");
    if (url->userinfo.data) {
        expect(text, &at, url->userinfo);
        expect_text(text, &at, "@");
    }
    size_t host = at;
    if (url->ipv6) expect_text(text, &host, "[");
    check(url->host.size > 0 && url->host.data == text.data + host);
    expect(text, &at, url->authority);
    expect(text, &at, url->path);
    check(url->path.size == 0 || url->path.data[0] == '/');
    if (url->query.data) {
        expect_text(text, &at, "?");
        expect(text, &at, url->query);
    }
    check(at == text.size || text.data[at] == '#');
    for (size_t i = 0; i < text.size; i++) check(text.data[i] > ' ' && text.data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(exact, data, size);
    struct hr_slice text = hr_slice_bytes(exact, size);
    struct hr_url url;
    struct hr_error error = {.code = 0};
    int err = hr_url_parse(text, &error, &url);
    check(err == error.code);
    if (err)
        check(err == HR_ERR_URL_SCHEME || err == HR_ERR_URL_MALFORMED);
    else
        check_parts(text, &url);
    free(exact);
    return 0;
}
