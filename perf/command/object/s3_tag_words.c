/* Reads KEY=VALUE&KEY=VALUE as tags. */
#include "s3_tag_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/slice.h>

#include "output.h"

static bool is_pair(struct hr_slice text) {
    const char *sign = text.size ? memchr(text.data, '=', text.size) : NULL;
    return sign && sign > text.data;
}

int s3_tag_words_check(const char *text, char *why, size_t why_size) {
    struct hr_slice rest = hr_slice_of(text), pair;
    do {
        if (!hr_slice_cut(&rest, '&', &pair) || !is_pair(pair)) {
            snprintf(why, why_size, "'%.100s' is not KEY=VALUE", text);
            return -1;
        }
    } while (rest.size > 0);
    return 0;
}

static int refuse(const char *option, const char *key, const char *why) {
    output_complain("%s: '%.128s' %s", option, key, why);
    return EXIT_USAGE;
}

static int add(const char *option, struct hr_slice pair, struct s3_tags *tags) {
    char why[64];
    if (tags->count == HR_S3_TAGS_MAX) {
        snprintf(why, sizeof why, "is one more than the %d that an object can have",
                 HR_S3_TAGS_MAX);
        return refuse(option, pair.data, why);
    }
    char *text = strndup(pair.data, pair.size);
    if (!text) {
        output_complain("out of memory");
        return EXIT_FAILED;
    }
    tags->texts[tags->count] = text;
    char *sign = strchr(text, '=');
    if (!sign || sign == text) {
        tags->count++;
        return refuse(option, text, "is not KEY=VALUE");
    }
    *sign = '\0';
    for (size_t i = 0; i < tags->count; i++)
        if (strcmp(tags->items[i].key, text) == 0) {
            free(text);
            return refuse(option, tags->items[i].key, "is given twice");
        }
    tags->items[tags->count++] = (struct hr_s3_tag){text, sign + 1};
    return EXIT_DONE;
}

int s3_tags_read(const char *option, const char *const *texts, size_t count, struct s3_tags *tags) {
    int code = EXIT_DONE;
    *tags = (struct s3_tags){.count = 0};
    for (size_t i = 0; i < count && !code; i++) {
        struct hr_slice rest = hr_slice_of(texts[i]), pair;
        while (!code && hr_slice_cut(&rest, '&', &pair)) code = add(option, pair, tags);
    }
    if (code) s3_tags_free(tags);
    return code;
}

void s3_tags_free(struct s3_tags *tags) {
    for (size_t i = 0; i < tags->count; i++) free(tags->texts[i]);
    tags->count = 0;
}
