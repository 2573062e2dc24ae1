/* Where secrets are while a configuration lives, and afterwards: in no core, and then nowhere. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/config.h>

#include "memory_search.h"
#include "needs_kernel.h"
#include "scratch_folder.h"

/* The ways in which a secret comes in. */
enum way {
    PLAIN,
    QUOTED,
    BLOCK,
    FOLDED,
    ANCHORED,
    INCLUDED,
    IN_LIST,
    IN_FOLDER,
    BY_PATH,
    IN_ENV_FILE,
    IN_QUOTED_ENV_FILE,
    REFERRED,
    REFERRED_ENV_FILE,
    VARIABLE,
    SETTING,
    WAYS
};

static const char *const paths[WAYS] = {
    [PLAIN] = "plain",
    [QUOTED] = "quoted",
    [BLOCK] = "block",
    [FOLDED] = "folded",
    [ANCHORED] = "alias",
    [INCLUDED] = "included",
    [IN_LIST] = "list.1",
    [IN_FOLDER] = "in.folder",
    [BY_PATH] = "by.path",
    [IN_ENV_FILE] = "in.env",
    [IN_QUOTED_ENV_FILE] = "in.quoted.env",
    [REFERRED] = "referred",
    [REFERRED_ENV_FILE] = "referred_env_file",
    [VARIABLE] = "variable",
    [SETTING] = "setting",
};

struct texts {
    char shown[WAYS][128];
    char document[4096], other[256], env_file[512], folder_file[128], path_file[128];
    char variable[192], by_path[192], reference[192], setting[192];
};

static struct hidden hidden[WAYS];

static void make(struct texts *texts) {
    char(*s)[128] = texts->shown;
    for (int i = 0; i < WAYS; i++) {
        hidden[i] = hidden_make("way-");
        hidden_show(&hidden[i], s[i]);
    }
    snprintf(texts->document, sizeof texts->document,
             "include: other.yaml\nplain: %s\nquoted: \"%s\\tx\"\nblock: |\n  %s\n  second\n"
             "folded: >-\n  one\n  %s\nanchor: &a %s\nalias: *a\nlist: [one, '%s']\n"
             "referred: 'a ${REFERENCE} b'\nreferred_env_file: ${IN_FILE}\n",
             s[PLAIN], s[QUOTED], s[BLOCK], s[FOLDED], s[ANCHORED], s[IN_LIST]);
    snprintf(texts->other, sizeof texts->other, "included: %s\n", s[INCLUDED]);
    snprintf(texts->env_file, sizeof texts->env_file,
             "ESPER_IN_ENV=%s\nESPER_IN_QUOTED_ENV=\"\\t%s\"\nIN_FILE=%s\n", s[IN_ENV_FILE],
             s[IN_QUOTED_ENV_FILE], s[REFERRED_ENV_FILE]);
    snprintf(texts->folder_file, sizeof texts->folder_file, "%s\n", s[IN_FOLDER]);
    snprintf(texts->path_file, sizeof texts->path_file, "%s", s[BY_PATH]);
    snprintf(texts->by_path, sizeof texts->by_path, "ESPER_BY_PATH_FILE=%s", scratch_at("secret"));
    snprintf(texts->variable, sizeof texts->variable, "ESPER_VARIABLE=%s", s[VARIABLE]);
    snprintf(texts->reference, sizeof texts->reference, "REFERENCE=%s", s[REFERRED]);
    snprintf(texts->setting, sizeof texts->setting, "setting=%s", s[SETTING]);
}

static void write_all(const struct texts *texts) {
    cr_assert_eq(mkdir(scratch_at("folder"), 0700), 0);
    scratch_write("main.yaml", texts->document);
    scratch_write("other.yaml", texts->other);
    scratch_write(".env", texts->env_file);
    scratch_write("folder/in_folder", texts->folder_file);
    scratch_write("secret", texts->path_file);
}

/* Whatever holds a secret of the texts is wiped but for the configuration. `broken`: behind them
 * all something is wrong. */
static hr_config *load(struct texts *texts, bool broken) {
    char main_yaml[SCRATCH_PATH_SIZE], env[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE];
    snprintf(main_yaml, sizeof main_yaml, "%s", scratch_at("main.yaml"));
    snprintf(env, sizeof env, "%s", scratch_at(".env"));
    snprintf(folder, sizeof folder, "%s", scratch_at("folder"));
    const struct hr_config_options options = {
        .files = (const char *const[]){main_yaml},
        .file_count = 1,
        .substitute = true,
        .environment =
            (const char *const[]){texts->variable, texts->by_path, texts->reference, NULL},
        .env_files = (const char *const[]){env},
        .env_file_count = 1,
        .secrets_folder = folder,
        .sets = (const char *const[]){texts->setting, "plain.below=1"},
        .set_count = broken ? 2 : 1,
    };
    hr_config_problems *problems = NULL;
    struct hr_error error = {0};
    hr_config *config = NULL;
    int err = hr_config_load(&options, &problems, &error, &config);
    cr_assert_eq(err, broken ? HR_ERR_CONFIG : 0, "%s", error.message);
    for (int i = 0; i < WAYS && config; i++)
        cr_assert(strstr(hr_config_text(hr_config_find(config, paths[i])).data, texts->shown[i]),
                  "%s", paths[i]);
    hr_config_problems_free(problems);
    return config;
}

static void begin(struct texts *texts) {
    scratch_make();
    make(texts);
    write_all(texts);
}

static void expect_nowhere(const char *when) {
    for (int i = 0; i < WAYS; i++)
        cr_expect_eq(memory_holds(&hidden[i]), 0, "%s: %s", when, paths[i]);
}

Test(config_secret_memory, nothing_stays_when_it_is_freed, .timeout = 120) {
    NEEDS_KERNEL("memory that is searched through /proc");
    static struct texts texts;
    begin(&texts);
    hr_config *config = load(&texts, false);
    explicit_bzero(&texts, sizeof texts);
    for (int i = 0; i < WAYS; i++)
        cr_assert_geq(memory_holds(&hidden[i]), 1, "the search finds what is there");
    hr_config_free(config);
    expect_nowhere("freed");
    scratch_remove();
}

Test(config_secret_memory, nothing_stays_of_a_load_that_fails, .timeout = 120) {
    NEEDS_KERNEL("memory that is searched through /proc");
    static struct texts texts;
    begin(&texts);
    cr_assert_null(load(&texts, true));
    explicit_bzero(&texts, sizeof texts);
    expect_nowhere("failed");
    scratch_remove();
}

Test(config_secret_memory, a_core_has_none_of_them_while_it_lives, .timeout = 120) {
    NEEDS_KERNEL("a process of its own that leaves a core");
    static struct texts texts;
    static char control[128];
    struct hidden shown = hidden_make("shown-");
    begin(&texts);
    hidden_show(&shown, control);
    hr_config *config = load(&texts, false);
    explicit_bzero(&texts, sizeof texts);
    int core = memory_core();
    if (core < 0) cr_skip_test("no core is written here: see core_pattern in core(5)");
    cr_assert_geq(memory_core_holds(core, &shown), 1, "the search finds what is there");
    for (int i = 0; i < WAYS; i++)
        cr_expect_eq(memory_core_holds(core, &hidden[i]), 0, "a core has %s", paths[i]);
    close(core);
    hr_config_free(config);
    scratch_remove();
}
