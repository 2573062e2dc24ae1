/* The chunked coding (RFC 9112 7.1) without its data and trailers: chunk-size, extensions, line
 * ends. Counted here and not by llhttp, which in 8.1 knows no limit for extensions and no quoted
 * pair in them, and whose data cannot be taken in part. */
#ifndef HR_NET_HTTP1_CHUNK_H
#define HR_NET_HTTP1_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed before the first chunk of a body, but for `lenient`. */
struct hr_http1_chunk {
    uint64_t size; /* of the chunk, once its line is complete */
    uint16_t line_size;
    uint8_t state;
    bool lenient; /* blanks may stand before the line's end */
};

/* Reads the line before a chunk's data. 1: it is complete, and *used tells where the data begins
 * (a size of 0: where the trailers begin); 0: more is needed, all was used; HR_ERR_HTTP_MALFORMED
 * with *reason. */
int hr__http1_chunk_line(struct hr_http1_chunk *chunk, const char *data, size_t size, size_t *used,
                         const char **reason);

/* After the data of a chunk: the line end behind it, then the next chunk's line. */
void hr__http1_chunk_data_done(struct hr_http1_chunk *chunk);

#endif
