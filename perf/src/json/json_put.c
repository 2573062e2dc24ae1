/* Keys and their values. */
#include "json_put.h"

void json_put_text(struct hr_json_writer *json, const char *key, const char *value) {
    hr_json_key(json, key);
    hr_json_text(json, value);
}

void json_put_string(struct hr_json_writer *json, const char *key, struct hr_slice value) {
    hr_json_key(json, key);
    hr_json_string(json, value);
}

void json_put_u64(struct hr_json_writer *json, const char *key, uint64_t value) {
    hr_json_key(json, key);
    hr_json_u64(json, value);
}

void json_put_i64(struct hr_json_writer *json, const char *key, int64_t value) {
    hr_json_key(json, key);
    hr_json_i64(json, value);
}

void json_put_double(struct hr_json_writer *json, const char *key, double value,
                     unsigned decimals) {
    hr_json_key(json, key);
    hr_json_double(json, value, decimals);
}

void json_put_bool(struct hr_json_writer *json, const char *key, bool value) {
    hr_json_key(json, key);
    hr_json_bool(json, value);
}

void json_put_null(struct hr_json_writer *json, const char *key) {
    hr_json_key(json, key);
    hr_json_null(json);
}

void json_put_object(struct hr_json_writer *json, const char *key) {
    hr_json_key(json, key);
    hr_json_object(json);
}

void json_put_array(struct hr_json_writer *json, const char *key) {
    hr_json_key(json, key);
    hr_json_array(json);
}
