/* User metadata of an upload as --metadata gives it. */
#ifndef COMMAND_S3_METADATA_H
#define COMMAND_S3_METADATA_H

#include <stddef.h>

#include <headrace/s3.h>

#include "options.h"

/* The check of an option --metadata: NAME=VALUE, more behind commas, in the AWS CLI's shorthand. A
 * comma begins the next pair where NAME= follows; else, behind a backslash and in quotes it belongs
 * to the value. */
int s3_metadata_check(const char *text, char *why, size_t why_size);

struct s3_metadata {
    struct hr_s3_metadata *items;
    size_t count;
    char *text; /* what the items point into */
};

/* Adds all pairs of a checked list. EXIT_DONE, EXIT_USAGE after a complaint about a name that comes
 * twice, EXIT_FAILED without memory. */
int s3_metadata_read(const struct option_list *list, struct s3_metadata *metadata);
void s3_metadata_free(struct s3_metadata *metadata);

#endif
