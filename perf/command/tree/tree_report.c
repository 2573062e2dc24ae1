/* Lines of what becomes of each entry, and the summary. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_put.h"
#include "tree_run.h"

#define PLACE_SIZE 8192

/* An end with a name below it. */
static struct hr_slice place_of(const struct tree_end *end, struct hr_slice name,
                                char text[PLACE_SIZE]) {
    int size;
    if (end->remote)
        size = snprintf(text, PLACE_SIZE, "s3://%s/%s", end->place.bucket, end->place.key);
    else
        size = snprintf(text, PLACE_SIZE, "%.4000s%s", end->path,
                        end->path[strlen(end->path) - 1] == '/' ? "" : "/");
    size_t used = (size_t)size, room = PLACE_SIZE - 1 - used;
    size_t more = name.size < room ? name.size : room;
    if (more) memcpy(text + used, name.data, more);
    text[used + more] = '\0';
    return hr_slice_bytes(text, used + more);
}

/* The progress line makes room for others; it comes again. */
static void clear_progress(const struct tree_run *run) {
    if (run->progress.shown) fputs("\r\033[K", stderr);
}

/* Nothing in a name acts on the terminal that standard error is. */
static const char *without_controls(char *text) {
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
    return text;
}

static void put_line(const struct tree_run *run, const struct tree_action *action,
                     const struct hr_error *error) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW], place[PLACE_SIZE];
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_text(&json, "action", action->action);
    json_put_string(&json, "from", place_of(action->from, action->name, place));
    if (action->to) json_put_string(&json, "to", place_of(action->to, action->name, place));
    if (action->to) json_put_u64(&json, "size_bytes", action->size_bytes);
    if (run->values->dry_run) json_put_bool(&json, "dry_run", true);
    if (error) {
        json_put_object(&json, "error");
        output_error_json(&json, error, EXIT_FAILED);
        hr_json_end(&json);
    }
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static void print_line(const struct tree_run *run, const struct tree_action *action) {
    char place[PLACE_SIZE];
    if (run->values->dry_run) printf("would %s ", action->action);
    if (!run->values->dry_run && !action->to) printf("removed ");
    output_bytes(place_of(action->from, action->name, place));
    if (action->to) {
        printf(" -> ");
        output_bytes(place_of(action->to, action->name, place));
    }
    putchar('\n');
}

void tree_report_done(struct tree_run *run, const struct tree_action *action) {
    if (action->to) {
        run->counts.copied++;
        run->counts.copied_bytes += action->size_bytes;
    } else {
        run->counts.removed++;
    }
    if (run->values->quiet) return;
    clear_progress(run);
    if (run->json)
        put_line(run, action, NULL);
    else
        print_line(run, action);
}

void tree_report_failed(struct tree_run *run, const struct tree_action *action,
                        const struct hr_error *error) {
    char from[PLACE_SIZE];
    *(action->to ? &run->counts.failed : &run->counts.not_removed) += 1;
    if (tree_run_stopped(run) && error->code == -ECANCELED) return;
    clear_progress(run);
    if (run->json) put_line(run, action, error);
    place_of(action->from, action->name, from);
    output_error(error, false, "%s: %s of %s", run->verb, action->action, without_controls(from));
}

void tree_report_skipped(struct tree_run *run, const struct tree_end *end, struct hr_slice name,
                         const char *why) {
    char place[PLACE_SIZE];
    run->counts.skipped++;
    if (!why) return;
    clear_progress(run);
    place_of(end, name, place);
    output_complain("%s: %s is left out: %s", run->verb, without_controls(place), why);
}

void tree_report_broken(struct tree_run *run, const struct tree_end *end,
                        const struct hr_error *error) {
    char place[PLACE_SIZE];
    run->incomplete = true;
    if (!run->broken.code) run->broken = *error;
    if (tree_run_stopped(run) && error->code == -ECANCELED) return;
    clear_progress(run);
    place_of(end, hr_slice_bytes("", 0), place);
    output_error(error, false, "%s: listing of %s", run->verb, without_controls(place));
}

void tree_report_put_broken(const struct tree_run *run, struct hr_json_writer *json) {
    struct hr_error error = run->broken;
    if (tree_run_stopped(run))
        hr_error_set(&error, -ECANCELED, "stopped by %s", output_signal_name(run->session->signal));
    else if (!error.code)
        hr_error_set(&error, -EIO, "not everything was done: the lines before say what");
    json_put_object(json, "error");
    output_error_json(json, &error, EXIT_FAILED);
    hr_json_end(json);
}

static void put_summary(struct tree_run *run, bool complete) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    const struct tree_counts *counts = &run->counts;
    output_json_init(&json, window, stdout);
    hr_json_object(&json);
    json_put_object(&json, "summary");
    json_put_u64(&json, "found", counts->found);
    json_put_u64(&json, "copied", counts->copied);
    json_put_u64(&json, "skipped", counts->skipped);
    json_put_u64(&json, "failed", counts->failed);
    json_put_u64(&json, "copied_bytes", counts->copied_bytes);
    json_put_u64(&json, "removed", counts->removed);
    json_put_u64(&json, "not_removed", counts->not_removed);
    hr_json_end(&json);
    json_put_bool(&json, "complete", complete);
    if (run->values->dry_run) json_put_bool(&json, "dry_run", true);
    if (!complete) tree_report_put_broken(run, &json);
    hr_json_end(&json);
    output_json_finish(&json, stdout);
}

static void print_summary(const struct tree_run *run) {
    const struct tree_counts *counts = &run->counts;
    char size[OUTPUT_SIZE_TEXT];
    printf("%s%llu found: %llu copied (%s), %llu skipped, %llu failed; %llu removed",
           run->values->dry_run ? "dry run: " : "", (unsigned long long)counts->found,
           (unsigned long long)counts->copied, output_size(counts->copied_bytes, size),
           (unsigned long long)counts->skipped, (unsigned long long)counts->failed,
           (unsigned long long)counts->removed);
    if (counts->not_removed) printf(", %llu could not be", (unsigned long long)counts->not_removed);
    putchar('\n');
}

int tree_report_code(struct tree_run *run, bool complete) {
    output_progress_end(&run->progress);
    if (!tree_run_stopped(run)) return complete ? EXIT_DONE : EXIT_FAILED;
    output_complain("%s: stopped by %s; the same command goes on", run->verb,
                    output_signal_name(run->session->signal));
    return 128 + run->session->signal;
}

int tree_report_end(struct tree_run *run) {
    const struct tree_counts *counts = &run->counts;
    bool complete =
        !run->incomplete && !counts->failed && !counts->not_removed && !tree_run_stopped(run);
    output_progress_end(&run->progress);
    if (run->json)
        put_summary(run, complete);
    else
        print_summary(run);
    return tree_report_code(run, complete);
}
