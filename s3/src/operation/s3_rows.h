/* The table of operations. */
#ifndef HR_S3_ROWS_H
#define HR_S3_ROWS_H

#include "s3_row.h"

/* By kind. */
extern const struct hr__s3_row hr__s3_rows[HR__S3_KINDS];

/* Accepts a request of this client, whose class calls hr__s3_call_ended. -ESHUTDOWN, -ENOBUFS,
 * -EBUSY, with the reason in it. Any thread. */
int hr__s3_submit(struct hr_s3_client_s *client, const struct hr_request_class *class_,
                  struct hr_request *request, const char *bucket);

/* An operation within a request of this client that is in progress, on its reactor: also when the
 * client is closing. Ends in its on_done, on this reactor. 0, or -EINVAL with the reason in it. */
int hr__s3_begin(struct hr_s3_client_s *client, enum hr__s3_kind kind, struct hr_request *request);

#endif
