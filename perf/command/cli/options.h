/* One table per command, from which parsing, checking, help, the manual page and the completions of
 * shells come. */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/slice.h>

#define OPTION_LIST_MAX     128
#define OPTION_GROUPS_MAX   16
#define OPTION_WHY_SIZE     320
#define OPTION_ARGUMENT_MAX 128

enum option_type {
    OPTION_STRING,   /* const char * */
    OPTION_UINT,     /* uint64_t */
    OPTION_SIZE,     /* uint64_t, bytes: 4096, 64KiB, 1MiB, 5GiB */
    OPTION_DURATION, /* uint64_t, milliseconds: 500ms, 30s, 5m, 1h */
    OPTION_SECONDS,  /* the same, and a bare number is seconds, as curl's: 30, 2.5 */
    OPTION_CHOICE,   /* int, index into `choices` */
    OPTION_FLAG,     /* bool */
    OPTION_LIST,     /* struct option_list, may be given again and again */
    OPTION_ARGUMENT, /* none: its value is an argument, in the place where it stands */
};

/* Values in the order given. Several options may fill one list: the tag tells which one an item is
 * of. */
struct option_list {
    const char *items[OPTION_LIST_MAX];
    unsigned char tags[OPTION_LIST_MAX];
    size_t count;
};

struct option {
    const char *name;        /* without dashes; NULL ends a table */
    const char *placeholder; /* NULL for a flag */
    enum option_type type;
    size_t offset;        /* of its variable, from the start of its group's struct */
    const char *choices;  /* OPTION_CHOICE: "auto|path|virtual" */
    const char *standard; /* the default, as it would be typed; NULL: zeroed */
    const char *environment;
    bool environment_elsewhere; /* the library reads that variable: it is only told in the help */
    uint64_t min, max;          /* of numbers, sizes, durations; max 0: no limit */
    /* Looks at the text further; a negative return refuses it with what it wrote to `why`. */
    int (*check)(const char *text, char *why, size_t why_size);
    const char *help;
    char short_name;     /* of one letter, without its dash; 0: none */
    const char *aliases; /* other long names of it: "max-time|timeout"; NULL: none */
    const char *fixed;   /* the value that an option without a placeholder stands for */
    unsigned char tag;   /* OPTION_LIST */
    bool secret;         /* its value is shown in no message about a configuration */
    bool of_call;        /* means this call alone: no key of a configuration */
    bool unconfigured;   /* a command line with it is read without any configuration */
    /* Further variables before which a configuration gives way, besides `environment`. */
    const char *environment_too;
};

/* A table and where its struct lies in the command's struct of values. */
struct option_group {
    const char *title;
    const struct option *options;
    size_t base;
};

struct command_call;

/* The options that all commands have, before their words too. */
struct option_common {
    const char *config; /* NULL: the one that is found */
    bool no_config;
};

struct command {
    const char *path; /* "s3 ls" */
    const char *arguments;
    size_t arguments_min, arguments_max;
    const char *summary;
    const char *details;  /* NULL: none */
    const char *examples; /* lines, each a whole command with what it does behind '#' */
    size_t values_size;
    struct option_group groups[OPTION_GROUPS_MAX]; /* ended by a NULL title */
    /* The sentence about an option that another program has and this command has not, by its long
     * name or its letter; NULL: not known. May be NULL itself. */
    const char *(*foreign)(struct hr_slice name, char letter);
    int (*run)(const struct command_call *call); /* returns the exit code */
};

struct command_call {
    const struct command *command;
    const void *values; /* the command's struct, filled */
    const char *arguments[OPTION_ARGUMENT_MAX];
    size_t argument_count;
    struct option_common common;
    /* Fills `values` with what stands below variables and options. 0, or -1 with a line in `why`.
     * NULL: nothing does. */
    int (*configure)(const struct command_call *call, void *values, char why[OPTION_WHY_SIZE]);
};

enum option_result { OPTION_PARSED, OPTION_HELP, OPTION_WRONG };

/* Fills `values` (command->values_size bytes, zeroed) with the defaults, the configuration, the
 * environment and `argv` (behind the command's words). On OPTION_WRONG `why` has a line that names
 * the thing. */
enum option_result option_parse(struct command_call *call, void *values, int argc, char **argv,
                                char why[OPTION_WHY_SIZE]);

/* Whether the command of the last parse has an option called `name`. */
bool option_exists(const char *name);

/* Whether the option called `name` was given in the last parse: on the command line, or by
 * option_configured. */
bool option_given(const char *name);

/* Whether the command line of the last parse has the option itself, not a configuration alone. */
bool option_in_words(const struct option *option);

/* An option of all commands in front of their words. The words that it has, 0: it is none of them;
 * or -1 with a line in `why`. */
int option_common_word(int argc, char **argv, struct option_common *common,
                       char why[OPTION_WHY_SIZE]);

/* Of struct option_common. */
extern const struct option_group option_common_group;

/* An option of the command, or one that all commands have, by its name, or, where that is empty, by
 * its letter. NULL: there is none. */
const struct option *option_find(const struct command *command, struct hr_slice name, char letter);

void option_help(const struct command *command, FILE *out);

/* Whether a value follows the option. */
static inline bool option_takes_value(const struct option *option) {
    return option->type != OPTION_FLAG && option->placeholder;
}

/* The readers of single values; 0 or -1. */
int option_read_size(const char *text, uint64_t *bytes);
int option_read_duration(const char *text, uint64_t *milliseconds);
int option_read_seconds(const char *text, uint64_t *milliseconds);

/* Sets the option's variable in `values` from `text`; of a flag all but "false" sets it. 0, or -1
 * with a sentence in `why`, which shows the text where it is not to be `hidden`. */
int option_fill(const struct option_group *group, const struct option *option, void *values,
                const char *text, bool hidden, char why[OPTION_WHY_SIZE]);
/* The items of an OPTION_LIST go, but for those of other options that fill the same list. */
void option_list_clear(const struct option_group *group, const struct option *option, void *values);
/* For command_call.configure: the option counts as given from now on; a list that the command line
 * gives takes the place of this one. */
void option_configured(const struct option *option);

/* The same as option_fill. `origin` is what an error names: the option as it was given, or a
 * variable. */
int option_set(const struct option_group *group, const struct option *option, void *values,
               const char *origin, const char *text, char why[OPTION_WHY_SIZE]);

/* The number of edits between two words, two letters that have changed places being one. */
size_t option_distance(const char *a, const char *b);

#endif
