/* A stretch of an object whose bytes are in files, as the source of a response. The files are read
 * by the engine. On the reactor's thread that it was made on. */
#ifndef S3_SERVER_FILE_READER_H
#define S3_SERVER_FILE_READER_H

#include <headrace/body.h>
#include <headrace/http_server.h>

#include "object.h"

#define S3_READ_BYTES (256u << 10) /* of one read */

struct s3_file_reader;

/* The object is referenced. The exchange is resumed when there are bytes. NULL: no memory. */
struct s3_file_reader *s3_server__file_reader_new(struct s3_object *object, uint64_t offset,
                                                  uint64_t size, hr_http_exchange *exchange);
/* Opens the first file, so that one that is not there is known before a response begins.
 * InternalError. */
enum s3_error s3_server__file_reader_open(struct s3_file_reader *reader);
/* Valid until the reader is closed. */
struct hr_source s3_server__file_reader_source(struct s3_file_reader *reader);
/* After the exchange's end. The memory goes when the kernel has given it back. NULL: nothing. */
void s3_server__file_reader_close(struct s3_file_reader *reader);

#endif
