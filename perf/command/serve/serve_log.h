/* The access log of `serve s3`: a line of JSON for each request, by the library's logger. */
#ifndef COMMAND_SERVE_LOG_H
#define COMMAND_SERVE_LOG_H

#include <headrace/log.h>
#include <headrace_server/s3_server.h>

/* `path`: a file, which is made with mode 0640; "-" is standard output. 0 or a negative code.
 * Closed by hr_log_close. */
int serve_log_open(const char *path, hr_engine *engine, struct hr_error *error, hr_log **log);
/* The server's on_record; `user` is the log. */
void serve_log_record(void *user, const struct s3_server_record *record);

#endif
