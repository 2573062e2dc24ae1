/* The checksum of what is uploaded, as the header field that the store compares with the body. */
#ifndef COMMAND_S3_BODY_CHECKSUM_H
#define COMMAND_S3_BODY_CHECKSUM_H

#include <headrace/s3.h>

#include "transfer_file.h"

struct s3_body_checksum {
    struct hr_http_field field;
    char text[HR_S3_CHECKSUM_TEXT_MAX];
};

/* Reads all of the source by `algorithm`, a name that the option has checked. A signal to the
 * session ends that and is kept in it. EXIT_DONE, or the exit code after a complaint. */
int s3_body_checksum(const char *algorithm, const struct local_source *source,
                     struct session *session, struct s3_body_checksum *checksum);

#endif
