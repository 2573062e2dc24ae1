#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include <headrace/json_write.h>

struct text {
    char data[8192];
    size_t size;
};

static int append(void *user, const char *data, size_t size) {
    struct text *text = user;
    if (text->size + size > sizeof text->data) return -EFBIG;
    memcpy(text->data + text->size, data, size);
    text->size += size;
    return 0;
}

static void write_sample(struct hr_json_writer *json) {
    hr_json_object(json);
    hr_json_key(json, "text");
    hr_json_text(json, "a\"b\\c\n\t\x01\x7f/ \xc3\xa4\xf0\x9f\x98\x80");
    hr_json_key(json, "list");
    hr_json_array(json);
    hr_json_u64(json, UINT64_MAX);
    hr_json_i64(json, INT64_MIN);
    hr_json_double(json, 2.50, 3);
    hr_json_double(json, -0.0001, 3);
    hr_json_double(json, NAN, 3);
    hr_json_bool(json, true);
    hr_json_array(json);
    hr_json_end(json);
    hr_json_object(json);
    hr_json_end(json);
    hr_json_end(json);
    hr_json_key(json, "none");
    hr_json_text(json, NULL);
    hr_json_end(json);
}

static const char sample[] =
    "{\"text\":\"a\\\"b\\\\c\\n\\t\\u0001\\u007f/ \xc3\xa4\xf0\x9f\x98\x80\",\"list\":["
    "18446744073709551615,-9223372036854775808,2.5,0,null,true,[],{}],\"none\":null}";

Test(json_write, writes_what_a_reader_reads) {
    char memory[512];
    struct hr_json_writer json;
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    write_sample(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    cr_assert_eq(json.size, sizeof sample - 1);
    cr_assert_arr_eq(memory, sample, sizeof sample - 1);
}

Test(json_write, any_window_gives_the_same_text) {
    for (size_t window = 1; window < 130; window++) {
        char memory[130];
        struct text text = {.size = 0};
        struct hr_json_writer json;
        hr_json_init(&json, memory, window, append, &text);
        write_sample(&json);
        cr_assert_eq(hr_json_finish(&json), 0);
        cr_assert_eq(text.size, sizeof sample - 1);
        cr_assert_arr_eq(text.data, sample, sizeof sample - 1);
    }
}

Test(json_write, pretty_is_the_same_value) {
    char memory[1024];
    struct hr_json_writer json;
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    json.pretty = true;
    write_sample(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    /* jansson has no unsigned 64-bit integer: read that one as a real. */
    json_t *pretty = json_loadb(memory, json.size, JSON_DECODE_INT_AS_REAL, NULL);
    json_t *plain = json_loads(sample, JSON_DECODE_INT_AS_REAL, NULL);
    cr_assert(pretty && plain && json_equal(pretty, plain));
    json_decref(pretty);
    json_decref(plain);
}

Test(json_write, every_byte_pair_becomes_valid_json) {
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b += 3) {
            char memory[64], text[2] = {(char)a, (char)b};
            struct hr_json_writer json;
            hr_json_init(&json, memory, sizeof memory, NULL, NULL);
            hr_json_string(&json, hr_slice_bytes(text, 2));
            cr_assert_eq(hr_json_finish(&json), 0);
            json_t *back = json_loadb(memory, json.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
            cr_assert_not_null(back, "%02x %02x", a, b);
            json_decref(back);
        }
}

Test(json_write, misuse_and_lack_of_room_are_errors) {
    char memory[64];
    struct hr_json_writer json;
    hr_json_init(&json, memory, 4, NULL, NULL);
    hr_json_text(&json, "longer");
    cr_assert_eq(hr_json_finish(&json), -ENOBUFS);
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    hr_json_object(&json);
    hr_json_u64(&json, 1); /* no key */
    cr_assert_eq(hr_json_finish(&json), -EINVAL);
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    hr_json_array(&json);
    cr_assert_eq(hr_json_finish(&json), -EINVAL, "left open");
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    hr_json_u64(&json, 1);
    hr_json_u64(&json, 2);
    cr_assert_eq(hr_json_finish(&json), -EINVAL, "two values");
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    for (unsigned i = 0; i <= HR_JSON_DEPTH_MAX; i++) hr_json_array(&json);
    cr_assert_eq(hr_json_finish(&json), -EINVAL, "too deep");
}
