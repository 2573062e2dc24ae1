/* The program `headrace`: finds the command, reads its options, runs it. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/version.h>

#include "commands.h"
#include "output.h"
#include "own.h"
#include "run_environment.h"
#include "s3_foreign.h"
#include "shown.h"
#include "shown_words.h"

#define PATH_MAX_SIZE  64
#define SUGGESTION_MAX 4
#define LETTERS_A_EDIT 3

static const struct command *const commands[] = {
    &command_http,       &command_serve_s3,     &command_s3_ls,         &command_s3_cp,
    &command_s3_cat,     &command_s3_rm,        &command_s3_mb,         &command_s3_rb,
    &command_s3_stat,    &command_s3_presign,   &command_s3_tag,        &command_s3_versions,
    &command_s3_whoami,  &command_s3_api,       &command_s3_probe,      &command_s3_health,
    &command_s3_exists,  &command_s3_uploads,   &command_bench_s3,      &command_bench_http,
    &command_bench_log,  &command_bench_config, &command_bench_service, &command_log_cat,
    &command_log_ctl,    &command_log_recover,  &command_config_check,  &command_config_show,
    &command_config_get, &command_config_diff,  &command_config_schema, &command_report,
    &command_suite,      &command_proxy_faults, &command_doctor,        &command_man,
    &command_completion, &command_s3_sync,      &command_s3_du,         &command_s3_find,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static int print_overview(FILE *out) {
    fputs("usage: headrace COMMAND [options] [arguments]\n\ncommands:\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-14s %s\n", commands[i]->path, commands[i]->summary);
    fputs(
        "  help          Help for a command: headrace help s3 cp\n"
        "\nExamples:\n"
        "  headrace http -fsSL -o page.html https://example.org/\n"
        "  headrace s3 cp cat.jpg s3://photos/\n"
        "  headrace help bench http\n"
        "\n'headrace COMMAND --help' shows its options, 'headrace --version' the version.\n"
        "Options may stand in headrace.yaml: --config FILE, --no-config, in front of COMMAND "
        "too.\n"
        "Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 the environment cannot run it.\n",
        out);
    return EXIT_DONE;
}

/* The command whose words begin `words`; `used` is how many it has. */
static const struct command *find_command(int count, char **words, int *used) {
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *space = strchr(commands[i]->path, ' ');
        size_t first = space ? (size_t)(space - commands[i]->path) : strlen(commands[i]->path);
        if (count < 1 || strlen(words[0]) != first ||
            memcmp(words[0], commands[i]->path, first) != 0)
            continue;
        *used = space ? 2 : 1;
        if (!space || (count > 1 && strcmp(words[1], space + 1) == 0)) return commands[i];
    }
    return NULL;
}

static bool is_of_family(const struct command *command, const char *word) {
    size_t size = strlen(word);
    return strncmp(command->path, word, size) == 0 && command->path[size] == ' ';
}

static bool is_family(const char *word) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (is_of_family(commands[i], word)) return true;
    return false;
}

/* Whether `word` begins the path of several commands ("s3"): prints them, and the first example of
 * each. */
static bool print_family(const char *word, FILE *out) {
    bool found = false;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!is_of_family(commands[i], word)) continue;
        if (!found) fprintf(out, "usage: headrace %s VERB [options] [arguments]\n\n", word);
        fprintf(out, "  %-14s %s\n", commands[i]->path, commands[i]->summary);
        found = true;
    }
    if (found) fputs("\nExamples:\n", out);
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *example = commands[i]->examples;
        if (!is_of_family(commands[i], word) || !example) continue;
        fprintf(out, "  %.*s\n", (int)strcspn(example, "\n"), example);
    }
    return found;
}

/* The command whose path is near enough to be what was meant: so many letters must be right for
 * one that is wrong. NULL: none. */
static const char *nearest_command(const char *path, const char *word) {
    const char *nearest = NULL;
    size_t best = SUGGESTION_MAX;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t distance = option_distance(path, commands[i]->path);
        if (distance >= best) continue;
        best = distance;
        nearest = commands[i]->path;
    }
    return nearest && best * LETTERS_A_EDIT <= strlen(word) ? nearest : NULL;
}

static int unknown_command(int count, char **words) {
    char path[PATH_MAX_SIZE];
    bool two = count > 1 && words[1][0] != '-', of_s3 = two && strcmp(words[0], "s3") == 0;
    snprintf(path, sizeof path, "%.30s%s%.30s", shown_argument(words[0]), two ? " " : "",
             two ? shown_argument(words[1]) : "");
    const char *known = of_s3 ? s3_foreign_verb(words[1]) : NULL;
    const char *nearest = nearest_command(path, of_s3 ? words[1] : path);
    if (count > 1 && words[1][0] == '-' && is_family(words[0]))
        output_complain("%s: '%.30s' stands before the verb: options follow it. See 'headrace %s "
                        "--help'.",
                        words[0], words[1], words[0]);
    else if (known)
        output_complain("'%s': %s. See 'headrace s3 --help'.", path, known);
    else if (nearest)
        output_complain("unknown command '%s', did you mean '%s'? See 'headrace --help'.", path,
                        nearest);
    else
        output_complain("unknown command '%s'. See 'headrace%s --help'.", path, of_s3 ? " s3" : "");
    return EXIT_USAGE;
}

/* --json may be a value of the configuration, too. */
static bool is_json(const struct command_call *call) {
    for (const struct option_group *group = call->command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++)
            if (option->type == OPTION_FLAG && strcmp(option->name, "json") == 0)
                return *(const bool *)((const char *)call->values + group->base + option->offset);
    return false;
}

static int run_command(const struct command *command, const struct option_common *common, int argc,
                       char **argv) {
    struct command_call call = {.command = command, .common = *common, .configure = own_configure};
    void *values = calloc(1, command->values_size ? command->values_size : 1);
    if (!values) {
        output_complain("out of memory");
        return EXIT_FAILED;
    }
    char why[OPTION_WHY_SIZE] = "", shown[SHOWN_WORDS_MAX];
    int code = EXIT_DONE;
    enum option_result parsed = option_parse(&call, values, argc, argv, why);
    if (parsed != OPTION_HELP && is_json(&call)) output_expect_json();
    switch (parsed) {
    case OPTION_HELP:
        option_help(command, stdout);
        break;
    case OPTION_WRONG:
        code = output_usage(command->path, "%s", why);
        break;
    case OPTION_PARSED:
        shown_words(command, argc, argv, shown);
        perf_environment_command(shown);
        code = command->run(&call);
        break;
    }
    free(values);
    own_end();
    return code;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int print_help(int count, char **words) {
    int used = 0;
    if (count == 0) return print_overview(stdout);
    const struct command *command = find_command(count, words, &used);
    if (command) {
        option_help(command, stdout);
        return EXIT_DONE;
    }
    if (count == 1 && print_family(words[0], stdout)) return EXIT_DONE;
    return unknown_command(count, words);
}

static int run(const struct option_common *common, int argc, char **argv) {
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1])) return print_overview(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        printf("headrace %s\n", hr_version_string());
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "help") == 0) return print_help(argc - 2, argv + 2);
    int used = 0;
    const struct command *command = find_command(argc - 1, argv + 1, &used);
    if (command) return run_command(command, common, argc - 1 - used, argv + 1 + used);
    if (argc == 3 && is_help(argv[2]) && print_family(argv[1], stdout)) return EXIT_DONE;
    if (argc == 2 && print_family(argv[1], stderr)) {
        output_complain("%s: a verb is missing. See 'headrace %s --help'.", argv[1], argv[1]);
        return EXIT_USAGE;
    }
    return unknown_command(argc - 1, argv + 1);
}

/* A standard descriptor that is closed would become the next thing that is opened, a ring perhaps.
 * For reading only: what is written to standard output still fails. */
static void occupy_standard_descriptors(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) close(fd);
}

/* The families bench and proxy write their JSON to a file, or by "-" to standard output. */
static bool wants_json(int argc, char **argv) {
    bool to_file = argc > 1 && (strcmp(argv[1], "bench") == 0 || strcmp(argv[1], "proxy") == 0);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return !to_file || (i + 1 < argc && strcmp(argv[i + 1], "-") == 0);
        if (to_file && strcmp(argv[i], "--json=-") == 0) return true;
    }
    return false;
}

/* Takes the options in front of the command's words away. 0, or EXIT_USAGE after a complaint. */
static int take_common(int *argc, char **argv, struct option_common *common) {
    char why[OPTION_WHY_SIZE] = "";
    int words;
    while ((words = option_common_word(*argc - 1, argv + 1, common, why)) > 0) {
        memmove(argv + 1, argv + 1 + words, (size_t)(*argc - words) * sizeof *argv);
        *argc -= words;
    }
    if (words == 0) return EXIT_DONE;
    output_complain("%s. See 'headrace --help'.", why);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    struct option_common common = {.config = NULL};
    int code = take_common(&argc, argv, &common);
    if (wants_json(argc, argv)) output_expect_json();
    occupy_standard_descriptors();
    /* A closed pipe is a write error like any other, and so is the limit of a file's size. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    own_begin(commands, COMMANDS);
    return output_finish(code ? code : run(&common, argc, argv));
}
