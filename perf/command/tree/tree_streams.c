/* Opens walks and listings, and reads pairs of them. */
#include "tree_streams.h"

#include <errno.h>
#include <string.h>

static const struct tree_end *end_of(const struct tree_run *run, size_t side) {
    return side ? &run->target : &run->source;
}

static int open_remote(struct tree_run *run, const struct tree_end *end, tree_listing **listing) {
    const struct tree_listing_options options = {.client = run->session->client,
                                                 .pool = &run->pool,
                                                 .bucket = end->place.bucket,
                                                 .prefix = end->place.key,
                                                 .request_payer = run->request_payer,
                                                 .expected_owner = run->expected_owner};
    int err = tree_listing_open(&options, listing);
    return err ? output_failed(run->json, err, "%s", hr_error_text(err)) : EXIT_DONE;
}

static int open_local(struct tree_run *run, size_t side, bool follow, tree_walk **walk) {
    const struct tree_walk_options options = {.follow = follow};
    const char *path = end_of(run, side)->path;
    int err = tree_walk_open(path, &options, walk);
    if (!err || (side && err == -ENOENT)) return EXIT_DONE;
    return output_failed(run->json, err, "%s: cannot read the folder %s: %s", run->verb, path,
                         hr_error_text(err));
}

static int open_side(struct tree_run *run, size_t side, bool follow, struct tree_streams *streams) {
    struct tree_source **source = side ? &streams->merge.right : &streams->merge.left;
    const struct tree_end *end = end_of(run, side);
    int code = end->remote ? open_remote(run, end, &streams->listings[side])
                           : open_local(run, side, follow, &streams->walks[side]);
    if (streams->listings[side]) *source = tree_listing_source(streams->listings[side]);
    if (streams->walks[side]) *source = tree_walk_source(streams->walks[side]);
    return code;
}

int tree_streams_open(struct tree_run *run, const struct tree_streams_options *options,
                      struct tree_streams *streams) {
    memset(streams, 0, sizeof *streams);
    int code = open_side(run, 0, options->follow, streams);
    if (!code && options->with_target) code = open_side(run, 1, false, streams);
    if (code) tree_streams_close(run, streams);
    return code;
}

/* The end whose stream has just broken off: the left one is asked first. */
static const struct tree_end *broken_end(const struct tree_run *run,
                                         const struct tree_streams *streams) {
    const struct tree_side *left = &streams->merge.sides[0];
    return end_of(run, left->waiting || left->ended);
}

bool tree_streams_next(struct tree_run *run, struct tree_streams *streams, struct tree_pair *pair) {
    struct hr_error error = {0};
    int got = 0;
    while (!tree_run_stopped(run) &&
           (got = tree_merge_next(&streams->merge, pair, &error)) == -EAGAIN)
        tree_run_wait(run, -1);
    if (got < 0 && !tree_run_stopped(run))
        tree_report_broken(run, broken_end(run, streams), &error);
    return got > 0 && !tree_run_stopped(run);
}

void tree_streams_close(struct tree_run *run, struct tree_streams *streams) {
    bool listing = streams->listings[0] || streams->listings[1];
    while (listing && run->pool.count) tree_run_wait(run, -1);
    for (size_t side = 0; side < 2; side++) {
        tree_walk_close(streams->walks[side]);
        tree_listing_close(streams->listings[side]);
    }
    memset(streams, 0, sizeof *streams);
}
