/* Lines out of a file, a pipe, or what gzip or zstd made of one; a file that grows is followed over
 * rotations. */
#ifndef COMMAND_CAT_SOURCE_H
#define COMMAND_CAT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <headrace/slice.h>

#define CAT_LINE_MAX (16u << 20) /* a longer one comes in pieces */

struct cat_source {
    const char *path; /* "-": standard input */
    int fd;
    bool regular, started, ended;
    dev_t device;
    ino_t inode;
    off_t offset;                  /* read so far */
    struct cat_inflater *inflater; /* NULL: the bytes are those of the file */
    char *packed;                  /* a block for it, of which so much is still to be taken */
    size_t packed_at, packed_size;
    bool more;  /* it may have more to give without any */
    char *data; /* lines: those from `from` on are still to be taken */
    size_t from, size, capacity, looked;
};

/* 0 or a negative code. */
int cat_source_open(struct cat_source *source, const char *path);
void cat_source_close(struct cat_source *source);

/* Reads more. 1, 0 at the end, or a negative code (-EBADMSG: the compressed data is damaged,
 * -ENODATA: it ends early). */
int cat_source_read(struct cat_source *source);
/* The next line, without its newline, until the next call of any of these; `rest`: also one without
 * a newline at the end. */
bool cat_source_line(struct cat_source *source, bool rest, struct hr_slice *line);

/* At the end: whether the file was cut, or another is in its place (and that one is open now). What
 * was left of a line is to be taken before. 1, 0 (nothing has changed), or a negative code. */
int cat_source_follow(struct cat_source *source);
bool cat_source_was_replaced(const struct cat_source *source);

#endif
