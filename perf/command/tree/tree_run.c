/* Commands over trees: their ends, their rules, waiting. */
#include "tree_run.h"

#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "shown.h"
#include "signals.h"

#define TICK_MS 200

enum { TAG_EXCLUDE, TAG_INCLUDE };

#define VALUE(field) offsetof(struct tree_values, field)
const struct option tree_table[] = {
    {"exclude", "PATTERN", OPTION_LIST, VALUE(rules), .tag = TAG_EXCLUDE, .of_call = true,
     .help = "Leave out names that match: * (also over /), ?, [a-z]; may be repeated"},
    {"include", "PATTERN", OPTION_LIST, VALUE(rules), .tag = TAG_INCLUDE, .of_call = true,
     .help = "Take them all the same; of --exclude and --include the last that matches decides"},
    {"dry-run", NULL, OPTION_FLAG, VALUE(dry_run), .aliases = "dryrun", .of_call = true,
     .help = "Change nothing, and print what would be done"},
    {"quiet", NULL, OPTION_FLAG, VALUE(quiet), .aliases = "only-show-errors",
     .help = "No line for each object: failures and the summary alone"},
    {.name = NULL}};

int tree_end_read(const char *text, bool literal, struct tree_end *end) {
    *end = (struct tree_end){.remote = s3_place_is(text), .path = text};
    if (!*text) {
        output_complain("a place is empty: give a folder, or s3://BUCKET[/PREFIX]");
        return EXIT_USAGE;
    }
    if (!end->remote) return EXIT_DONE;
    int code = s3_place_read(text, S3_PLACE_ANY, literal, &end->place);
    size_t size = strlen(end->place.key);
    if (code || size == 0 || end->place.key[size - 1] == '/') return code;
    memcpy(end->place.key + size, "/", 2); /* there is room: S3's 1024 bytes, and more */
    return EXIT_DONE;
}

int tree_run_open(struct tree_run *run, struct session *session, const struct tree_values *values,
                  unsigned concurrency) {
    run->session = session;
    run->values = values;
    for (size_t i = 0; i < values->rules.count; i++)
        run->rules[i] =
            (struct tree_rule){values->rules.items[i], values->rules.tags[i] == TAG_INCLUDE};
    run->rule_count = values->rules.count;
    int err = tree_pool_open(&run->pool, concurrency, session->timeout_ms);
    if (err)
        return output_failed_as(EXIT_ENVIRONMENT, run->json, err,
                                "cannot open an event descriptor: %s", hr_error_text(err));
    output_progress_begin(&run->progress);
    return EXIT_DONE;
}

void tree_run_close(struct tree_run *run) {
    if (run->pool.count) tree_pool_cancel(&run->pool);
    while (run->pool.count) tree_run_wait(run, -1);
    session_close(run->session);
    tree_pool_close(&run->pool);
}

static void show_progress(struct tree_run *run) {
    char text[160], size[OUTPUT_SIZE_TEXT], rate[OUTPUT_SIZE_TEXT];
    uint64_t now_ns = hr_clock_monotonic_ns();
    if (now_ns - run->shown_ns < TICK_MS * UINT64_C(1000000)) return;
    run->shown_ns = now_ns;
    double seconds = (double)(now_ns - run->progress.started_ns) / 1e9;
    output_size(run->counts.copied_bytes, size);
    output_size(seconds > 0 ? (uint64_t)((double)run->counts.copied_bytes / seconds) : 0, rate);
    snprintf(text, sizeof text,
             "found %llu, copied %llu (%s, %s/s), skipped %llu, removed %llu, failed %llu",
             (unsigned long long)run->counts.found, (unsigned long long)run->counts.copied, size,
             rate, (unsigned long long)run->counts.skipped, (unsigned long long)run->counts.removed,
             (unsigned long long)(run->counts.failed + run->counts.not_removed));
    output_progress_text(&run->progress, text);
}

void tree_run_wait(struct tree_run *run, int timeout_ms) {
    bool signalled;
    if (timeout_ms < 0 || timeout_ms > TICK_MS) timeout_ms = TICK_MS;
    tree_pool_wait(&run->pool, timeout_ms, run->session->signal_fd, &signalled);
    if (run->progress.shown) show_progress(run);
    int signal = signalled ? signals_next(run->session->signal_fd) : 0;
    if (!signal) return;
    run->session->signal = signal;
    tree_pool_cancel(&run->pool);
}

bool tree_run_passes(const struct tree_run *run, struct hr_slice name) {
    return tree_rules_pass(run->rules, run->rule_count, name);
}
