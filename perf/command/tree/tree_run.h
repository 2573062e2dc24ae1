/* A command over a tree while it runs: where from and to, what has come of it. */
#ifndef COMMAND_TREE_RUN_H
#define COMMAND_TREE_RUN_H

#include "s3_place.h"
#include "session.h"
#include "tree_compare.h"
#include "tree_match.h"
#include "tree_pool.h"
#include "tree_target.h"

#define TREE_CONCURRENCY     64
#define TREE_CONCURRENCY_MAX 1024

/* Options of all commands over trees. */
struct tree_values {
    struct option_list rules; /* --exclude and --include, in their order */
    bool dry_run;
    bool quiet;
};
extern const struct option tree_table[]; /* over struct tree_values */

/* One end of it: a prefix of a bucket, or a folder. */
struct tree_end {
    bool remote;
    struct s3_place place; /* the key is empty or ends in '/' */
    const char *path;
};

/* found = copied + skipped + failed. */
struct tree_counts {
    uint64_t found, copied, skipped, failed;
    uint64_t copied_bytes;
    uint64_t removed, not_removed;
};

struct tree_run {
    const char *verb; /* "s3 sync" */
    struct session *session;
    const struct tree_values *values;
    bool json;
    bool incomplete;        /* a listing broke off, or a folder of the target could not be read */
    struct hr_error broken; /* why, the first time */
    struct tree_end source, target;
    struct tree_rule rules[OPTION_LIST_MAX];
    size_t rule_count;
    struct tree_pool pool;
    struct tree_counts counts;
    struct output_progress progress;
    uint64_t shown_ns;
    bool request_payer;
    const char *expected_owner;
};

/* Reads one end. A remote one is a folder: its key gets a '/' where it has none. EXIT_DONE or
 * EXIT_USAGE after a complaint. */
int tree_end_read(const char *text, bool literal, struct tree_end *end);

/* Fills the parts that all commands have; opens the pool. EXIT_DONE, or the exit code after a
 * complaint. */
int tree_run_open(struct tree_run *run, struct session *session, const struct tree_values *values,
                  unsigned concurrency);
/* Ends what is under way, closes the session and the pool. */
void tree_run_close(struct tree_run *run);

/* Waits for what is under way, up to `timeout_ms`, and shows progress; a signal cancels all. */
void tree_run_wait(struct tree_run *run, int timeout_ms);
static inline bool tree_run_stopped(const struct tree_run *run) {
    return run->session->signal != 0;
}
bool tree_run_passes(const struct tree_run *run, struct hr_slice name);

/* ---- What becomes of each entry, on standard output and standard error. */

/* "copy" or "remove"; `to` NULL for the latter. */
struct tree_action {
    const char *action;
    const struct tree_end *from, *to;
    struct hr_slice name;
    uint64_t size_bytes;
};
/* Prints a line, unless quiet, and counts. */
void tree_report_done(struct tree_run *run, const struct tree_action *action);
void tree_report_failed(struct tree_run *run, const struct tree_action *action,
                        const struct hr_error *error);
/* A line on standard error: it is left out, and why. Counts as skipped. */
void tree_report_skipped(struct tree_run *run, const struct tree_end *end, struct hr_slice name,
                         const char *why);
/* A stream broke off. */
void tree_report_broken(struct tree_run *run, const struct tree_end *end,
                        const struct hr_error *error);
/* For an end of JSON that is not whole: the member `error`. */
void tree_report_put_broken(const struct tree_run *run, struct hr_json_writer *json);
/* The exit code; names the signal that has ended it. */
int tree_report_code(struct tree_run *run, bool complete);
/* The summary, and the exit code. */
int tree_report_end(struct tree_run *run);

#endif
