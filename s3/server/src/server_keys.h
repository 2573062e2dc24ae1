/* The options of who may do what: checked, and copied into the server. */
#ifndef S3_SERVER_SERVER_KEYS_H
#define S3_SERVER_SERVER_KEYS_H

#include <headrace_server/s3_server.h>

#include "store_call.h"

/* -EINVAL; the error names the option, and never a secret. */
int s3_server__keys_check(const struct s3_server_options *options, struct hr_error *error);
/* 0 or -ENOMEM; what is there by then is freed by s3_server__keys_deinit. */
int s3_server__keys_init(struct s3_server_s *server, const struct s3_server_options *options);
void s3_server__keys_deinit(struct s3_server_s *server);

#endif
