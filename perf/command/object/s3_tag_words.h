/* Tags as a command line gives them. */
#ifndef COMMAND_S3_TAG_WORDS_H
#define COMMAND_S3_TAG_WORDS_H

#include <stddef.h>

#include <headrace/s3.h>

/* The check of an option: KEY=VALUE, more behind '&'. Nothing is decoded. */
int s3_tag_words_check(const char *text, char *why, size_t why_size);

struct s3_tags {
    struct hr_s3_tag items[HR_S3_TAGS_MAX];
    size_t count;
    char *texts[HR_S3_TAGS_MAX]; /* that the items point into */
};

/* Adds all pairs of `count` texts; `option` is how a complaint calls them. EXIT_DONE, EXIT_USAGE
 * after a complaint (no pair, a key twice, too many), EXIT_FAILED without memory. */
int s3_tags_read(const char *option, const char *const *texts, size_t count, struct s3_tags *tags);
void s3_tags_free(struct s3_tags *tags);

#endif
