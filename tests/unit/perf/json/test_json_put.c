/* Members of JSON objects. */
#include <criterion/criterion.h>

#include "json_put.h"

Test(json_put, a_member_of_each_kind) {
    char text[512];
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    hr_json_object(&json);
    json_put_text(&json, "text", "a\"b");
    json_put_text(&json, "none", NULL);
    json_put_string(&json, "string", hr_slice_bytes("xyz", 2));
    json_put_u64(&json, "u64", UINT64_MAX);
    json_put_i64(&json, "i64", -1);
    json_put_double(&json, "double", 1.23456, 2);
    json_put_bool(&json, "bool", true);
    json_put_null(&json, "null");
    json_put_object(&json, "object");
    hr_json_end(&json);
    json_put_array(&json, "array");
    hr_json_u64(&json, 1);
    hr_json_end(&json);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    text[json.size] = '\0';
    cr_expect_str_eq(text, "{\"text\":\"a\\\"b\",\"none\":null,\"string\":\"xy\","
                           "\"u64\":18446744073709551615,\"i64\":-1,\"double\":1.23,\"bool\":true,"
                           "\"null\":null,\"object\":{},\"array\":[1]}");
}
