/* The aws-chunked decoder: whatever comes, cut in two at any place, it ends the same way, and it
 * never gives out more than the decoded size. The first bytes choose form, size and cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chunked.h"

struct output {
    uint64_t size;
    uint64_t hash;
};

static enum s3_error take(void *user, const void *data, size_t size) {
    struct output *output = user;
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) output->hash = (output->hash ^ bytes[i]) * 1099511628211u;
    output->size += size;
    return S3_OK;
}

static enum s3_error run(const uint8_t *data, size_t size, size_t cut, uint8_t form,
                         uint64_t decoded_size, struct output *output) {
    static const char seed[] = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    struct hr_sigv4_options signing = {.region = hr_slice_of("us-east-1"), .time_s = 1369353600};
    hr_sigv4_stream *stream = NULL;
    if (form & 1 &&
        hr_sigv4_stream_new(hr_slice_of("secret"), &signing, hr_slice_of(seed), &stream))
        abort();
    *output = (struct output){.hash = 14695981039346656037u};
    struct s3_chunked_options options = {.has_trailer = (form & 2) != 0,
                                         .is_signed = stream != NULL,
                                         .stream = stream,
                                         .decoded_size = decoded_size,
                                         .on_data = take,
                                         .user = output};
    static struct s3_chunked chunked;
    s3_server__chunked_init(&chunked, &options);
    s3_server__chunked_feed(&chunked, data, cut);
    s3_server__chunked_feed(&chunked, data + cut, size - cut);
    enum s3_error error = s3_server__chunked_finish(&chunked);
    if (output->size > decoded_size) abort();
    if (!error && output->size != decoded_size) abort();
    hr_sigv4_stream_free(stream);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) return 0;
    uint8_t form = data[0];
    uint64_t decoded_size = (uint64_t)data[1] << 8 | data[2];
    size_t cut = data[3];
    data += 4;
    size -= 4;
    if (cut > size) cut = size;
    struct output whole, parts;
    if (run(data, size, size, form, decoded_size, &whole) !=
        run(data, size, cut, form, decoded_size, &parts))
        abort();
    /* Framing errors are found at the same byte: what was given out before is the same, too. */
    if (whole.size != parts.size || whole.hash != parts.hash) abort();
    return 0;
}
