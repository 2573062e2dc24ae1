/* Computes the checksum of a file before it is uploaded. */
#include "s3_body_checksum.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "signals.h"

#define CHECKSUM_PIECE (256u << 10)

/* The bytes from `offset` to the source's end. 0 or a negative code; -ECANCELED: by a signal. */
static int hash_file(struct hr_s3_hasher *hasher, const struct local_source *source,
                     struct session *session, char *piece) {
    uint64_t done = 0;
    int err = 0;
    while (!err && done < source->size && !session->signal) {
        uint64_t left = source->size - done;
        size_t wanted = left < CHECKSUM_PIECE ? (size_t)left : CHECKSUM_PIECE;
        ssize_t count = pread(source->fd, piece, wanted, (off_t)(source->offset + done));
        session->signal = signals_next(session->signal_fd);
        if (count == 0) return HR_ERR_SOURCE_SHORT;
        if (count < 0) err = errno == EINTR ? 0 : -errno;
        if (count > 0) err = hr_s3_hasher_update(hasher, piece, (size_t)count);
        if (count > 0) done += (uint64_t)count;
    }
    return session->signal ? -ECANCELED : err;
}

static int compute(enum hr_s3_checksum_algorithm algorithm, const struct local_source *source,
                   struct session *session, struct hr_s3_checksum *value) {
    struct hr_s3_hasher hasher = {.algorithm = HR_S3_CHECKSUM_NONE};
    char *piece = malloc(CHECKSUM_PIECE);
    int err = piece ? hr_s3_hasher_begin(&hasher, algorithm) : -ENOMEM;
    if (!err) err = hash_file(&hasher, source, session, piece);
    if (!err) err = hr_s3_hasher_end(&hasher, value);
    hr_s3_hasher_deinit(&hasher);
    free(piece);
    return err;
}

int s3_body_checksum(const char *algorithm, const struct local_source *source,
                     struct session *session, struct s3_body_checksum *checksum) {
    enum hr_s3_checksum_algorithm kind = hr_s3_checksum_by_name(hr_slice_of(algorithm));
    struct hr_s3_checksum value;
    struct hr_error error = {0};
    int err = compute(kind, source, session, &value);
    if (err) {
        hr_error_set(&error, err, "cannot compute the %s of what is sent: %s", algorithm,
                     hr_error_text(err));
        return session_end(session, err, &error, "--checksum %s", algorithm);
    }
    size_t size = hr_s3_checksum_format(&value, checksum->text);
    checksum->field =
        (struct hr_http_field){.name = hr_slice_of(hr_s3_checksum_traits_of(kind)->header),
                               .value = hr_slice_bytes(checksum->text, size)};
    return EXIT_DONE;
}
