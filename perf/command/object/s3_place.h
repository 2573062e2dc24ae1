/* A place in a store: s3://BUCKET/KEY on the command line. */
#ifndef COMMAND_S3_PLACE_H
#define COMMAND_S3_PLACE_H

#include <stdbool.h>

#include "session.h"

/* A bucket and a key as strings out of s3://bucket/key. */
struct s3_place {
    char bucket[256];
    char key[1028];
};

/* Whether `text` is an S3 URI at all. */
bool s3_place_is(const char *text);

enum s3_place_need {
    S3_PLACE_BUCKET,
    S3_PLACE_ANY,
    S3_PLACE_OBJECT,
    S3_PLACE_REMOVAL, /* an object to remove: a store says done, also where there was none */
};

/* 0, or EXIT_USAGE after a complaint that names what is wrong. What looks like a wildcard is
 * refused unless it is `literal`: an asterisk everywhere, ? and [x] where nothing would tell that
 * no such object was there. */
int s3_place_read(const char *text, enum s3_place_need need, bool literal, struct s3_place *place);

/* Begins the JSON of a listing of a place on standard output: the place, and the array `entries`.
 */
void s3_place_begin_json(const struct s3_place *place, const char *entries,
                         char window[OUTPUT_WINDOW], struct hr_json_writer *json);

/* The values of a command over one place, its only argument, and their options. */
struct s3_values {
    struct connection_options connection;
    bool json;
};
extern const struct option s3_table[];

/* Reads the place and opens a session; the values of the call begin with struct s3_values.
 * EXIT_DONE, or the exit code after a complaint. */
int s3_place_open(const struct command_call *call, enum s3_place_need need, struct s3_place *place,
                  struct session *session);

#endif
