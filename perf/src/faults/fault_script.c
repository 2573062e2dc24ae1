/* A fault script: lines become rules. */
#include "fault_script.h"

#include <errno.h>
#include <stdio.h>

#include "fault_words.h"

#define STATUS_MIN 400
#define STATUS_MAX 599
#define KINDS_SHOWN                                                                                \
    "reset, reset-behind, status, truncate, corrupt, trickle, silent, refuse, delay, latency, "    \
    "rate"

/* One line under way. */
struct reader {
    struct fault_rule rule;
    struct hr_slice rest;
    struct hr_error *error;
};

static int refuse_rule(const struct fault_rule *rule, struct hr_error *error, struct hr_slice word,
                       const char *remedy) {
    char shown[FAULT_SHOWN_SIZE], where[32] = "";
    if (rule->line) snprintf(where, sizeof where, "line %u: ", rule->line);
    return hr_error_set(error, -EINVAL, "%s'%s': %s", where, fault_word_shown(word, shown), remedy);
}

static int refuse(const struct reader *reader, struct hr_slice word, const char *remedy) {
    return refuse_rule(&reader->rule, reader->error, word, remedy);
}

/* The word behind `before`, which must be there. */
static int next_word(struct reader *reader, struct hr_slice before, const char *remedy,
                     struct hr_slice *word) {
    return fault_word_next(&reader->rest, word) ? 0 : refuse(reader, before, remedy);
}

/* ---- What stands behind a fault. */

static int read_nothing(struct reader *reader, struct hr_slice name) {
    (void)reader, (void)name;
    return 0;
}

static int read_duration(struct reader *reader, struct hr_slice name) {
    static const char remedy[] = "a duration up to 1h follows, such as 300ms or 5s";
    struct hr_slice word;
    int err = next_word(reader, name, remedy, &word);
    if (err) return err;
    return fault_word_duration(word, &reader->rule.amount) ? refuse(reader, word, remedy) : 0;
}

static int read_latency(struct reader *reader, struct hr_slice name) {
    int err = read_duration(reader, name);
    struct hr_slice rest = reader->rest, word;
    if (err || !fault_word_next(&rest, &word) || word.size < 3 || memcmp(word.data, "+-", 2) != 0)
        return err;
    struct hr_slice jitter = hr_slice_bytes(word.data + 2, word.size - 2);
    reader->rest = rest;
    if (fault_word_duration(jitter, &reader->rule.jitter_ms) != 0 ||
        reader->rule.jitter_ms > reader->rule.amount)
        return refuse(reader, word, "a jitter is a duration up to the latency itself, as +-2ms");
    return 0;
}

static int read_rate(struct reader *reader, struct hr_slice name) {
    static const char remedy[] = "a rate follows, such as 1KiB/s or 10MiB/s";
    struct hr_slice word;
    int err = next_word(reader, name, remedy, &word);
    if (err) return err;
    return fault_word_rate(word, &reader->rule.amount) ? refuse(reader, word, remedy) : 0;
}

static int read_truncate(struct reader *reader, struct hr_slice name) {
    static const char remedy[] = "a share below 100% or a size follows, such as 50% or 1KiB";
    struct hr_slice word;
    int err = next_word(reader, name, remedy, &word);
    if (err) return err;
    if (fault_word_percent(word, &reader->rule.share) == 0 && reader->rule.share < FAULT_WHOLE)
        return 0;
    reader->rule.share = 0;
    return fault_word_size(word, &reader->rule.amount) ? refuse(reader, word, remedy) : 0;
}

static int read_corrupt(struct reader *reader, struct hr_slice name) {
    static const char remedy[] = "a number of bytes up to 16 follows, such as 1";
    struct hr_slice word, rest;
    int err = next_word(reader, name, remedy, &word);
    if (err) return err;
    if (fault_word_count(word, FAULT_CORRUPT_MAX, &reader->rule.amount) != 0)
        return refuse(reader, word, remedy);
    rest = reader->rest;
    if (fault_word_next(&rest, &word) &&
        (fault_word_is(word, "byte") || fault_word_is(word, "bytes")))
        reader->rest = rest;
    return 0;
}

static bool is_code(struct hr_slice word) {
    if (word.size >= FAULT_CODE_MAX) return false;
    for (size_t i = 0; i < word.size; i++) {
        char letter = word.data[i] | 0x20;
        bool digit = word.data[i] >= '0' && word.data[i] <= '9';
        if (!digit && !(letter >= 'a' && letter <= 'z')) return false;
    }
    return word.data[0] >= 'A' && word.data[0] <= 'Z';
}

static bool is_methods(struct hr_slice word) {
    for (size_t i = 0; i < word.size; i++)
        if (!(word.data[i] >= 'A' && word.data[i] <= 'Z') && word.data[i] != ',') return false;
    return word.size < FAULT_METHODS_MAX && word.data[0] != ',' && word.data[word.size - 1] != ',';
}

static int read_status(struct reader *reader, struct hr_slice name) {
    static const char remedy[] = "a status from 400 to 599 follows, such as 503";
    struct hr_slice word, rest;
    uint64_t status;
    int err = next_word(reader, name, remedy, &word);
    if (err) return err;
    if (fault_word_count(word, STATUS_MAX, &status) != 0 || status < STATUS_MIN)
        return refuse(reader, word, remedy);
    reader->rule.status = (uint16_t)status;
    rest = reader->rest;
    /* "GET" may be a method behind it: codes of S3 are no words in capitals alone. */
    if (fault_word_next(&rest, &word) && is_code(word) && !is_methods(word)) {
        memcpy(reader->rule.code, word.data, word.size);
        reader->rest = rest;
    }
    return 0;
}

static const struct {
    const char *name;
    int (*read)(struct reader *reader, struct hr_slice name);
} kinds[FAULT_KINDS] = {
    [FAULT_NONE] = {"none", NULL},
    [FAULT_RESET] = {"reset", read_nothing},
    [FAULT_RESET_BEHIND] = {"reset-behind", read_nothing},
    [FAULT_STATUS] = {"status", read_status},
    [FAULT_TRUNCATE] = {"truncate", read_truncate},
    [FAULT_CORRUPT] = {"corrupt", read_corrupt},
    [FAULT_TRICKLE] = {"trickle", read_rate},
    [FAULT_SILENT] = {"silent", read_duration},
    [FAULT_REFUSE] = {"refuse", read_nothing},
    [FAULT_DELAY] = {"delay", read_duration},
    [FAULT_LATENCY] = {"latency", read_latency},
    [FAULT_RATE] = {"rate", read_rate},
};

const char *fault_kind_name(enum fault_kind kind) {
    return kinds[kind].name;
}

static int read_kind(struct reader *reader, struct hr_slice word) {
    for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++) {
        if (!fault_word_is(word, kinds[kind].name)) continue;
        if (reader->rule.kind != FAULT_NONE)
            return refuse(reader, word, "a second fault: a rule has one, write another line");
        reader->rule.kind = kind;
        return kinds[kind].read(reader, word);
    }
    return refuse(reader, word, "neither a condition nor a fault: " KINDS_SHOWN);
}

/* ---- Conditions. */

static int read_chance(struct reader *reader, struct hr_slice word) {
    if (reader->rule.chance) return refuse(reader, word, "a second chance: a rule has one");
    if (fault_word_percent(word, &reader->rule.chance) == 0) return 0;
    return refuse(reader, word, "a chance is above 0% and up to 100%, with up to four decimals");
}

static int read_methods(struct reader *reader, struct hr_slice word) {
    if (reader->rule.methods[0])
        return refuse(reader, word, "more methods: they are parted by commas, as GET,HEAD");
    if (!is_methods(word)) return refuse(reader, word, "a method is in capitals: GET or PUT,POST");
    memcpy(reader->rule.methods, word.data, word.size);
    return 0;
}

static int read_prefix(struct reader *reader, struct hr_slice word) {
    if (reader->rule.prefix[0]) return refuse(reader, word, "a second path: a rule has one");
    memcpy(reader->rule.prefix, word.data, word.size);
    return 0;
}

static int read_first(struct reader *reader, struct hr_slice name, struct hr_slice word) {
    if (reader->rule.first) return refuse(reader, name, "said twice");
    if (fault_word_count(word, UINT32_MAX, &reader->rule.first) == 0) return 0;
    return refuse(reader, word, "a number follows 'first', such as 3");
}

static int read_every(struct reader *reader, struct hr_slice name, struct hr_slice word) {
    if (reader->rule.every) return refuse(reader, name, "said twice");
    if (fault_word_ordinal(word, &reader->rule.every) == 0) return 0;
    return refuse(reader, word, "a number follows 'every', such as 7th");
}

static int read_time(struct reader *reader, struct hr_slice name, struct hr_slice word) {
    uint64_t *ms = name.data[0] == 'a' ? &reader->rule.after_ms : &reader->rule.for_ms;
    if (*ms) return refuse(reader, name, "said twice");
    if (fault_word_duration(word, ms) == 0 && *ms > 0) return 0;
    return refuse(reader, word, "a duration up to 1h follows 'after' and 'for', such as 10s");
}

static const struct {
    const char *name;
    int (*read)(struct reader *reader, struct hr_slice name, struct hr_slice word);
} conditions[] = {
    {"first", read_first}, {"every", read_every}, {"after", read_time}, {"for", read_time}};

static int read_word(struct reader *reader, struct hr_slice word) {
    if (word.data[word.size - 1] == '%') return read_chance(reader, word);
    if (word.data[0] == '/') return read_prefix(reader, word);
    if (word.data[0] >= 'A' && word.data[0] <= 'Z') return read_methods(reader, word);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (!fault_word_is(word, conditions[i].name)) continue;
        struct hr_slice value;
        int err = next_word(reader, word, "a number or a duration follows", &value);
        return err ? err : conditions[i].read(reader, word, value);
    }
    return read_kind(reader, word);
}

/* ---- Lines. */

static int check_rule(const struct reader *reader, struct hr_slice text) {
    const struct fault_rule *rule = &reader->rule;
    if (rule->kind == FAULT_NONE) return refuse(reader, text, "names no fault: " KINDS_SHOWN);
    if (rule->kind == FAULT_REFUSE && (rule->methods[0] || rule->prefix[0]))
        return refuse(reader, text, "'refuse' is of connections, which have no method and no path");
    return 0;
}

static int read_rule(struct reader *reader, struct hr_slice text) {
    struct hr_slice word;
    int err = 0;
    if (text.size > FAULT_LINE_MAX) return refuse(reader, text, "longer than 256 bytes");
    if (memchr(text.data, '\0', text.size)) return refuse(reader, text, "has a zero byte");
    memcpy(reader->rule.text, text.data, text.size);
    while (!err && fault_word_next(&reader->rest, &word)) err = read_word(reader, word);
    if (!err) err = check_rule(reader, text);
    if (!reader->rule.chance) reader->rule.chance = FAULT_WHOLE;
    return err;
}

/* Without the comment, and the blanks at its ends. */
static struct hr_slice plain_line(struct hr_slice text) {
    const char *comment = text.size ? memchr(text.data, '#', text.size) : NULL;
    if (comment) text.size = (size_t)(comment - text.data);
    return fault_word_trim(text);
}

int fault_script_add(struct fault_script *script, struct hr_slice text, unsigned line,
                     struct hr_error *error) {
    text = plain_line(text);
    if (text.size == 0) return 0;
    struct reader reader = {.rule = {.line = line}, .rest = text, .error = error};
    int err = read_rule(&reader, text);
    if (err) return err;
    if (script->count == FAULT_RULES_MAX)
        return refuse(&reader, text, "one rule more than the 64 that a script may have");
    script->rules[script->count++] = reader.rule;
    return 0;
}

int fault_script_read(struct fault_script *script, struct hr_slice text, struct hr_error *error) {
    struct hr_slice line;
    unsigned number = 0;
    if (text.size > FAULT_SCRIPT_MAX)
        return hr_error_set(error, -EINVAL, "longer than the 64 KiB that a script may have");
    while (hr_slice_cut(&text, '\n', &line)) {
        int err = fault_script_add(script, line, ++number, error);
        if (err) return err;
    }
    return 0;
}

static const char *reason_not_tcp(const struct fault_rule *rule) {
    if (rule->methods[0] || rule->prefix[0]) return "with --tcp there are no methods and paths";
    if (rule->kind == FAULT_STATUS) return "with --tcp there is no status: try reset";
    if (rule->kind == FAULT_TRUNCATE && rule->share)
        return "with --tcp no length is known: give a size, such as 1KiB";
    return NULL;
}

int fault_script_check_tcp(const struct fault_script *script, struct hr_error *error) {
    for (size_t i = 0; i < script->count; i++) {
        const struct fault_rule *rule = &script->rules[i];
        const char *reason = reason_not_tcp(rule);
        if (reason) return refuse_rule(rule, error, hr_slice_of(rule->text), reason);
    }
    return 0;
}
