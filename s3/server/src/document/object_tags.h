/* Tags of objects and buckets: S3's limits, and the form in which they are kept. Pure. */
#ifndef S3_SERVER_OBJECT_TAGS_H
#define S3_SERVER_OBJECT_TAGS_H

#include "settings_in.h"

#define S3_OBJECT_TAGS_MAX 10
#define S3_BUCKET_TAGS_MAX 50
#define S3_TAG_KEY_MAX     128 /* characters */
#define S3_TAG_VALUE_MAX   256

/* BadRequest (more than `most`), InvalidTag (empty or too long, no UTF-8, a key twice, "aws:"). */
enum s3_error s3_server__tags_check(const struct s3_tag_list *list, size_t most);
/* "a=b&c=d", percent-encoded, a plus being a blank; all memory is the arena's. InvalidArgument,
 * BadRequest (more than any object or bucket may have), InternalError. */
enum s3_error s3_server__tags_parse(struct hr_slice text, struct s3_arena *arena,
                                    struct s3_tag_list *list);
/* The same form, encoded; the arena's. InternalError. */
enum s3_error s3_server__tags_print(const struct s3_tag_list *list, struct s3_arena *arena,
                                    struct hr_slice *text);
/* How many tags a text of that form has. */
size_t s3_server__tags_count(struct hr_slice text);

#endif
