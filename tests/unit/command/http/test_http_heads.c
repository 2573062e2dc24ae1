/* Heads that are kept, and what is found in them. */
#include "http_fixture.h"

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        {name, sizeof name - 1}, {                                                                 \
            value, sizeof value - 1                                                                \
        }                                                                                          \
    }

static struct http_heads heads;

static void open_heads(void) {
    cr_assert_eq(http_heads_open(&heads), 0);
}

static void close_heads(void) {
    http_heads_close(&heads);
}

TestSuite(http_heads, .init = open_heads, .fini = close_heads);

static int add(int status, const char *reason, const struct hr_http_field *fields, size_t count) {
    return http_heads_add(&heads, &(struct hr_http_head){.status = status,
                                                         .minor_version = 1,
                                                         .reason = hr_slice_of(reason),
                                                         .fields = fields,
                                                         .field_count = count});
}

static const char *find(const char *name) {
    static char text[64];
    struct hr_slice value = http_heads_field(&heads, name);
    if (!value.data) return "(none)";
    snprintf(text, sizeof text, "%.*s", (int)value.size, value.data);
    return text;
}

static const struct hr_http_field early[] = {FIELD("Link", "early")};
static const struct hr_http_field final[] = {FIELD("ETag", "\"x:y\""), FIELD("Empty", ""),
                                             FIELD("A", "1"), FIELD("a", "2")};

Test(http_heads, fields_of_the_final_head) {
    static const struct {
        const char *name, *value;
    } rows[] = {{"etag", "\"x:y\""}, {"ETAG", "\"x:y\""}, {"A", "1"},
                {"Empty", ""},       {"Link", "(none)"},  {"ETa", "(none)"},
                {"", "(none)"},      {"B", "(none)"},     {"ETag ", "(none)"}};
    cr_expect_str_eq(find("Link"), "(none)", "there is none yet");
    cr_assert_eq(add(103, "Early Hints", early, COUNT(early)), 0);
    cr_expect_str_eq(find("Link"), "(none)", "an interim head is none");
    cr_assert_eq(add(200, "OK: really", final, COUNT(final)), 0);
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(find(rows[i].name), rows[i].value, "%s", rows[i].name);
    struct hr_http_field field;
    size_t at = 0, count = 0;
    while (http_heads_next(&heads, &at, &field)) {
        cr_assert_lt(count, COUNT(final));
        cr_expect(hr_slice_equal(field.name, final[count].name));
        cr_expect(hr_slice_equal(field.value, final[count].value));
        count++;
    }
    cr_expect_eq(count, COUNT(final), "in their order, one that comes twice twice");
}

Test(http_heads, the_next_attempt_takes_the_place) {
    cr_assert_eq(add(503, "Busy", early, COUNT(early)), 0);
    size_t first = heads.size;
    cr_assert_eq(add(200, "OK", final, 1), 0);
    cr_expect_str_eq(find("Link"), "(none)");
    cr_expect_str_eq(find("ETag"), "\"x:y\"");
    cr_assert_eq(add(503, "Busy", early, COUNT(early)), 0);
    cr_expect_eq(heads.size, first);
}

Test(http_heads, without_fields) {
    struct hr_http_field field;
    size_t at = 0;
    cr_assert_eq(add(204, "", NULL, 0), 0);
    cr_expect_not(http_heads_next(&heads, &at, &field));
    cr_expect_str_eq(find("A"), "(none)");
}

Test(http_heads, a_limit_of_them_all) {
    static char large[300 << 10];
    memset(large, 'v', sizeof large);
    const struct hr_http_field field = {.name = hr_slice_of("A"),
                                        .value = hr_slice_bytes(large, sizeof large)};
    cr_assert_eq(add(103, "Early Hints", &field, 1), 0);
    cr_expect_eq(add(103, "Early Hints", &field, 1), HR_ERR_HTTP_HEAD_TOO_LARGE);
}

/* A sink with room for a few bytes at a time, and for none at first. */
static char taken[512];
static size_t taken_size, room;

static ssize_t take(void *user, const void *data, size_t size) {
    (void)user;
    if (size > room) size = room;
    memcpy(taken + taken_size, data, size);
    taken_size += size;
    room = 7;
    return (ssize_t)size;
}

Test(http_heads, written_in_pieces_with_one_empty_line_behind_them) {
    const struct hr_sink sink = hr_sink_consumer(take, NULL);
    const char *whole = "HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\n"
                        "HTTP/1.1 200 OK\r\nETag: \"x:y\"\r\nEmpty: \r\n\r\n";
    cr_assert_eq(add(103, "Early Hints", early, COUNT(early)), 0);
    cr_assert_eq(add(200, "OK", final, 2), 0);
    size_t before = heads.size, turns = 0;
    while (!http_heads_write(&heads, &sink)) cr_assert_lt(turns++, 100);
    cr_expect_eq(taken_size, strlen(whole));
    cr_expect_eq(memcmp(taken, whole, taken_size), 0, "%.*s", (int)taken_size, taken);
    cr_expect(http_heads_write(&heads, &sink));
    cr_expect_eq(taken_size, strlen(whole), "nothing more");
    cr_expect_eq(heads.size, before, "what --write-out counts is the same as without --include");
}
