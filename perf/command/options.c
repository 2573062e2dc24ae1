/* Parsing and help of the option tables. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#define GIVEN_MAX      64
#define WORD_MAX       48
#define HELP_COLUMN    30
#define HELP_WIDTH     96
#define SUGGESTION_MAX 3 /* edits; a word further away is not what was meant */

static const struct option *given[GIVEN_MAX];
static size_t given_count;

bool option_given(const char *name) {
    for (size_t i = 0; i < given_count; i++)
        if (strcmp(given[i]->name, name) == 0) return true;
    return false;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t option_distance(const char *a, const char *b) {
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a > WORD_MAX || size_b > WORD_MAX) return WORD_MAX;
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= size_b; j++) row[j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(change, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[size_b];
}

/* Splits "64KiB" into 64 and "KiB". */
static int read_number(const char *text, uint64_t *number, const char **suffix) {
    size_t digits = strspn(text, "0123456789");
    *suffix = text + digits;
    return hr_text_u64(hr_slice_bytes(text, digits), UINT64_MAX, number);
}

struct unit {
    const char *name;
    uint64_t factor;
};

static int read_unit(const char *text, const struct unit *units, size_t count, uint64_t *value) {
    uint64_t number;
    const char *suffix;
    if (read_number(text, &number, &suffix) != 0) return -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(suffix, units[i].name) != 0) continue;
        return __builtin_mul_overflow(number, units[i].factor, value) ? -1 : 0;
    }
    return -1;
}

int option_read_size(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {{"", 1},           {"B", 1},          {"KiB", 1u << 10},
                                        {"MiB", 1u << 20}, {"GiB", 1u << 30}, {"TiB", 1ull << 40}};
    return read_unit(text, units, sizeof units / sizeof *units, bytes);
}

int option_read_duration(const char *text, uint64_t *milliseconds) {
    static const struct unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    return read_unit(text, units, sizeof units / sizeof *units, milliseconds);
}

static int read_choice(const char *text, const char *choices, int *index) {
    size_t size = strlen(text);
    int number = 0;
    for (const char *at = choices; at; number++) {
        const char *end = strchr(at, '|');
        size_t length = end ? (size_t)(end - at) : strlen(at);
        if (length == size && memcmp(at, text, size) == 0) {
            *index = number;
            return 0;
        }
        at = end ? end + 1 : NULL;
    }
    return -1;
}

/* A duration as it would be typed. */
static void put_duration(uint64_t ms, char text[24]) {
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t unit = 0;
    while (ms % units[unit].ms || ms < units[unit].ms) {
        if (units[unit].ms == 1) break;
        unit++;
    }
    snprintf(text, 24, "%llu%s", (unsigned long long)(ms / units[unit].ms), units[unit].name);
}

static int wrong_range(const struct option *option, const char *origin, const char *text,
                       char *why) {
    const char *unit = option->type == OPTION_SIZE ? " bytes" : "";
    char min[24], max[24];
    if (option->type == OPTION_DURATION) {
        put_duration(option->min, min);
        put_duration(option->max, max);
    } else {
        snprintf(min, sizeof min, "%llu", (unsigned long long)option->min);
        snprintf(max, sizeof max, "%llu", (unsigned long long)option->max);
    }
    if (option->max)
        snprintf(why, OPTION_WHY_SIZE, "%s: '%s' is not within %s and %s%s", origin, text, min, max,
                 unit);
    else
        snprintf(why, OPTION_WHY_SIZE, "%s: '%s' is less than %s%s", origin, text, min, unit);
    return -1;
}

static int set_number(const struct option *option, const char *origin, const char *text,
                      uint64_t *variable, char *why) {
    uint64_t value;
    int err;
    const char *form;
    if (option->type == OPTION_UINT) {
        err = hr_text_u64(hr_slice_of(text), UINT64_MAX, &value);
        form = "a whole number";
    } else if (option->type == OPTION_SIZE) {
        err = option_read_size(text, &value);
        form = "a size such as 4096, 64KiB, 1MiB or 5GiB";
    } else {
        err = option_read_duration(text, &value);
        form = "a duration such as 500ms, 30s or 5m";
    }
    if (err) {
        snprintf(why, OPTION_WHY_SIZE, "%s: '%s' is not %s", origin, text, form);
        return -1;
    }
    if (value < option->min || (option->max && value > option->max))
        return wrong_range(option, origin, text, why);
    *variable = value;
    return 0;
}

/* `origin` is what an error names: the option or the variable. */
static int set_value(const struct option_group *group, const struct option *option, void *values,
                     const char *origin, const char *text, char *why) {
    char *variable = (char *)values + group->base + option->offset;
    if (option->check) {
        char reason[OPTION_WHY_SIZE - 64] = "";
        if (option->check(text, reason, sizeof reason) < 0) {
            snprintf(why, OPTION_WHY_SIZE, "%.60s: %s", origin, reason);
            return -1;
        }
    }
    switch (option->type) {
    case OPTION_STRING:
        memcpy(variable, &text, sizeof text);
        return 0;
    case OPTION_FLAG:
        *(bool *)(void *)variable = true;
        return 0;
    case OPTION_CHOICE:
        if (read_choice(text, option->choices, (int *)(void *)variable) == 0) return 0;
        snprintf(why, OPTION_WHY_SIZE, "%s: '%s' is none of %s", origin, text, option->choices);
        return -1;
    case OPTION_LIST: {
        struct option_list *list = (struct option_list *)(void *)variable;
        if (list->count == OPTION_LIST_MAX) {
            snprintf(why, OPTION_WHY_SIZE, "%s: given more than %d times", origin, OPTION_LIST_MAX);
            return -1;
        }
        list->items[list->count++] = text;
        return 0;
    }
    case OPTION_UINT:
    case OPTION_SIZE:
    case OPTION_DURATION:
        break;
    }
    return set_number(option, origin, text, (uint64_t *)(void *)variable, why);
}

static int set_defaults(const struct command *command, void *values, char *why) {
    for (const struct option_group *group = command->groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            if (option->standard &&
                set_value(group, option, values, option->name, option->standard, why) != 0)
                return -1;
            const char *variable = NULL;
            if (option->environment && !option->environment_elsewhere)
                variable = getenv(option->environment);
            if (variable && *variable &&
                set_value(group, option, values, option->environment, variable, why) != 0)
                return -1;
        }
    }
    return 0;
}

static const struct option *find_option(const struct command *command, const char *name,
                                        size_t size, const struct option_group **found) {
    for (const struct option_group *group = command->groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            if (strlen(option->name) != size || memcmp(option->name, name, size) != 0) continue;
            *found = group;
            return option;
        }
    }
    return NULL;
}

static const struct option *find_short(const struct command *command, char letter,
                                       const struct option_group **found) {
    for (const struct option_group *group = command->groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            if (!letter || option->short_name != letter) continue;
            *found = group;
            return option;
        }
    }
    return NULL;
}

static void unknown_option(const struct command *command, const char *word, char *why) {
    char name[WORD_MAX + 1];
    size_t size = strcspn(word, "=");
    snprintf(name, sizeof name, "%.*s", (int)smaller(size, WORD_MAX), word);
    const char *nearest = "help", *meant = name + strspn(name, "-");
    snprintf(why, OPTION_WHY_SIZE, "unknown option '%s'", name);
    if (strlen(meant) < 2) return; /* one letter is near to every short name */
    size_t best = option_distance(meant, nearest);
    for (const struct option_group *group = command->groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            size_t distance = option_distance(meant, option->name);
            if (distance >= best) continue;
            best = distance;
            nearest = option->name;
        }
    }
    if (best <= SUGGESTION_MAX)
        snprintf(why, OPTION_WHY_SIZE, "unknown option '%s', did you mean '--%s'?", name, nearest);
}

/* Reads the option in argv[*at], and its value, which may stand in the next word. */
static int parse_option(const struct command *command, void *values, int argc, char **argv, int *at,
                        char *why) {
    const char *word = argv[*at], *name = word + (word[1] == '-' ? 2 : 1);
    const char *text = strchr(name, '=');
    size_t size = text ? (size_t)(text - name) : strlen(name);
    const struct option_group *group = NULL;
    const struct option *option = NULL;
    if (strncmp(word, "--", 2) == 0)
        option = find_option(command, name, size, &group);
    else if (word[1] && !word[2])
        option = find_short(command, word[1], &group);
    if (!option) {
        unknown_option(command, word, why);
        return -1;
    }
    if (option->type == OPTION_FLAG && text) {
        snprintf(why, OPTION_WHY_SIZE, "--%s takes no value", option->name);
        return -1;
    }
    if (option->type != OPTION_FLAG && text) {
        text++;
    } else if (option->type != OPTION_FLAG) {
        if (*at + 1 >= argc) {
            snprintf(why, OPTION_WHY_SIZE, "--%s needs a value: %s", option->name,
                     option->placeholder);
            return -1;
        }
        text = argv[++*at];
    }
    if (given_count < GIVEN_MAX) given[given_count++] = option;
    char origin[WORD_MAX + 3];
    snprintf(origin, sizeof origin, "--%s", option->name);
    return set_value(group, option, values, origin, text, why);
}

enum option_result option_parse(struct command_call *call, void *values, int argc, char **argv,
                                char why[OPTION_WHY_SIZE]) {
    const struct command *command = call->command;
    given_count = 0;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return OPTION_HELP;
    if (set_defaults(command, values, why) != 0) return OPTION_WRONG;
    bool options_over = false;
    for (int i = 0; i < argc; i++) {
        if (!options_over && strcmp(argv[i], "--") == 0) {
            options_over = true;
        } else if (!options_over && argv[i][0] == '-' && argv[i][1]) {
            if (parse_option(command, values, argc, argv, &i, why) != 0) return OPTION_WRONG;
        } else if (call->argument_count == command->arguments_max) {
            snprintf(why, OPTION_WHY_SIZE, "'%.100s' is one argument too many", argv[i]);
            return OPTION_WRONG;
        } else {
            call->arguments[call->argument_count++] = argv[i];
        }
    }
    if (call->argument_count < command->arguments_min) {
        snprintf(why, OPTION_WHY_SIZE, "an argument is missing: %s", command->arguments);
        return OPTION_WRONG;
    }
    call->values = values;
    return OPTION_PARSED;
}

/* Writes `text` in lines that end before HELP_WIDTH, each after `column` blanks; the cursor is
 * there. */
static void write_wrapped(FILE *out, const char *text, int column) {
    int at = column;
    for (const char *word = text; *word;) {
        int size = (int)strcspn(word, " ");
        if (at > column && at + 1 + size > HELP_WIDTH) {
            fprintf(out, "\n%*s", column, "");
            at = column;
        }
        at += fprintf(out, "%s%.*s", at > column ? " " : "", size, word);
        word += size;
        word += strspn(word, " ");
    }
    fputc('\n', out);
}

static void option_help_line(const struct option *option, FILE *out) {
    char left[80], text[600];
    const char letter[] = {'-', option->short_name, ',', ' ', '\0'};
    snprintf(left, sizeof left, "  %s--%s%s%s", option->short_name ? letter : "", option->name,
             option->placeholder ? " " : "", option->placeholder ? option->placeholder : "");
    if (strlen(left) > HELP_COLUMN - 2)
        fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
    else
        fprintf(out, "%-*s", HELP_COLUMN, left);
    int size = snprintf(text, sizeof text, "%s", option->help);
    if (option->standard && size > 0 && (size_t)size < sizeof text)
        size +=
            snprintf(text + size, sizeof text - (size_t)size, " (default %s)", option->standard);
    if (option->environment && size > 0 && (size_t)size < sizeof text)
        snprintf(text + size, sizeof text - (size_t)size, " [%s]", option->environment);
    write_wrapped(out, text, HELP_COLUMN);
}

void option_help(const struct command *command, FILE *out) {
    bool has_options = command->groups[0].title;
    fprintf(out, "usage: headrace %s%s%s%s\n\n", command->path, has_options ? " [options]" : "",
            *command->arguments ? " " : "", command->arguments);
    write_wrapped(out, command->summary, 0);
    if (command->details) {
        fputc('\n', out);
        write_wrapped(out, command->details, 0);
    }
    for (const struct option_group *group = command->groups; group->title; group++) {
        fprintf(out, "\n%s:\n", group->title);
        for (const struct option *option = group->options; option->name; option++)
            option_help_line(option, out);
    }
    fputs("\nExit codes: 0 done, 1 the work failed, 2 wrong usage, 3 the environment cannot run it;"
          "\n128 + the signal's number when one ended it.\n",
          out);
}
