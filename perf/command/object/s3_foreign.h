/* Words that users of other S3 programs type: each leads to what is nearest here, or to
 * the sentence that it is not there. */
#ifndef COMMAND_S3_FOREIGN_H
#define COMMAND_S3_FOREIGN_H

#include <headrace/slice.h>

/* The `foreign` of the commands `s3 …`: options of aws s3, s3cmd, mc, rclone and s5cmd. */
const char *s3_foreign_option(struct hr_slice name, char letter);

/* A sentence about a verb of theirs; NULL: not known. */
const char *s3_foreign_verb(const char *verb);

#endif
