/* A program that a bench measures beside this library: it prints a line a figure. */
#ifndef PERF_PEER_PROGRAM_H
#define PERF_PEER_PROGRAM_H

#include <limits.h>

#define PERF_PEER_WHY           512
#define PERF_PEER_VERSION       64
#define PERF_PEER_ARGUMENTS_MAX 8

struct perf_peer_program {
    const char *name;        /* "spdlog" */
    const char *interpreter; /* NULL: none */
    char path[PATH_MAX + 64];
    char version[PERF_PEER_VERSION]; /* by its line "version …"; "" */
    char missing[PERF_PEER_WHY];     /* why there are no figures; "" */
};

/* Where peers are: in a build tree the folder `peers` beside this program, else that of an
 * installation. */
void perf_peer_folder(char path[PATH_MAX]);

/* `directory` is where its file is, NULL perf_peer_folder. */
struct perf_peer_options {
    const char *name, *interpreter, *directory, *file;
};
/* A program that is not there says so in its `missing`. The names are borrowed. */
void perf_peer_open(struct perf_peer_program *peer, const struct perf_peer_options *options);

/* Runs it with `arguments` (ended by NULL, at most PERF_PEER_ARGUMENTS_MAX) and gives each of its
 * lines but those of its version and of what is missing. Where it fails, that is what `missing`
 * says. */
void perf_peer_run(struct perf_peer_program *peer, const char *const *arguments,
                   void (*on_line)(void *user, const char *line), void *user);

#endif
