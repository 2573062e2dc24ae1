/* Members of JSON objects: a key with its value. */
#ifndef PERF_JSON_PUT_H
#define PERF_JSON_PUT_H

#include <headrace/json_write.h>

void json_put_text(struct hr_json_writer *json, const char *key,
                   const char *value); /* NULL: null */
void json_put_string(struct hr_json_writer *json, const char *key, struct hr_slice value);
void json_put_u64(struct hr_json_writer *json, const char *key, uint64_t value);
void json_put_i64(struct hr_json_writer *json, const char *key, int64_t value);
void json_put_double(struct hr_json_writer *json, const char *key, double value, unsigned decimals);
void json_put_bool(struct hr_json_writer *json, const char *key, bool value);
void json_put_null(struct hr_json_writer *json, const char *key);
/* An object or array that is open; hr_json_end ends it. */
void json_put_object(struct hr_json_writer *json, const char *key);
void json_put_array(struct hr_json_writer *json, const char *key);

#endif
