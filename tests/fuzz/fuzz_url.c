/* URLs: what is accepted is put together again from its parts; what a reference means at a base is
 * a URL again, and one that does not change when it is resolved once more; what is percent-encoded
 * comes back. Base and reference stand to both sides of the first line feed. */
#include <errno.h>
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
    size_t target = at;
    expect(text, &at, url->path);
    check(url->path.size == 0 || url->path.data[0] == '/');
    if (url->query.data) {
        expect_text(text, &at, "?");
        expect(text, &at, url->query);
    }
    check(url->target.data == text.data + target && url->target.size == at - target);
    if (url->fragment.data) {
        expect_text(text, &at, "#");
        expect(text, &at, url->fragment);
    }
    check(at == text.size);
    for (size_t i = 0; i < text.size; i++) check(text.data[i] > ' ' && text.data[i] < 0x7f);
}

static void parse(struct hr_slice text) {
    struct hr_url url;
    struct hr_error error = {.code = 0};
    int err = hr_url_parse(text, &error, &url);
    check(err == error.code);
    if (err)
        check(err == HR_ERR_URL_SCHEME || err == HR_ERR_URL_MALFORMED);
    else
        check_parts(text, &url);
}

static void resolve(struct hr_slice base, struct hr_slice reference) {
    size_t capacity = base.size + reference.size + 2, size = 0, again_size = 0;
    char *text = malloc(capacity), *again = malloc(2 * capacity);
    struct hr_error error = {.code = 0};
    int err =
        hr_url_resolve(&(struct hr_url_reference){base, reference}, &error, text, capacity, &size);
    check(err == error.code);
    if (err) {
        check(err == HR_ERR_URL_SCHEME || err == HR_ERR_URL_MALFORMED);
    } else {
        check(text[size] == 0);
        parse(hr_slice_bytes(text, size));
        struct hr_slice resolved = hr_slice_bytes(text, size);
        check(hr_url_resolve(&(struct hr_url_reference){base, resolved}, NULL, again, 2 * capacity,
                             &again_size) == 0);
        check(hr_slice_equal(hr_slice_bytes(again, again_size), resolved));
        check(hr_url_resolve(&(struct hr_url_reference){base, reference}, NULL, again, size,
                             &again_size) == -ENOBUFS);
    }
    free(text);
    free(again);
}

static void encode(struct hr_slice bytes) {
    size_t capacity = 3 * bytes.size + 1;
    char *text = malloc(capacity), *again = malloc(capacity);
    for (enum hr_percent_set set = HR_PERCENT_STRICT; set <= HR_PERCENT_PATH; set++) {
        size_t size, back;
        check(hr_percent_encode(bytes, set, text, capacity, &size) == 0 && size >= bytes.size);
        check(hr_percent_decode(hr_slice_bytes(text, size), again, bytes.size, &back) == 0);
        check(hr_slice_equal(hr_slice_bytes(again, back), bytes));
    }
    size_t size = 0;
    int err = hr_percent_decode(bytes, text, bytes.size, &size);
    check(err == -EINVAL || (err == 0 && size <= bytes.size));
    free(text);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(exact, data, size);
    const char *line_feed = memchr(exact, '\n', size);
    size_t base_size = line_feed ? (size_t)(line_feed - exact) : size;
    struct hr_slice base = hr_slice_bytes(exact, base_size);
    parse(hr_slice_bytes(exact, size));
    parse(base);
    if (line_feed) resolve(base, hr_slice_bytes(line_feed + 1, size - base_size - 1));
    encode(base);
    free(exact);
    return 0;
}
