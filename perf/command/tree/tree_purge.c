/* Removes all objects below a prefix while it is listed. */
#include "tree_purge.h"

#include <errno.h>
#include <string.h>

#include "shown.h"
#include "tree_remove.h"
#include "tree_streams.h"

static void remove_passing(struct tree_run *run, struct tree_remover *remover,
                           const struct tree_entry *entry) {
    run->counts.found++;
    if (tree_run_passes(run, entry->name))
        tree_remove(remover, entry);
    else
        tree_report_skipped(run, &run->source, entry->name, NULL);
}

static int purge_all(const struct tree_purge *purge, struct tree_run *run) {
    struct tree_streams streams;
    struct tree_pair pair;
    struct hr_error error = {0};
    struct tree_remover remover = {
        .run = run, .end = &run->source, .bypass_governance = purge->bypass_governance};
    const struct tree_streams_options options = {.with_target = false};
    int code = tree_streams_open(run, &options, &streams);
    if (code) return code;
    while (tree_streams_next(run, &streams, &pair)) remove_passing(run, &remover, pair.left);
    tree_remove_rest(&remover);
    tree_streams_close(run, &streams);
    if (!run->counts.found && *run->source.place.key && !run->incomplete &&
        !tree_run_stopped(run)) {
        hr_error_set(&error, -ENOENT, "nothing is there: no key begins with '%s'",
                     run->source.place.key);
        tree_report_broken(run, &run->source, &error);
    }
    return tree_report_end(run);
}

int tree_purge_run(const struct tree_purge *purge) {
    static struct tree_run run; /* large */
    struct session session;
    run.verb = "s3 rm";
    run.json = purge->json;
    run.request_payer = purge->object->request_payer;
    run.expected_owner = purge->object->expected_owner;
    int code = tree_end_read(purge->from, purge->connection->literal, &run.source);
    if (code) return code;
    if (!run.source.remote)
        return output_usage("s3 rm", "'%s' is no s3://BUCKET[/PREFIX]",
                            shown_argument(purge->from));
    code = session_open(&session, purge->connection, purge->json);
    if (code) return code;
    code = tree_run_open(&run, &session, purge->values, TREE_CONCURRENCY);
    if (!code) code = purge_all(purge, &run);
    tree_run_close(&run);
    return code;
}
