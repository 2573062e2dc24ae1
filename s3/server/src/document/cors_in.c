/* The rules of CORS of a bucket: read, and matched. */
#include "cors_in.h"

#include <headrace/text.h>

#include "xml_reader.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- Reading. */

static void cors_start(struct s3_xml_reader *reader, const char *path) {
    struct s3_cors_rules *rules = reader->document;
    if (strcmp(path, "CORSRule") != 0) return;
    if (rules->rule_count == S3_CORS_RULES_MAX)
        s3_server__xml_fail(reader, S3_MalformedXML);
    else
        rules->ages[rules->rule_count++].is_set = false;
}

static bool is_method(struct hr_slice text) {
    static const char *const methods[] = {"GET", "PUT", "HEAD", "POST", "DELETE"};
    for (size_t i = 0; i < COUNT(methods); i++)
        if (hr_slice_equal(text, hr_slice_of(methods[i]))) return true;
    return false;
}

/* A pattern has one star at most. */
static bool is_pattern(struct hr_slice text) {
    size_t stars = 0;
    for (size_t i = 0; i < text.size; i++) stars += text.data[i] == '*';
    return text.size > 0 && stars <= 1;
}

static void add_word(struct s3_xml_reader *reader, enum s3_cors_kind kind, struct hr_slice text) {
    struct s3_cors_rules *rules = reader->document;
    bool is_valid = kind == S3_CORS_METHOD ? is_method(text) : is_pattern(text);
    if (!is_valid) {
        s3_server__xml_fail(reader, S3_InvalidRequest);
        return;
    }
    void *words = s3_server__xml_room(reader, rules->words, rules->word_count,
                                      sizeof rules->words[0], S3_CORS_WORDS_MAX);
    if (!words) return;
    rules->words = words;
    rules->words[rules->word_count++] = (struct s3_cors_word){
        .rule = rules->rule_count - 1, .kind = kind, .text = s3_server__xml_keep(reader, text)};
}

static bool has(const struct s3_cors_rules *rules, size_t rule, enum s3_cors_kind kind) {
    for (size_t i = 0; i < rules->word_count; i++)
        if (rules->words[i].rule == rule && rules->words[i].kind == kind) return true;
    return false;
}

static void end_rule(struct s3_xml_reader *reader) {
    const struct s3_cors_rules *rules = reader->document;
    size_t rule = rules->rule_count - 1;
    if (!has(rules, rule, S3_CORS_ORIGIN) || !has(rules, rule, S3_CORS_METHOD))
        s3_server__xml_fail(reader, S3_MalformedXML);
}

static void read_age(struct s3_xml_reader *reader, struct hr_slice text) {
    struct s3_cors_rules *rules = reader->document;
    struct s3_cors_age *age = &rules->ages[rules->rule_count - 1];
    age->is_set = true;
    if (hr_text_u64(text, INT32_MAX, &age->seconds) < 0)
        s3_server__xml_fail(reader, S3_MalformedXML);
}

static const struct s3_xml_element cors_elements[] = {
    {"CORSRule", true},
    {"CORSRule/ID", false},
    {"CORSRule/AllowedOrigin", true},
    {"CORSRule/AllowedMethod", true},
    {"CORSRule/AllowedHeader", true},
    {"CORSRule/ExposeHeader", true},
    {"CORSRule/MaxAgeSeconds", false},
};

static void cors_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    static const enum s3_cors_kind kinds[] = {S3_CORS_ORIGIN, S3_CORS_METHOD, S3_CORS_HEADER,
                                              S3_CORS_EXPOSED};
    if (strcmp(path, "CORSRule") == 0) end_rule(reader);
    if (strcmp(path, "CORSRule/MaxAgeSeconds") == 0) read_age(reader, text);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(path, cors_elements[2 + i].path) == 0) add_word(reader, kinds[i], text);
}

enum s3_error s3_server__xml_read_cors(struct hr_slice document, struct s3_arena *arena,
                                       struct s3_cors_rules *rules, struct hr_slice *unknown) {
    rules->words = NULL;
    rules->word_count = rules->rule_count = 0;
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "CORSConfiguration",
                                   .elements = cors_elements,
                                   .element_count = COUNT(cors_elements),
                                   .unknown = unknown,
                                   .on_start = cors_start,
                                   .on_end = cors_end,
                                   .document = rules};
    enum s3_error error = s3_server__xml_read(&reader, document);
    return !error && rules->rule_count == 0 ? S3_MalformedXML : error;
}

/* ---- Matching. */

typedef bool equal_fn(struct hr_slice left, struct hr_slice right);

static bool fits(struct hr_slice pattern, struct hr_slice text, equal_fn *equal) {
    const char *star = memchr(pattern.data, '*', pattern.size);
    if (!star) return equal(pattern, text);
    size_t before = (size_t)(star - pattern.data), behind = pattern.size - before - 1;
    return text.size >= before + behind &&
           equal(hr_slice_bytes(pattern.data, before), hr_slice_bytes(text.data, before)) &&
           equal(hr_slice_bytes(star + 1, behind),
                 hr_slice_bytes(text.data + text.size - behind, behind));
}

static const struct s3_cors_word *find(const struct s3_cors_rules *rules, size_t rule,
                                       enum s3_cors_kind kind, struct hr_slice text) {
    equal_fn *equal = kind == S3_CORS_HEADER ? hr_slice_equal_nocase : hr_slice_equal;
    for (size_t i = 0; i < rules->word_count; i++) {
        const struct s3_cors_word *word = &rules->words[i];
        if (word->rule == rule && word->kind == kind && fits(word->text, text, equal)) return word;
    }
    return NULL;
}

static bool lets_fields(const struct s3_cors_rules *rules, size_t rule, struct hr_slice fields) {
    struct hr_slice one;
    while (hr_slice_cut(&fields, ',', &one)) {
        one = hr_slice_trim(one);
        if (one.size > 0 && !find(rules, rule, S3_CORS_HEADER, one)) return false;
    }
    return true;
}

bool s3_server__cors_match(const struct s3_cors_rules *rules, const struct s3_cors_request *request,
                           struct s3_cors_match *match) {
    for (size_t rule = 0; rule < rules->rule_count; rule++) {
        const struct s3_cors_word *origin = find(rules, rule, S3_CORS_ORIGIN, request->origin);
        if (!origin || !find(rules, rule, S3_CORS_METHOD, request->method) ||
            !lets_fields(rules, rule, request->fields))
            continue;
        *match = (struct s3_cors_match){
            .rule = rule, .any_origin = hr_slice_equal(origin->text, hr_slice_of("*"))};
        return true;
    }
    return false;
}

struct hr_slice s3_server__cors_join(const struct s3_cors_rules *rules, size_t rule,
                                     enum s3_cors_kind kind, struct s3_arena *arena) {
    size_t capacity = 0, size = 0;
    for (size_t i = 0; i < rules->word_count; i++) capacity += rules->words[i].text.size + 2;
    char *out = s3_server__arena_allocate(arena, capacity + 1);
    if (!out) return hr_slice_bytes(NULL, 0);
    for (size_t i = 0; i < rules->word_count; i++) {
        const struct s3_cors_word *word = &rules->words[i];
        if (word->rule != rule || word->kind != kind) continue;
        if (size > 0) memcpy(out + size, ", ", 2);
        if (size > 0) size += 2;
        memcpy(out + size, word->text.data, word->text.size);
        size += word->text.size;
    }
    return hr_slice_bytes(out, size);
}
