/* JSON writer. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include <headrace/json_write.h>
#include <headrace/text.h>

void hr_json_init(struct hr_json_writer *json, char *data, size_t capacity,
                  int (*flush)(void *user, const char *data, size_t size), void *user) {
    memset(json, 0, sizeof *json);
    json->data = data;
    json->capacity = capacity;
    json->flush = flush;
    json->user = user;
}

static void fail(struct hr_json_writer *json, int error) {
    if (!json->error) json->error = error;
}

static void drain(struct hr_json_writer *json) {
    if (json->error || json->size == 0) return;
    int result = json->flush(json->user, json->data, json->size);
    if (result < 0) fail(json, result);
    json->size = 0;
}

static void put(struct hr_json_writer *json, const char *text, size_t size) {
    while (size > 0 && !json->error) {
        size_t room = json->capacity - json->size;
        if (room == 0 || (!json->flush && room < size)) {
            if (!json->flush || json->capacity == 0) {
                fail(json, -ENOBUFS);
                return;
            }
            drain(json);
            continue;
        }
        size_t step = size < room ? size : room;
        memcpy(json->data + json->size, text, step);
        json->size += step;
        text += step;
        size -= step;
    }
}

static void put_text(struct hr_json_writer *json, const char *text) {
    put(json, text, strlen(text));
}

static uint32_t level_bit(const struct hr_json_writer *json) {
    return UINT32_C(1) << (json->depth - 1);
}

static void new_line(struct hr_json_writer *json) {
    if (!json->pretty) return;
    put(json, "\n", 1);
    for (unsigned i = 0; i < json->depth; i++) put(json, "  ", 2);
}

/* The comma and the white space before a member of an array or a key of an object. */
static void separate(struct hr_json_writer *json) {
    if (json->has_member & level_bit(json)) put(json, ",", 1);
    json->has_member |= level_bit(json);
    new_line(json);
}

/* Before any value: checks that one may stand here. */
static bool begin_value(struct hr_json_writer *json) {
    if (json->error) return false;
    bool in_object = json->depth > 0 && (json->is_object & level_bit(json));
    if ((json->depth == 0 && json->done) || in_object != json->after_key) {
        fail(json, -EINVAL);
        return false;
    }
    if (json->depth > 0 && !in_object) separate(json);
    json->after_key = false;
    if (json->depth == 0) json->done = true;
    return true;
}

static void open_level(struct hr_json_writer *json, bool object) {
    if (!begin_value(json)) return;
    if (json->depth == HR_JSON_DEPTH_MAX) {
        fail(json, -EINVAL);
        return;
    }
    json->depth++;
    json->has_member &= ~level_bit(json);
    if (object)
        json->is_object |= level_bit(json);
    else
        json->is_object &= ~level_bit(json);
    put(json, object ? "{" : "[", 1);
}

void hr_json_object(struct hr_json_writer *json) {
    open_level(json, true);
}
void hr_json_array(struct hr_json_writer *json) {
    open_level(json, false);
}

void hr_json_end(struct hr_json_writer *json) {
    if (json->error) return;
    if (json->depth == 0 || json->after_key) {
        fail(json, -EINVAL);
        return;
    }
    uint32_t bit = level_bit(json);
    bool object = json->is_object & bit, members = json->has_member & bit;
    json->depth--;
    if (members) new_line(json);
    put(json, object ? "}" : "]", 1);
}

static void put_escaped(struct hr_json_writer *json, unsigned char byte) {
    static const char letters[] = "btn\0fr"; /* for 0x08 to 0x0d; 0x0b has none */
    char text[8];
    if (byte >= 8 && byte <= 13 && letters[byte - 8]) {
        text[0] = '\\';
        text[1] = letters[byte - 8];
        put(json, text, 2);
    } else if (byte == '"' || byte == '\\') {
        text[0] = '\\';
        text[1] = (char)byte;
        put(json, text, 2);
    } else {
        int size = snprintf(text, sizeof text, "\\u%04x", byte);
        put(json, text, (size_t)size);
    }
}

static void put_string(struct hr_json_writer *json, struct hr_slice text) {
    put(json, "\"", 1);
    size_t from = 0, at = 0;
    while (at < text.size) {
        unsigned char byte = (unsigned char)text.data[at];
        size_t step = hr_utf8_next(text.data + at, text.size - at);
        bool plain = step > 0 && byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
        if (plain) {
            at += step;
            continue;
        }
        put(json, text.data + from, at - from);
        if (step == 0)
            put(json, "\xef\xbf\xbd", 3); /* U+FFFD for a byte that is no UTF-8 */
        else
            put_escaped(json, byte);
        at += step ? step : 1;
        from = at;
    }
    put(json, text.data + from, at - from);
    put(json, "\"", 1);
}

void hr_json_key(struct hr_json_writer *json, const char *key) {
    if (json->error) return;
    if (json->depth == 0 || !(json->is_object & level_bit(json)) || json->after_key) {
        fail(json, -EINVAL);
        return;
    }
    separate(json);
    put_string(json, hr_slice_of(key));
    put_text(json, json->pretty ? ": " : ":");
    json->after_key = true;
}

void hr_json_string(struct hr_json_writer *json, struct hr_slice text) {
    if (begin_value(json)) put_string(json, text);
}

void hr_json_text(struct hr_json_writer *json, const char *text) {
    if (text)
        hr_json_string(json, hr_slice_of(text));
    else
        hr_json_null(json);
}

static void put_value(struct hr_json_writer *json, const char *text) {
    if (begin_value(json)) put_text(json, text);
}

void hr_json_u64(struct hr_json_writer *json, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    put_value(json, text);
}

void hr_json_i64(struct hr_json_writer *json, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    put_value(json, text);
}

void hr_json_double(struct hr_json_writer *json, double value, unsigned decimals) {
    char text[340]; /* DBL_MAX has 309 digits before the point */
    if (!isfinite(value)) {
        hr_json_null(json);
        return;
    }
    snprintf(text, sizeof text, "%.*f", (int)(decimals > 9 ? 9 : decimals), value);
    char *point = strpbrk(text, ".,"); /* a locale may have put a comma */
    if (point) {
        *point = '.';
        char *end = point + strlen(point);
        while (end[-1] == '0') *--end = '\0';
        if (end[-1] == '.') end[-1] = '\0';
    }
    put_value(json, strcmp(text, "-0") == 0 ? "0" : text);
}

void hr_json_bool(struct hr_json_writer *json, bool value) {
    put_value(json, value ? "true" : "false");
}
void hr_json_null(struct hr_json_writer *json) {
    put_value(json, "null");
}

int hr_json_finish(struct hr_json_writer *json) {
    if (!json->error && (json->depth > 0 || !json->done)) fail(json, -EINVAL);
    if (json->flush) drain(json);
    return json->error;
}
