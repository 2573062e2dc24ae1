/* Steps as processes, their reports held against checks. */
#include "suite_run.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "beside_run.h"

#define STEP_LIMIT_MS 900000
#define WORDS_MAX     (PERF_STEP_WORDS_MAX + 64)
#define EXIT_MISSED   1 /* the command did its work, and some of it failed: the report says what */
#define EXIT_CANNOT   3 /* the environment */

/* A step in progress. */
struct step {
    const struct perf_suite_step *plan;
    bool full;
    const char *words[WORDS_MAX + 1]; /* the program first */
    char command[PERF_SUITE_TEXT_MAX];
};

/* ---- The command. */

static void add_all(struct step *step, size_t *count, const char *const *words, size_t max) {
    for (size_t i = 0; i < max && words[i] && *count < WORDS_MAX; i++)
        step->words[(*count)++] = words[i];
}

static const char *quote_of(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=,.:/@%+";
    bool is_plain = *word && word[strspn(word, plain)] == '\0';
    return is_plain ? "" : strchr(word, '\'') ? "\"" : "'";
}

/* As one would type it. */
static void write_command(struct step *step) {
    size_t size = (size_t)snprintf(step->command, sizeof step->command, "headrace");
    for (size_t i = 1; step->words[i] && size < sizeof step->command; i++) {
        const char *quote = quote_of(step->words[i]);
        size += (size_t)snprintf(step->command + size, sizeof step->command - size, " %s%s%s",
                                 quote, step->words[i], quote);
    }
}

static void fill_words(struct step *step, const struct perf_suite_options *options) {
    static const char *const json[] = {"--json", "-", NULL};
    size_t count = 0;
    step->words[count++] = options->program;
    add_all(step, &count, step->full ? step->plan->full_words : step->plan->words,
            PERF_STEP_WORDS_MAX);
    if (step->plan->uses_store && options->store) add_all(step, &count, options->store, WORDS_MAX);
    if (step->plan->lasts && options->lasting) add_all(step, &count, options->lasting, WORDS_MAX);
    if (options->common) add_all(step, &count, options->common, WORDS_MAX);
    add_all(step, &count, json, step->plan->json_flag ? 1 : 2);
    step->words[count] = NULL;
    write_command(step);
}

/* ---- The checks. */

static struct perf_suite_outcome *add_outcome(struct perf_suite_run *run, const struct step *step,
                                              const struct perf_suite_check *check) {
    struct perf_suite_outcome *outcome = &run->outcomes[run->count++];
    const char *requirement =
        step->full && check->full_requirement ? check->full_requirement : check->requirement;
    char why[PERF_SUITE_TEXT_MAX];
    *outcome = (struct perf_suite_outcome){.check = check, .state = PERF_SUITE_NOT_RUN};
    memcpy(outcome->command, step->command, sizeof step->command);
    if (perf_requirement_parse(requirement, &outcome->requirement, why, sizeof why) != 0)
        abort(); /* our own table */
    return outcome;
}

static void fail_all(struct perf_suite_run *run, const struct step *step,
                     enum perf_suite_state state, const char *why) {
    for (const struct perf_suite_check *check = step->plan->checks; check->name; check++) {
        struct perf_suite_outcome *outcome = add_outcome(run, step, check);
        outcome->state = state;
        hr_text_copy(outcome->why, sizeof outcome->why, hr_slice_of(why));
    }
}

/* Whether the report has not what the check needs. */
static bool lacks(const struct perf_suite_check *check, const perf_members *members,
                  char why[PERF_SUITE_TEXT_MAX]) {
    struct perf_requirement needed;
    if (!check->needs) return false;
    if (perf_requirement_parse(check->needs, &needed, why, PERF_SUITE_TEXT_MAX) != 0)
        abort(); /* our own table */
    perf_requirements_hold(&needed, 1, members);
    if (!needed.met)
        snprintf(why, PERF_SUITE_TEXT_MAX, "it needs %s, and that is %.9g", check->needs,
                 needed.measured ? needed.value : 0);
    return !needed.met;
}

static void hold_all(struct perf_suite_run *run, const struct step *step,
                     const perf_members *members) {
    for (const struct perf_suite_check *check = step->plan->checks; check->name; check++) {
        struct perf_suite_outcome *outcome = add_outcome(run, step, check);
        if (lacks(check, members, outcome->why)) {
            outcome->state = PERF_SUITE_NOT_ASKED;
            continue;
        }
        perf_requirements_hold(&outcome->requirement, 1, members);
        outcome->state = outcome->requirement.met ? PERF_SUITE_PASSED : PERF_SUITE_MISSED;
        if (!outcome->requirement.measured)
            snprintf(outcome->why, sizeof outcome->why, "the report has no such number: %s",
                     check->requirement);
    }
}

static void judge(struct perf_suite_run *run, const struct step *step,
                  const struct perf_beside_output *output) {
    char why[PERF_SUITE_TEXT_MAX];
    int code = WIFEXITED(output->status) ? WEXITSTATUS(output->status) : -1;
    perf_members *members = code >= 0 ? perf_members_read(output->text, output->size) : NULL;
    const char *error = members ? perf_members_text(members, "error.message") : NULL;
    bool report = members && (code == 0 || code == EXIT_MISSED) &&
                  (!error || perf_members_text(members, "harness"));
    if (report) {
        hold_all(run, step, members);
        perf_members_free(members);
        return;
    }
    if (error)
        snprintf(why, sizeof why, "%s", error);
    else if (code >= 0)
        snprintf(why, sizeof why, "the command ended with exit code %d and no report", code);
    else
        snprintf(why, sizeof why, "the command ended by signal %d", WTERMSIG(output->status));
    perf_members_free(members);
    fail_all(run, step, code == EXIT_CANNOT ? PERF_SUITE_NOT_RUN : PERF_SUITE_MISSED, why);
}

/* ---- All of it. */

static int run_step(struct perf_suite_run *run, const struct step *step,
                    const struct perf_suite_options *options) {
    const struct perf_beside_program program = {
        .arguments = step->words,
        .limit_ms = STEP_LIMIT_MS + (step->plan->lasts ? options->lasts_ms : 0),
        .signal_fd = options->signal_fd};
    struct perf_beside_output output = {.text = NULL};
    struct hr_error error = {0};
    if (options->on_step) options->on_step(options->user, step->command);
    int err = perf_beside_run(&program, &output, &error);
    if (err)
        fail_all(run, step, err == -ECANCELED ? PERF_SUITE_NOT_RUN : PERF_SUITE_MISSED,
                 err == -ECANCELED ? "it was stopped" : error.message);
    else
        judge(run, step, &output);
    free(output.text);
    return err == -ECANCELED ? err : 0;
}

int perf_suite_execute(const struct perf_suite_plan *plan, const struct perf_suite_options *options,
                       struct perf_suite_run *run) {
    uint64_t begun_ns = hr_clock_monotonic_ns();
    int err = 0;
    *run = (struct perf_suite_run){.plan = plan, .started_at_ms = hr_clock_wall_ns() / 1000000u};
    for (const struct perf_suite_step *each = plan->steps; each->words[0]; each++) {
        struct step step = {.plan = each, .full = options->full && each->full_words[0]};
        fill_words(&step, options);
        if (err)
            fail_all(run, &step, PERF_SUITE_NOT_RUN, "it was stopped before");
        else
            err = run_step(run, &step, options);
    }
    run->duration_s = (double)(hr_clock_monotonic_ns() - begun_ns) / 1e9;
    return err;
}

size_t perf_suite_count(const struct perf_suite_run *run, enum perf_suite_state state) {
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++) count += run->outcomes[i].state == state;
    return count;
}

bool perf_suite_is_good(const struct perf_suite_run *run) {
    size_t passed = perf_suite_count(run, PERF_SUITE_PASSED);
    return passed > 0 && passed + perf_suite_count(run, PERF_SUITE_NOT_ASKED) == run->count;
}
