/* Levels of logs: set for one log, or by names. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log_core.h"
#include "log_redact.h"

/* ---- Reading "info,s3=debug". */

static uint32_t letters_of(struct hr_slice pattern) {
    uint32_t letters = 0;
    for (size_t i = 0; i < pattern.size; i++) letters += pattern.data[i] != '*';
    return letters;
}

/* Whether a text can be the name of a log or a pattern of names; another text is taken for a slip.
 */
static bool is_pattern(struct hr_slice text) {
    if (text.size == 0 || text.size > HR_LOG_PATTERN_BYTES_MAX) return false;
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f || text.data[i] == ';')
            return false;
    return true;
}

static int refuse(struct hr_error *error, struct hr_slice entry, const char *why) {
    return hr_error_set(error, -EINVAL, "levels: '%.*s' %s; written as info,s3=debug,net.*=warning",
                        (int)(entry.size < 80 ? entry.size : 80), entry.data ? entry.data : "",
                        why);
}

static int read_entry(struct hr__log_levels *levels, struct hr_slice entry,
                      struct hr_error *error) {
    struct hr_slice whole = entry, rest = entry, pattern = {NULL, 0};
    bool named = memchr(entry.data, '=', entry.size) != NULL;
    struct hr_error why = {0};
    int level;
    if (named) hr_slice_cut(&rest, '=', &pattern);
    pattern = hr_slice_trim(pattern);
    if (named && !is_pattern(pattern)) return refuse(error, whole, "has no name of a log");
    if (hr_log_level_parse(hr_slice_trim(rest), &why, &level) != 0)
        return hr_error_set(error, -EINVAL, "levels: %s", why.message);
    if (!named && levels->level) return refuse(error, whole, "is a second level without a name");
    if (!named) {
        levels->level = level;
        return 0;
    }
    for (unsigned i = 0; i < levels->count; i++)
        if (hr_slice_equal_nocase(hr_slice_of(levels->rules[i].pattern), pattern))
            return refuse(error, whole, "names the same logs as another");
    if (levels->count == HR_LOG_LEVEL_RULES_MAX)
        return hr_error_set(error, -ENOSPC, "levels: more than %d names", HR_LOG_LEVEL_RULES_MAX);
    struct hr__log_level_rule *rule = &levels->rules[levels->count++];
    hr_text_copy(rule->pattern, sizeof rule->pattern, pattern);
    rule->letters = letters_of(pattern);
    rule->level = level;
    return 0;
}

int hr__log_levels_read(const char *text, struct hr_error *error, struct hr__log_levels *levels) {
    struct hr_slice rest = hr_slice_of(text), entry;
    int err = 0;
    memset(levels, 0, sizeof *levels);
    if (hr_slice_trim(rest).size == 0)
        return hr_error_set(error, -EINVAL, "levels: empty; written as info,s3=debug");
    bool ends_with_comma = rest.data[rest.size - 1] == ',';
    while (!err && hr_slice_cut(&rest, ',', &entry)) {
        entry = hr_slice_trim(entry);
        if (entry.size == 0 || (ends_with_comma && rest.size == 0))
            return refuse(error, hr_slice_of(text), "has a comma too many");
        err = read_entry(levels, entry, error);
    }
    return err;
}

int hr__log_levels_from_environment(struct hr_error *error, struct hr__log_levels *levels) {
    const char *text = getenv("HEADRACE_LOG");
    struct hr_error why = {0};
    memset(levels, 0, sizeof *levels);
    if (!text || !text[0]) return 0;
    int err = hr__log_levels_read(text, &why, levels);
    return err ? hr_error_set(error, err, "HEADRACE_LOG: %s", why.message) : 0;
}

/* ---- Which rule is a log's. */

/* Whether the pattern is the name, or that of a log above it. */
static bool fits_at_a_dot(struct hr_slice pattern, struct hr_slice name) {
    for (size_t size = name.size; size > 0; size--)
        if ((size == name.size || name.data[size] == '.') &&
            hr__log_pattern_fits(pattern, hr_slice_bytes(name.data, size)))
            return true;
    return false;
}

static struct hr_slice name_of(const hr_log *log) {
    return hr__log_name_find(&hr__log_dictionary, log->view.id);
}

static const struct hr__log_level_rule *rule_of(const hr_log *log) {
    const struct hr__log_levels *levels = log->view.core->levels;
    const struct hr__log_level_rule *best = NULL;
    const hr_log *first = log;
    if (!levels) return NULL;
    while (first->parent) first = first->parent;
    struct hr_slice name = name_of(log), front = name_of(first), part = name;
    if (name.size > front.size + 1 && name.data[front.size] == '.' &&
        memcmp(name.data, front.data, front.size) == 0)
        part = hr_slice_bytes(name.data + front.size + 1, name.size - front.size - 1);
    for (unsigned i = 0; i < levels->count; i++) {
        const struct hr__log_level_rule *rule = &levels->rules[i];
        struct hr_slice pattern = hr_slice_of(rule->pattern);
        if (best && rule->letters < best->letters) continue;
        if (fits_at_a_dot(pattern, name) || fits_at_a_dot(pattern, part)) best = rule;
    }
    return best;
}

/* ---- Setting. */

/* Where records are kept for a backtrace, the macros let calls below the level through to the long
 * way, which keeps them. */
void hr__log_level_put(hr_log *log, int level) {
    const struct hr__log_rings *rings = &log->view.core->rings;
    bool keeps = rings->backtrace && rings->backtrace_level < level && level < HR_LOG_OFF;
    __atomic_store_n(&log->level, level, __ATOMIC_RELAXED);
    __atomic_store_n(&log->view.keep_below, (uint8_t)(keeps ? level : 0), __ATOMIC_RELAXED);
    __atomic_store_n(&log->view.level, keeps ? rings->backtrace_level : level, __ATOMIC_RELAXED);
}

/* Sets the level of a log and of its children that have none of their own. The tree is as deep as
 * its names.
 */
static void set_level(hr_log *log, int level) {
    hr__log_level_put(log, level);
    for (hr_log *child = log->children; child; child = child->next)
        if (child->level_from == HR_LOG_LEVEL_OF_PARENT) set_level(child, level);
}

void hr_log_level_set(hr_log *log, int level) {
    if (!log) return;
    struct hr_log_core *core = log->view.core;
    pthread_mutex_lock(&core->lock);
    log->level_from = HR_LOG_LEVEL_SET;
    set_level(log, level);
    pthread_mutex_unlock(&core->lock);
}

int hr_log_level_get(const hr_log *log) {
    return log ? __atomic_load_n(&log->level, __ATOMIC_RELAXED) : HR_LOG_OFF;
}

/* Sets the level of one log by the rules, after its parent's. */
static void obey(hr_log *log) {
    assert(!log->parent || log->parent->view.core == log->view.core);
    const struct hr__log_level_rule *rule = rule_of(log);
    hr_log *parent = log->parent;
    int level = log->level;
    if (rule && !(parent && rule == rule_of(parent))) {
        log->level_from = HR_LOG_LEVEL_OF_RULE;
        level = rule->level;
    } else if (parent && (rule || log->level_from != HR_LOG_LEVEL_SET)) {
        log->level_from = HR_LOG_LEVEL_OF_PARENT;
        level = parent->level;
    }
    hr__log_level_put(log, level);
}

void hr__log_levels_join(hr_log *child) {
    assert(child->parent);
    child->level_from = HR_LOG_LEVEL_OF_PARENT;
    obey(child);
}

static void obey_all(hr_log *log) {
    obey(log);
    for (hr_log *child = log->children; child; child = child->next) obey_all(child);
}

int hr__log_levels_use(hr_log *first, const struct hr__log_levels *levels) {
    assert(!first->parent);
    struct hr_log_core *core = first->view.core;
    struct hr__log_levels *kept = malloc(sizeof *kept);
    if (!kept) return -ENOMEM;
    *kept = *levels;
    pthread_mutex_lock(&core->lock);
    free(core->levels);
    core->levels = kept;
    if (levels->level) hr__log_level_put(first, levels->level);
    obey_all(first);
    pthread_mutex_unlock(&core->lock);
    return 0;
}

int hr_log_levels_set(hr_log *log, const char *text, struct hr_error *error) {
    struct hr__log_levels levels;
    if (!log || !text) return hr_error_set(error, -EINVAL, "levels: NULL");
    int err = hr__log_levels_read(text, error, &levels);
    if (err) return err;
    while (log->parent) log = log->parent;
    err = hr__log_levels_use(log, &levels);
    return err ? hr_error_set(error, err, "no memory for a log's levels") : 0;
}
