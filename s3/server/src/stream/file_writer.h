/* Bytes on their way into the file of a blob, by writes of the engine: one is in flight while the
 * next is filled. On the reactor's thread that it was made on. */
#ifndef S3_SERVER_FILE_WRITER_H
#define S3_SERVER_FILE_WRITER_H

#include "object.h"

#define S3_WRITE_BYTES (256u << 10) /* of one write; as much is filled meanwhile */

struct s3_file_writer;

/* `on_ready` is called after a write, and at the end of a flush; never from inside of a call. The
 * blob is referenced. `sync`: a flush waits until the bytes are on the medium. NULL: no memory. */
struct s3_file_writer *s3_server__file_writer_new(struct s3_blob *blob, bool sync,
                                                  void (*on_ready)(void *user), void *user);
/* Whether what comes now should wait: until on_ready. */
bool s3_server__file_writer_is_full(const struct s3_file_writer *writer);
/* Copies the bytes, however full it is. InternalError, or why a write has failed. */
enum s3_error s3_server__file_writer_append(struct s3_file_writer *writer, const void *data,
                                            size_t size);
/* True: all has been written, or a write has failed. False: on_ready comes, and then it is. */
bool s3_server__file_writer_flush(struct s3_file_writer *writer);
enum s3_error s3_server__file_writer_error(const struct s3_file_writer *writer);
/* on_ready is not called any more. The memory goes when the kernel has given it back. NULL:
 * nothing. */
void s3_server__file_writer_close(struct s3_file_writer *writer);

#endif
