/* The file of keys of `serve s3`: a line each, ACCESS SECRET [read-only]. */
#ifndef COMMAND_SERVE_KEYS_H
#define COMMAND_SERVE_KEYS_H

#include <stdbool.h>

#include <headrace_server/s3_server.h>

struct serve_keys {
    struct s3_server_key *keys; /* their texts lie in `text` */
    size_t count;
    char *text;
    size_t size;
};

/* Reads the file, which others may not read. False: said on standard error, by file and line, with
 * no word of the line itself. */
bool serve_keys_read(const char *path, bool json, struct serve_keys *keys);
/* Wipes and frees. Zeroed: nothing. */
void serve_keys_free(struct serve_keys *keys);

#endif
