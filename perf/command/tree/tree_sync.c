/* Copies a tree: first what is missing or different, and behind all of it, in a second pass over
 * both sides, removes what the source has not. */
#include "tree_sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include "s3_read.h"
#include "shown.h"
#include "tree_job.h"
#include "tree_remove.h"
#include "tree_streams.h"

#define LOOK_EVERY 256 /* entries between two looks at signals and at what is done */

/* ---- Copying. */

static bool is_left_out(struct tree_copy *copy, const struct tree_entry *entry) {
    struct tree_run *run = &copy->run;
    struct hr_error error = {0};
    const struct tree_action action = {"copy", &run->source, &run->target, entry->name, 0};
    switch (entry->kind) {
    case TREE_PROBLEM:
        hr_error_set(&error, entry->problem, "cannot read it: %s", hr_error_text(entry->problem));
        tree_report_failed(run, &action, &error);
        return true;
    case TREE_SPECIAL:
        tree_report_skipped(run, &run->source, entry->name,
                            "it is no plain file, or a link that is not followed or leads nowhere");
        return true;
    case TREE_MARKER:
        /* It stands for a folder, which files make. */
        if (run->target.remote || entry->size_bytes) return false;
        tree_report_skipped(run, &run->source, entry->name, NULL);
        return true;
    case TREE_FILE:
        break;
    }
    return false;
}

static bool is_same(const struct tree_sync *sync, const struct tree_pair *pair) {
    const struct tree_entry *right = pair->right;
    if (!sync->compare || !right) return false;
    if (right->kind != TREE_FILE && right->kind != TREE_MARKER) return false;
    return tree_compare(sync->by, pair->left, right) == TREE_SAME;
}

static void visit(const struct tree_sync *sync, struct tree_copy *copy,
                  const struct tree_pair *pair) {
    const struct tree_entry *left = pair->left;
    struct hr_error error = {0};
    if (!left && pair->right->kind == TREE_PROBLEM) {
        hr_error_set(&error, pair->right->problem, "cannot read %.*s: %s",
                     (int)pair->right->name.size, pair->right->name.data,
                     hr_error_text(pair->right->problem));
        tree_report_broken(&copy->run, &copy->run.target, &error);
    }
    if (!left || !tree_run_passes(&copy->run, left->name)) return;
    copy->run.counts.found++;
    if (is_left_out(copy, left)) return;
    if (is_same(sync, pair))
        tree_report_skipped(&copy->run, &copy->run.source, left->name, NULL);
    else
        tree_job_start(copy, left);
}

static int copy_all(const struct tree_sync *sync, struct tree_copy *copy) {
    struct tree_run *run = &copy->run;
    struct tree_streams streams;
    struct tree_pair pair;
    const struct tree_streams_options options = {.with_target = sync->compare,
                                                 .follow = copy->follow};
    int code = tree_streams_open(run, &options, &streams);
    if (code) return code;
    for (uint64_t i = 0; tree_streams_next(run, &streams, &pair); i++) {
        visit(sync, copy, &pair);
        if (i % LOOK_EVERY == 0) tree_run_wait(run, 0);
        while (!tree_pool_has_room(&run->pool, 1)) tree_run_wait(run, -1);
    }
    while (run->pool.count) tree_run_wait(run, -1);
    tree_streams_close(run, &streams);
    return EXIT_DONE;
}

/* A prefix without a key is no folder: a mistyped one must not empty the target. */
static bool is_missing(struct tree_run *run) {
    struct hr_error error = {0};
    bool any = run->counts.found || run->rule_count || run->incomplete || tree_run_stopped(run);
    if (any || !run->source.remote || !*run->source.place.key) return false;
    hr_error_set(&error, -ENOENT, "nothing is there: no key begins with '%s'",
                 run->source.place.key);
    tree_report_broken(run, &run->source, &error);
    return true;
}

/* ---- Removing. */

/* A folder that cannot be read has names that are not known: no more is removed. */
static bool ends_removal(struct tree_run *run, const struct tree_pair *pair) {
    struct hr_error error = {0};
    const struct tree_entry *entry = pair->left && pair->left->kind == TREE_PROBLEM ? pair->left
                                     : pair->right && pair->right->kind == TREE_PROBLEM
                                         ? pair->right
                                         : NULL;
    if (!entry) return false;
    hr_error_set(&error, entry->problem, "cannot read %.*s: %s; nothing more is removed",
                 (int)entry->name.size, entry->name.data, hr_error_text(entry->problem));
    tree_report_broken(run, entry == pair->left ? &run->source : &run->target, &error);
    return true;
}

/* Links and what is no plain file stay, and keys that stand for folders where the source is one. */
static bool is_removable(const struct tree_run *run, const struct tree_entry *entry) {
    if (!tree_run_passes(run, entry->name)) return false;
    return entry->kind == TREE_FILE || (entry->kind == TREE_MARKER && run->source.remote);
}

static int remove_all(struct tree_copy *copy) {
    struct tree_run *run = &copy->run;
    struct tree_streams streams;
    struct tree_pair pair;
    struct tree_remover remover = {.run = run, .end = &run->target};
    const struct tree_streams_options options = {.with_target = true, .follow = copy->follow};
    int code = tree_streams_open(run, &options, &streams);
    if (code) return code;
    for (uint64_t i = 0; tree_streams_next(run, &streams, &pair); i++) {
        if (ends_removal(run, &pair)) break;
        if (!pair.left && is_removable(run, pair.right)) tree_remove(&remover, pair.right);
        if (i % LOOK_EVERY == 0) tree_run_wait(run, 0);
    }
    tree_remove_rest(&remover);
    tree_streams_close(run, &streams);
    return EXIT_DONE;
}

static int remove_if_whole(struct tree_copy *copy) {
    struct tree_run *run = &copy->run;
    if (tree_run_stopped(run)) return EXIT_DONE;
    if (!run->counts.failed && !run->incomplete) return remove_all(copy);
    output_complain("%s: nothing is removed, since not everything was copied", run->verb);
    return EXIT_DONE;
}

/* ---- Both. */

static bool is_inside(const struct s3_place *place, const struct s3_place *other) {
    return strcmp(place->bucket, other->bucket) == 0 &&
           strncmp(place->key, other->key, strlen(other->key)) == 0;
}

static int read_ends(const struct tree_sync *sync, struct tree_copy *copy) {
    struct tree_end *source = &copy->run.source, *target = &copy->run.target;
    bool literal = sync->connection->literal;
    int code = tree_end_read(sync->from, literal, source);
    if (!code) code = tree_end_read(sync->to, literal, target);
    if (code) return code;
    if (!source->remote && !target->remote)
        return output_usage(sync->verb, "one of '%s' and '%s' must be s3://BUCKET[/PREFIX]",
                            shown_argument(sync->from), shown_argument(sync->to));
    if (source->remote && target->remote &&
        (is_inside(&source->place, &target->place) || is_inside(&target->place, &source->place)))
        return output_usage(sync->verb,
                            "'%s' and '%s' lie inside one another: choose another target",
                            shown_argument(sync->from), shown_argument(sync->to));
    return EXIT_DONE;
}

/* A local target is opened, and made where something is to be written. */
static int open_target(struct tree_copy *copy) {
    struct tree_run *run = &copy->run;
    if (run->target.remote) return EXIT_DONE;
    int err = tree_target_open(&copy->files, run->target.path, run->values->dry_run);
    if (!err || (err == -ENOENT && run->values->dry_run)) return EXIT_DONE;
    return output_failed(run->json, err, "%s: cannot write to the folder %s: %s", run->verb,
                         run->target.path, hr_error_text(err));
}

static int copy_and_remove(const struct tree_sync *sync, struct tree_copy *copy) {
    int code = open_target(copy);
    if (!code) code = copy_all(sync, copy);
    if (!code && !is_missing(&copy->run) && sync->remove) code = remove_if_whole(copy);
    if (!code) code = tree_report_end(&copy->run);
    tree_target_close(&copy->files);
    return code;
}

/* Each file and each connection is a descriptor. */
static void raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_transfer(const struct tree_sync *sync, struct tree_copy *copy,
                         unsigned concurrency) {
    copy->transfer.part_size = sync->part_size;
    copy->transfer.parallel =
        concurrency < HR_S3_TRANSFER_PARALLEL_USUAL ? concurrency : HR_S3_TRANSFER_PARALLEL_USUAL;
    copy->follow = !sync->no_follow;
}

int tree_sync_run(const struct tree_sync *sync) {
    static struct tree_copy copy; /* large */
    struct s3_upload memory;
    struct s3_read read;
    struct session session;
    unsigned concurrency = sync->concurrency ? (unsigned)sync->concurrency : TREE_CONCURRENCY;
    copy.run.verb = sync->verb;
    copy.run.json = sync->json;
    copy.run.request_payer = sync->object->request_payer;
    copy.run.expected_owner = sync->object->expected_owner;
    copy.files = (struct tree_target){.root_fd = -1, .folder_fd = -1};
    int code = read_ends(sync, &copy);
    if (!code) code = s3_upload_fill(sync->upload, sync->object, &memory, &copy.upload);
    if (code) return code;
    copy.upload.content_type = sync->upload->content_type;
    set_transfer(sync, &copy, concurrency);
    raise_open_files();
    code = s3_read_fill(sync->object, &read);
    copy.read = read.options;
    if (!code) code = session_open(&session, sync->connection, sync->json);
    if (!code) {
        code = tree_run_open(&copy.run, &session, sync->values, concurrency);
        if (!code) code = copy_and_remove(sync, &copy);
        tree_run_close(&copy.run);
    }
    tree_jobs_free(&copy);
    s3_read_wipe(&read);
    s3_upload_free(&memory);
    return code;
}
