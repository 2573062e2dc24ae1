/* Parsing of the option tables. */
#include "options.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "shown.h"

#define GIVEN_MAX      256
#define WORD_MAX       48
#define SUGGESTION_MAX 3 /* edits; a word further away is not what was meant */
#define LETTERS_A_EDIT 3 /* so many letters must be right for one that is wrong */

static const struct option *given[GIVEN_MAX];
static size_t given_count, configured_count; /* the first ones are the configuration's */

static const struct command *parsed; /* the command of the last parse */

bool option_exists(const char *name) {
    for (const struct option_group *group = parsed ? parsed->groups : NULL; group && group->title;
         group++)
        for (const struct option *option = group->options; option->name; option++)
            if (strcmp(option->name, name) == 0) return true;
    return false;
}

bool option_given(const char *name) {
    for (size_t i = 0; i < given_count; i++)
        if (strcmp(given[i]->name, name) == 0) return true;
    return false;
}

static void note_given(const struct option *option) {
    if (given_count < GIVEN_MAX) given[given_count++] = option;
}

void option_configured(const struct option *option) {
    note_given(option);
}

bool option_in_words(const struct option *option) {
    for (size_t i = configured_count; i < given_count; i++)
        if (given[i] == option) return true;
    return false;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t option_distance(const char *a, const char *b) {
    static size_t table[WORD_MAX + 1][WORD_MAX + 1];
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a > WORD_MAX || size_b > WORD_MAX) return WORD_MAX;
    for (size_t j = 0; j <= size_b; j++) table[0][j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        table[i][0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = smaller(best, smaller(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, table[i - 2][j - 2] + 1);
            table[i][j] = best;
        }
    }
    return table[size_a][size_b];
}

/* One parse: the first fault is kept and the rest is read on, as --help may follow. */
struct parse {
    struct command_call *call;
    void *values;
    int argc, at; /* the word that is read */
    char **argv;
    char *why;
    bool wrong, help;
    bool ahead;        /* nothing is set or refused but the options that all commands have */
    bool unconfigured; /* there is to be no configuration */
};

static void fault(struct parse *parse, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct parse *parse, const char *format, ...) {
    if (parse->ahead) parse->unconfigured = true; /* it is told when the words are read */
    if (parse->wrong || parse->ahead) return;
    parse->wrong = true;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parse->why, OPTION_WHY_SIZE, format, arguments);
    va_end(arguments);
}

/* ---- Options of all commands. */

static int check_common_file(const char *text, char *why, size_t why_size) {
    if (*text) return 0;
    snprintf(why, why_size, "the value is empty: --no-config reads no file");
    return -1;
}

#define COMMON(field) offsetof(struct option_common, field)
static const struct option common_table[] = {
    {"config", "FILE", OPTION_STRING, COMMON(config), .check = check_common_file,
     .help = "Values of options from this file (default: headrace.yaml here, in ~/.config/headrace "
             "or in /etc/headrace), below ESPER_... variables and options"},
    {"no-config", NULL, OPTION_FLAG, COMMON(no_config), .unconfigured = true,
     .help = "No file, and no ESPER_... variable"},
    {.name = NULL}};

const struct option_group option_common_group = {"Configuration", common_table, 0};

/* The groups of a command, and then the common one. NULL: no more. */
static const struct option_group *group_at(const struct command *command, size_t index) {
    size_t count = 0;
    while (command->groups[count].title) count++;
    if (index < count) return &command->groups[index];
    return index == count ? &option_common_group : NULL;
}

static void set(struct parse *parse, const struct option_group *group, const struct option *option,
                const char *origin, const char *text) {
    char why[OPTION_WHY_SIZE] = "";
    bool common = group == &option_common_group;
    if (parse->ahead) parse->unconfigured = parse->unconfigured || option->unconfigured;
    if (parse->ahead && !common) return;
    void *values = common ? &parse->call->common : parse->values;
    if (option_set(group, option, values, origin, text, why) != 0) fault(parse, "%s", why);
}

static void set_defaults(struct parse *parse) {
    for (const struct option_group *group = parse->call->command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++)
            if (option->standard) set(parse, group, option, option->name, option->standard);
}

static void set_variables(struct parse *parse) {
    for (const struct option_group *group = parse->call->command->groups; group->title; group++) {
        for (const struct option *option = group->options; option->name; option++) {
            const char *variable = NULL;
            if (option->environment && !option->environment_elsewhere)
                variable = getenv(option->environment);
            if (variable && *variable) set(parse, group, option, option->environment, variable);
        }
    }
}

static bool is_alias(const char *aliases, struct hr_slice name) {
    while (aliases && *aliases) {
        size_t size = strcspn(aliases, "|");
        if (hr_slice_equal(hr_slice_bytes(aliases, size), name)) return true;
        aliases += size + (aliases[size] == '|');
    }
    return false;
}

/* Finds an option by its name, or, where that is empty, by its letter. */
static const struct option *find_option(const struct command *command, struct hr_slice name,
                                        char letter, const struct option_group **found) {
    const struct option_group *group;
    for (size_t i = 0; (group = group_at(command, i)); i++) {
        for (const struct option *option = group->options; option->name; option++) {
            if (name.size ? !hr_slice_equal(hr_slice_of(option->name), name) &&
                                !is_alias(option->aliases, name)
                          : !letter || option->short_name != letter)
                continue;
            *found = group;
            return option;
        }
    }
    return NULL;
}

const struct option *option_find(const struct command *command, struct hr_slice name, char letter) {
    const struct option_group *group;
    return find_option(command, name, letter, &group);
}

/* The nearest name, where it is near enough to be what was meant; else NULL. */
static const char *nearest_name(const struct command *command, const char *meant) {
    const char *nearest = "help";
    size_t best = option_distance(meant, nearest);
    const struct option_group *group;
    for (size_t i = 0; (group = group_at(command, i)); i++) {
        for (const struct option *option = group->options; option->name; option++) {
            size_t distance = option_distance(meant, option->name);
            if (distance >= best) continue;
            best = distance;
            nearest = option->name;
        }
    }
    bool near = best == 1 || best * LETTERS_A_EDIT <= strlen(meant);
    return near && best <= SUGGESTION_MAX && strlen(meant) > 1 ? nearest : NULL;
}

/* Another program's option is answered by its sentence, never by a name that looks alike. */
static void unknown_name(struct parse *parse, struct hr_slice name) {
    const struct command *command = parse->call->command;
    char text[WORD_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)smaller(name.size, WORD_MAX), name.data);
    const char *sentence = command->foreign ? command->foreign(name, 0) : NULL;
    const char *nearest = sentence ? NULL : nearest_name(command, text);
    if (sentence)
        fault(parse, "--%s: %s", text, sentence);
    else if (nearest)
        fault(parse, "unknown option '--%s', did you mean '--%s'?", text, nearest);
    else
        fault(parse, "unknown option '--%s'", text);
}

static void unknown_letter(struct parse *parse, const char *word, char letter) {
    const struct command *command = parse->call->command;
    const char *sentence = command->foreign ? command->foreign((struct hr_slice){0}, letter) : NULL;
    bool alone = word[1] == letter && !word[2];
    if (sentence)
        fault(parse, "-%c: %s", letter, sentence);
    else if (alone)
        fault(parse, "unknown option '-%c'", letter);
    else
        fault(parse, "unknown option '-%c' in '%.*s'", letter, WORD_MAX, shown_argument(word));
}

static void add_argument(struct parse *parse, const char *word) {
    struct command_call *call = parse->call;
    if (parse->ahead) return;
    if (call->argument_count == call->command->arguments_max)
        fault(parse, "'%.100s' is one argument too many", shown_argument(word));
    else
        call->arguments[call->argument_count++] = word;
}

/* Sets what was found under the name `origin`; `text` is an attached value or NULL. */
static void set_given(struct parse *parse, const struct option_group *group,
                      const struct option *option, const char *origin, const char *text) {
    if (option_takes_value(option) && !text) {
        if (parse->at + 1 >= parse->argc) {
            fault(parse, "%s needs a value: %s", origin, option->placeholder);
            return;
        }
        text = parse->argv[++parse->at];
    }
    bool first = !parse->ahead && !option_in_words(option);
    if (first && option->type == OPTION_LIST) option_list_clear(group, option, parse->values);
    if (!parse->ahead) note_given(option);
    if (!text) text = option->fixed ? option->fixed : "";
    if (option->type == OPTION_ARGUMENT) add_argument(parse, text);
    set(parse, group, option, origin, text);
}

/* --no-NAME switches a flag off again, as curl has it. */
static bool switch_off(struct parse *parse, struct hr_slice name) {
    const struct option_group *group = NULL;
    if (name.size < 4 || memcmp(name.data, "no-", 3) != 0) return false;
    const struct option *option =
        find_option(parse->call->command, hr_slice_bytes(name.data + 3, name.size - 3), 0, &group);
    if (!option || option->type != OPTION_FLAG) return false;
    set(parse, group, option, option->name, "false");
    return true;
}

/* --NAME, --NAME VALUE, --NAME=VALUE */
static void parse_long(struct parse *parse, const char *word) {
    const char *text = strchr(word, '=');
    struct hr_slice name =
        hr_slice_bytes(word + 2, text ? (size_t)(text - word - 2) : strlen(word + 2));
    const struct option_group *group = NULL;
    const struct option *option =
        name.size ? find_option(parse->call->command, name, 0, &group) : NULL;
    char origin[WORD_MAX + 3];
    if (!option && !text && hr_slice_equal(name, hr_slice_of("help"))) {
        parse->help = true;
        return;
    }
    if (!option) {
        if (text || !switch_off(parse, name)) unknown_name(parse, name);
        return;
    }
    snprintf(origin, sizeof origin, "--%.*s", (int)smaller(name.size, WORD_MAX), name.data);
    if (text && !option_takes_value(option)) {
        fault(parse, "%s takes no value", origin);
        return;
    }
    set_given(parse, group, option, origin, text ? text + 1 : NULL);
}

/* -f, -fL, -o VALUE, -oVALUE, -fLo VALUE */
static void parse_letters(struct parse *parse, const char *word) {
    for (const char *at = word + 1; *at; at++) {
        const struct option_group *group = NULL;
        const struct option *option =
            find_option(parse->call->command, (struct hr_slice){0}, *at, &group);
        if (!option && *at == 'h') {
            parse->help = true;
            continue;
        }
        if (!option) {
            unknown_letter(parse, word, *at);
            return;
        }
        char origin[WORD_MAX + 3];
        snprintf(origin, sizeof origin, "--%s", option->name);
        bool attached = option_takes_value(option) && at[1];
        set_given(parse, group, option, origin, attached ? at + 1 : NULL);
        if (attached) return;
    }
}

static void parse_words(struct parse *parse) {
    bool options_over = false;
    for (parse->at = 0; parse->at < parse->argc; parse->at++) {
        const char *word = parse->argv[parse->at];
        if (!options_over && strcmp(word, "--") == 0)
            options_over = true;
        else if (!options_over && strncmp(word, "--", 2) == 0)
            parse_long(parse, word);
        else if (!options_over && word[0] == '-' && word[1])
            parse_letters(parse, word);
        else
            add_argument(parse, word);
    }
}

/* Whether a word is --NAME or --NAME=TEXT of an option. */
static bool is_common_word(const char *word, const struct option *option, const char **text) {
    size_t size = strlen(option->name);
    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, option->name, size) != 0) return false;
    *text = word[size + 2] == '=' ? word + size + 3 : NULL;
    return *text ? option_takes_value(option) : !word[size + 2];
}

int option_common_word(int argc, char **argv, struct option_common *common,
                       char why[OPTION_WHY_SIZE]) {
    for (const struct option *option = common_table; argc > 0 && option->name; option++) {
        const char *text;
        char origin[WORD_MAX + 3];
        if (!is_common_word(argv[0], option, &text)) continue;
        bool next = option_takes_value(option) && !text;
        snprintf(origin, sizeof origin, "--%s", option->name);
        if (next && argc == 1) {
            snprintf(why, OPTION_WHY_SIZE, "%s needs a value: %s", origin, option->placeholder);
            return -1;
        }
        if (next) text = argv[1];
        if (option_set(&option_common_group, option, common, origin, text ? text : "", why) != 0)
            return -1;
        return next ? 2 : 1;
    }
    return 0;
}

/* The options that decide about the configuration stand anywhere. */
static void look_ahead(struct parse *parse) {
    parse->ahead = true;
    parse_words(parse);
    parse->ahead = false;
}

static void configure(struct parse *parse) {
    struct command_call *call = parse->call;
    char why[OPTION_WHY_SIZE] = "";
    if (call->common.config && call->common.no_config)
        fault(parse, "--config and --no-config exclude each other");
    else if (call->configure && !parse->unconfigured && !call->common.no_config &&
             call->configure(call, parse->values, why) != 0)
        fault(parse, "%s", why);
    configured_count = given_count;
}

enum option_result option_parse(struct command_call *call, void *values, int argc, char **argv,
                                char why[OPTION_WHY_SIZE]) {
    struct parse parse = {.call = call, .values = values, .argc = argc, .argv = argv, .why = why};
    given_count = configured_count = 0;
    parsed = call->command;
    call->values = values;
    look_ahead(&parse);
    if (parse.help) return OPTION_HELP;
    set_defaults(&parse);
    configure(&parse);
    set_variables(&parse);
    parse_words(&parse);
    if (parse.help) return OPTION_HELP;
    if (call->argument_count < call->command->arguments_min)
        fault(&parse, "an argument is missing: %s", call->command->arguments);
    return parse.wrong ? OPTION_WRONG : OPTION_PARSED;
}
