/* headrace man, headrace completion: what is made of the tables of all commands. */
#include <stddef.h>
#include <string.h>

#include "commands.h"
#include "manual_tables.h"
#include "output.h"

static int run_man(const struct command_call *call) {
    (void)call;
    manual_page(stdout);
    return EXIT_DONE;
}

const struct command command_man = {
    .path = "man",
    .arguments = "",
    .summary = "Write the manual page headrace(1) to standard output",
    .details = "Every command and every option, from the tables that also parse them and print "
               "--help. An installation has the page already: man headrace.",
    .examples = "headrace man | man -l -\n",
    .values_size = 0,
    .run = run_man,
};

static const struct {
    const char *shell;
    void (*write)(FILE *out);
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

static int run_completion(const struct command_call *call) {
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(call->arguments[0], shells[i].shell) != 0) continue;
        shells[i].write(stdout);
        return EXIT_DONE;
    }
    return output_usage("completion", "'%.30s' is no shell that is known here: bash, zsh, fish",
                        call->arguments[0]);
}

const struct command command_completion = {
    .path = "completion",
    .arguments = "bash|zsh|fish",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "Write the completion of a shell to standard output",
    .details = "It completes commands, options, choices and files. An installation has all three "
               "in the places where Debian's shells look for them.",
    .examples = "headrace completion bash > ~/.local/share/bash-completion/completions/headrace\n"
                "headrace completion zsh > ~/.zfunc/_headrace\n"
                "headrace completion fish > ~/.config/fish/completions/headrace.fish\n",
    .values_size = 0,
    .run = run_completion,
};
