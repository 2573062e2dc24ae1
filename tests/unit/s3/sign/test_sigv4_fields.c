/* Signed fields of generated requests: names of all lengths in any case, values with white space
 * anywhere, against the rules of SigV4 followed byte by byte. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/sigv4.h>

#define FIELDS          8
#define NAME_MAX_TRIED  40
#define VALUE_MAX_TRIED 50

struct generated {
    char names[FIELDS][NAME_MAX_TRIED + 1], values[FIELDS][VALUE_MAX_TRIED + 1];
    struct hr_http_field fields[FIELDS];
};

static uint64_t state = 0x9e3779b97f4a7c15u;

static size_t below(size_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % limit;
}

static void fill(char *text, size_t size, const char *bytes) {
    for (size_t i = 0; i < size; i++) text[i] = bytes[below(strlen(bytes))];
    text[size] = 0;
}

/* Names have few different letters, so that many begin alike, and some come twice. */
static void generate(struct generated *made) {
    static const char *const values[] = {"abc/+= ", " \t\r\n", "x", "a\x80\xff~ \t", "aaaaaaaa,b"};
    for (size_t i = 0; i < FIELDS; i++) {
        fill(made->names[i], 1 + below(NAME_MAX_TRIED), below(3) ? "aA" : "aAzZ09-_`^~.");
        if (i > 0 && below(4) == 0)
            memcpy(made->names[i], made->names[below(i)], sizeof made->names[i]);
        fill(made->values[i], below(VALUE_MAX_TRIED), values[below(5)]);
    }
    snprintf(made->names[0], sizeof made->names[0], "Host");
    for (size_t i = 0; i < FIELDS; i++)
        made->fields[i] =
            (struct hr_http_field){hr_slice_of(made->names[i]), hr_slice_of(made->values[i])};
}

static int compare(const struct hr_http_field *a, const struct hr_http_field *b) {
    for (size_t i = 0;; i++) {
        int x = i < a->name.size ? tolower((unsigned char)a->name.data[i]) : -1;
        int y = i < b->name.size ? tolower((unsigned char)b->name.data[i]) : -1;
        if (x != y || x < 0) return x - y;
    }
}

static void sort(struct hr_http_field *fields) {
    for (size_t i = 1; i < FIELDS; i++)
        for (size_t j = i; j > 0 && compare(&fields[j - 1], &fields[j]) > 0; j--) {
            struct hr_http_field other = fields[j];
            fields[j] = fields[j - 1];
            fields[j - 1] = other;
        }
}

static char *put_lower(char *out, struct hr_slice name) {
    for (size_t i = 0; i < name.size; i++) *out++ = (char)tolower((unsigned char)name.data[i]);
    return out;
}

/* Trimmed, each run of white space as one blank. */
static char *put_value(char *out, struct hr_slice value) {
    bool blank = false, any = false;
    for (size_t i = 0; i < value.size; i++) {
        if (memchr(" \t\r\n", value.data[i], 4)) {
            blank = any;
            continue;
        }
        if (blank) *out++ = ' ';
        blank = false;
        any = true;
        *out++ = value.data[i];
    }
    return out;
}

static char *put_text(char *out, const char *text) {
    memcpy(out, text, strlen(text));
    return out + strlen(text);
}

static size_t write_expected(const struct hr_http_field *sorted, char *text) {
    char *out = put_text(text, "GET\n/key\n\n");
    for (size_t i = 0; i < FIELDS; i++) {
        bool again = i > 0 && compare(&sorted[i - 1], &sorted[i]) == 0;
        if (again)
            out[-1] = ',';
        else
            out = put_text(put_lower(out, sorted[i].name), ":");
        out = put_text(put_value(out, sorted[i].value), "\n");
    }
    out = put_text(out, "\n");
    for (size_t i = 0; i < FIELDS; i++)
        if (i == 0 || compare(&sorted[i - 1], &sorted[i]) != 0)
            out = put_lower(put_text(out, i > 0 ? ";" : ""), sorted[i].name);
    return (size_t)(put_text(out, "\nUNSIGNED-PAYLOAD") - text);
}

Test(sigv4_fields, generated_ones_stand_as_the_rules_say) {
    static const struct hr_sigv4_credentials nobody = {.access_key = {"a", 1},
                                                       .secret_key = {"b", 1}};
    const struct hr_sigv4_options options = {
        .region = hr_slice_of("eu-west-1"), .time_s = 1440938160, .as_given = true};
    for (unsigned round = 0; round < 20000; round++) {
        struct generated made;
        char text[4096], wanted[4096];
        size_t size, wanted_size;
        generate(&made);
        const struct hr_sigv4_request request = {.method = hr_slice_of("GET"),
                                                 .path = hr_slice_of("/key"),
                                                 .fields = made.fields,
                                                 .field_count = FIELDS,
                                                 .payload_hash = hr_slice_of("UNSIGNED-PAYLOAD")};
        cr_assert_eq(
            hr_sigv4_canonical_request(&nobody, &options, &request, text, sizeof text, &size), 0);
        sort(made.fields);
        wanted_size = write_expected(made.fields, wanted);
        cr_assert(hr_slice_equal(hr_slice_bytes(text, size), hr_slice_bytes(wanted, wanted_size)),
                  "%.*s\nand not\n%.*s", (int)size, text, (int)wanted_size, wanted);
    }
}

/* A control that is no white space, in each place of a value; white space is allowed. */
Test(sigv4_fields, each_byte_at_each_place_of_a_value) {
    const struct hr_sigv4_options options = {
        .region = hr_slice_of("eu-west-1"), .time_s = 1440938160, .as_given = true};
    char value[36], text[1024];
    for (size_t count = 1; count <= sizeof value; count++)
        for (size_t at = 0; at < count; at++)
            for (int byte = 0; byte < 256; byte++) {
                size_t size;
                memset(value, 'v', count);
                value[at] = (char)byte;
                const struct hr_http_field field = {hr_slice_of("Host"),
                                                    hr_slice_bytes(value, count)};
                const struct hr_sigv4_request request = {.method = hr_slice_of("GET"),
                                                         .path = hr_slice_of("/"),
                                                         .fields = &field,
                                                         .field_count = 1};
                bool refused = hr_sigv4_canonical_request(NULL, &options, &request, text,
                                                          sizeof text, &size) != 0;
                bool control = (byte < ' ' && !memchr("\t\r\n", byte, 3)) || byte == 0x7f;
                cr_assert_eq(refused, control, "%#x at %zu of %zu", (unsigned)byte, at, count);
            }
}
