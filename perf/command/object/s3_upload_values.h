/* Options of an upload: what the object is stored with. */
#ifndef COMMAND_S3_UPLOAD_VALUES_H
#define COMMAND_S3_UPLOAD_VALUES_H

#include <headrace/s3.h>

#include "options.h"
#include "s3_customer_key.h"
#include "s3_metadata.h"
#include "s3_object_values.h"
#include "s3_tag_words.h"

struct s3_upload_values {
    struct option_list metadata, tags;
    const char *content_type, *content_encoding, *content_disposition, *content_language;
    const char *cache_control, *expires;
    const char *acl, *storage_class, *website_redirect;
    const char *kms_key_id;
    const char *checksum;
    int encryption; /* enum hr_s3_encryption_kind */
    int payload;    /* enum hr_s3_payload */
    uint64_t spool_max;
    bool exact_key;
};

/* The table over struct s3_upload_values. */
extern const struct option s3_upload_table[];

/* Memory that an upload's options point into. */
struct s3_upload {
    struct s3_metadata metadata;
    struct s3_tags tags;
    struct s3_customer_key key;
};

/* Fills the options, metadata and conditions of `upload`. EXIT_DONE, or the exit code after a
 * complaint; then nothing is to be freed. */
int s3_upload_fill(const struct s3_upload_values *values, const struct s3_object_values *object,
                   struct s3_upload *memory, struct hr_s3_upload *upload);
void s3_upload_free(struct s3_upload *memory);

#endif
