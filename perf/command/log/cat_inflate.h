/* gzip and zstd, whichever the first bytes say. */
#ifndef COMMAND_CAT_INFLATE_H
#define COMMAND_CAT_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

struct cat_inflater;

/* Whether these first bytes of a file are compressed, and then a decoder for them. 1, 0, -ENOMEM.
 */
int cat_inflater_open(const char *data, size_t size, struct cat_inflater **inflater);
void cat_inflater_close(struct cat_inflater *inflater);

struct cat_window {
    const char *in;
    size_t in_size;
    char *out;
    size_t out_size;
};
/* Moves both on as far as it can go. 0 or -EBADMSG. */
int cat_inflate(struct cat_inflater *inflater, struct cat_window *window);
/* Whether nothing begun is unfinished. */
bool cat_inflater_is_complete(const struct cat_inflater *inflater);

#endif
