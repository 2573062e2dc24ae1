/* The S3 driver: members of structs from JSON, and JSON from members. */
#include <stdio.h>
#include <string.h>

#include "s3_driver.h"

#define ARENA_BYTES (1u << 20)

static char arena[ARENA_BYTES] __attribute__((aligned(16)));
static size_t arena_used;
static char fill[S3_DRIVER_FILL_MAX];

void s3_members_reset(void) {
    arena_used = 0;
}

static void *arena_take(size_t size) {
    char *memory = arena + arena_used;
    if (size > ARENA_BYTES - arena_used) return NULL;
    arena_used += (size + 15) & ~(size_t)15;
    memset(memory, 0, size);
    return memory;
}

static bool read_text(json_t *value, const char **into) {
    if (json_is_null(value)) return true;
    if (!json_is_string(value)) return false;
    *into = json_string_value(value);
    return true;
}

static bool read_texts(json_t *rows, size_t width, const char **into) {
    size_t row, column;
    json_t *columns, *value;
    json_array_foreach(rows, row, columns) {
        if (json_array_size(columns) > width) return false;
        json_array_foreach(columns, column,
                           value) if (!read_text(value, &into[row * width + column])) return false;
    }
    return true;
}

static bool read_slices(json_t *rows, struct hr_slice *into) {
    size_t row, column;
    json_t *columns, *value;
    json_array_foreach(rows, row, columns) {
        if (json_array_size(columns) > 2) return false;
        json_array_foreach(columns, column, value) if (json_is_string(value))
            into[row * 2 + column] =
                hr_slice_bytes(json_string_value(value), json_string_length(value));
    }
    return true;
}

static bool read_sum(json_t *name, json_t *text, struct hr_s3_checksum *into) {
    if (!json_is_string(name) || !json_is_string(text)) return false;
    enum hr_s3_checksum_algorithm algorithm =
        hr_s3_checksum_by_name(hr_slice_of(json_string_value(name)));
    return hr_s3_checksum_parse(algorithm, hr_slice_of(json_string_value(text)), into) == 0;
}

/* An enum by its name in S3. */
static bool read_name(json_t *value, enum s3_member_kind kind, char *at) {
    struct hr_slice name = hr_slice_of(json_string_value(value));
    unsigned found = kind == S3_ALGORITHM ? (unsigned)hr_s3_checksum_by_name(name)
                                          : (unsigned)hr_s3_checksum_type_by_name(name);
    memcpy(at, &found, sizeof found);
    return found != 0;
}

static bool read_parts(json_t *rows, struct hr_s3_completed_part *into) {
    size_t row;
    json_t *columns;
    json_array_foreach(rows, row, columns) {
        into[row].part_number = (uint32_t)json_integer_value(json_array_get(columns, 0));
        if (!read_text(json_array_get(columns, 1), &into[row].etag)) return false;
        if (json_array_size(columns) < 4) continue;
        if (!read_sum(json_array_get(columns, 2), json_array_get(columns, 3), &into[row].checksum))
            return false;
    }
    return true;
}

static size_t row_size(const struct s3_member *member) {
    switch (member->kind) {
    case S3_TEXTS:
        return member->width * sizeof(const char *);
    case S3_SLICES:
        return 2 * sizeof(struct hr_slice);
    default:
        return sizeof(struct hr_s3_completed_part);
    }
}

/* An array in the arena, and its count, which stands behind the pointer in each of the structs. */
static bool read_rows(const struct s3_member *member, json_t *rows, char *at) {
    size_t count = json_array_size(rows);
    void *memory = arena_take(count * row_size(member) + 1);
    if (!json_is_array(rows) || !memory) return false;
    memcpy(at, &memory, sizeof memory);
    memcpy(at + sizeof memory, &count, sizeof count);
    if (member->kind == S3_TEXTS) return read_texts(rows, member->width, memory);
    if (member->kind == S3_SLICES) return read_slices(rows, memory);
    return read_parts(rows, memory);
}

/* Byte i of a body that is filled is i * 131 % 251. */
static bool read_source(json_t *value, struct hr_source *into) {
    json_int_t size = json_integer_value(json_object_get(value, "fill"));
    if (json_is_string(value)) {
        *into = hr_source_bytes(json_string_value(value), json_string_length(value));
        return true;
    }
    if (!json_is_object(value) || size < 0 || size > (json_int_t)sizeof fill) return false;
    if (!fill[1])
        for (size_t i = 0; i < sizeof fill; i++) fill[i] = (char)(unsigned char)(i * 131 % 251);
    *into = hr_source_bytes(fill, (size_t)size);
    return true;
}

static bool read_number(json_t *value, size_t size, char *at) {
    uint64_t number = (uint64_t)json_integer_value(value);
    uint32_t half = (uint32_t)number;
    if (!json_is_integer(value)) return false;
    if (size == sizeof half)
        memcpy(at, &half, sizeof half);
    else
        memcpy(at, &number, sizeof number);
    return true;
}

static bool read_member(const struct s3_member *member, json_t *value, char *at) {
    switch (member->kind) {
    case S3_TEXT:
        return read_text(value, (const char **)(void *)at);
    case S3_NUMBER:
        return read_number(value, member->size, at);
    case S3_ALGORITHM:
    case S3_SUM_TYPE:
        return json_is_string(value) && read_name(value, member->kind, at);
    case S3_FLAG:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    case S3_SOURCE:
        return read_source(value, (struct hr_source *)(void *)at);
    case S3_GROUP:
        return json_is_object(value) && !s3_members_read(member->group, value, at);
    case S3_TOKEN:
        *(char **)(void *)at = strdup(json_is_string(value) ? json_string_value(value) : "");
        return json_is_string(value);
    case S3_CHARS:
    case S3_SLICE:
        return false;
    default:
        return read_rows(member, value, at);
    }
}

static const struct s3_member *find(const struct s3_member *table, const char *name) {
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0) return table;
    return NULL;
}

const char *s3_members_read(const struct s3_member *table, json_t *from, void *into) {
    const char *name;
    json_t *value;
    json_object_foreach(from, name, value) {
        const struct s3_member *member = find(table, name);
        if (!member || !read_member(member, value, (char *)into + member->offset)) return name;
    }
    return NULL;
}

json_t *s3_json_bytes(struct hr_slice bytes) {
    json_t *text = json_stringn(bytes.data ? bytes.data : "", bytes.size);
    char pair[3], *hex;
    if (text) return text;
    hex = arena_take(2 * bytes.size + 1);
    for (size_t i = 0; hex && i < bytes.size; i++) {
        (void)snprintf(pair, sizeof pair, "%02x", (unsigned char)bytes.data[i]);
        memcpy(hex + 2 * i, pair, 2);
    }
    return json_pack("{s:s?}", "hex", hex);
}

static json_t *number_of(const char *at, size_t size) {
    uint64_t number = 0;
    uint32_t half;
    memcpy(size == sizeof half ? (void *)&half : (void *)&number, at, size);
    return json_integer((json_int_t)(size == sizeof half ? half : number));
}

void s3_members_write(const struct s3_member *table, const void *from, json_t *into) {
    for (; table->name; table++) {
        const char *at = (const char *)from + table->offset;
        if (table->kind == S3_GROUP)
            s3_members_write(table->group, at, into);
        else if (table->kind == S3_CHARS)
            json_object_set_new(into, table->name, s3_json_bytes(hr_slice_of(at)));
        else if (table->kind == S3_SLICE)
            json_object_set_new(into, table->name,
                                s3_json_bytes(*(const struct hr_slice *)(const void *)at));
        else if (table->kind == S3_FLAG)
            json_object_set_new(into, table->name, json_boolean(*(const bool *)at));
        else if (table->kind == S3_TEXT)
            json_object_set_new(into, table->name, json_string(*(char *const *)(const void *)at));
        else
            json_object_set_new(into, table->name, number_of(at, table->size));
    }
}
