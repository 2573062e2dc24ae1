#include <criterion/criterion.h>
#include <errno.h>

#include <headrace/error.h>

#include "source.h"

static void ready(struct hr_source_reader *reader) {
    (void)reader;
    cr_assert(false, "these kinds are never late");
}

/* Reads all of it in pieces and returns how many calls that took. */
static unsigned read_all(struct hr_source_reader *reader, size_t max, unsigned iov_max, char *out,
                         size_t *total) {
    struct iovec iov[8];
    unsigned calls = 0, count;
    ssize_t size;
    *total = 0;
    while ((size = hr__source_next(reader, max, iov, iov_max, &count)) > 0) {
        cr_assert_leq((size_t)size, max);
        cr_assert_leq(count, iov_max);
        ssize_t sum = 0;
        for (unsigned i = 0; i < count; i++) {
            memcpy(out + *total, iov[i].iov_base, iov[i].iov_len);
            *total += iov[i].iov_len;
            sum += (ssize_t)iov[i].iov_len;
        }
        cr_assert_eq(sum, size);
        calls++;
    }
    cr_assert_eq(size, 0);
    cr_assert(reader->ended);
    return calls;
}

/* A producer's -EAGAIN is push-back that its caller ends; a file has nobody who would. */
Test(source, a_file_that_would_wait_is_no_push_back) {
    struct hr_blocks blocks = {0};
    struct hr_source source = hr_source_fd(0, (struct hr_file_range){.size = 10});
    struct hr_source_reader reader = {0};
    struct iovec iov[1];
    unsigned count;
    hr__source_open(&reader, NULL, &blocks, &source, ready);
    reader.read_done = true; /* as after the read's completion */
    reader.read_result = -EAGAIN;
    cr_assert_eq(hr__source_next(&reader, 10, iov, 1, &count), -EIO);
    hr__source_close(&reader);
    hr__blocks_free(&blocks);
}

Test(source, bytes_and_vectors_in_pieces) {
    static char text[] = "the quick brown fox jumps over the lazy dog";
    const size_t size = sizeof text - 1;
    struct iovec iov[] = {{text, 0}, {text, 10}, {text + 10, 1}, {NULL, 0}, {text + 11, size - 11}};
    struct hr_blocks blocks = {0};
    struct hr_source sources[] = {hr_source_bytes(text, size), hr_source_iovec(iov, 5)};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(hr__source_check(&sources[i]), 0);
        cr_assert_eq(hr__source_cost(&sources[i]), 0);
        for (size_t max = 1; max <= size + 1; max++) {
            struct hr_source_reader reader = {0};
            char out[64] = {0};
            size_t total;
            hr__source_open(&reader, NULL, &blocks, &sources[i], ready);
            read_all(&reader, max, 1 + (unsigned)max % 3, out, &total);
            cr_assert_eq(total, size);
            cr_assert_str_eq(out, text);
            cr_assert(hr__source_replayable(&reader));
            cr_assert_eq(hr__source_rewind(&reader), 0);
            read_all(&reader, max, 8, out, &total);
            cr_assert_str_eq(out, text);
        }
    }
}

Test(source, a_vector_never_gives_more_than_it_said) {
    char text[] = "0123456789";
    struct iovec iov = {text, 10};
    struct hr_source source = hr_source_iovec(&iov, 1);
    struct hr_blocks blocks = {0};
    struct hr_source_reader reader = {0};
    char out[16] = {0};
    size_t total;
    source.size = 4;
    hr__source_open(&reader, NULL, &blocks, &source, ready);
    read_all(&reader, 100, 8, out, &total);
    cr_assert_str_eq(out, "0123");
    source.size = 11;
    struct iovec piece[8];
    unsigned count;
    hr__source_open(&reader, NULL, &blocks, &source, ready);
    cr_assert_eq(hr__source_next(&reader, 100, piece, 8, &count), 10);
    cr_assert_eq(hr__source_next(&reader, 100, piece, 8, &count), HR_ERR_SOURCE_SHORT);
}

static ssize_t too_much(void *user, void *buffer, size_t capacity) {
    (void)user;
    (void)buffer;
    return (ssize_t)capacity + 1;
}

Test(source, a_producer_that_lies) {
    struct hr_source source = hr_source_producer(too_much, NULL, NULL, 100);
    struct hr_blocks blocks = {0};
    struct hr_source_reader reader = {0};
    struct iovec piece;
    unsigned count;
    cr_assert_eq(hr__source_cost(&source), HR_BLOCK_TINY);
    hr__source_open(&reader, NULL, &blocks, &source, ready);
    cr_assert(hr__source_replayable(&reader));
    cr_assert_eq(hr__source_next(&reader, 100, &piece, 1, &count), -EOVERFLOW);
    cr_assert_not(hr__source_replayable(&reader));
    cr_assert_eq(hr__source_rewind(&reader), HR_ERR_SOURCE_NOT_REWINDABLE);
    hr__source_close(&reader);
    hr__blocks_free(&blocks);
}

/* Gives `pieces` in turn; -1 pushes back. */
struct steps {
    int pieces[6];
    unsigned at;
};

static ssize_t step(void *user, void *buffer, size_t capacity) {
    struct steps *steps = user;
    int size = steps->pieces[steps->at++];
    if (size < 0) return -EAGAIN;
    cr_assert_leq((size_t)size, capacity);
    memset(buffer, 'x', (size_t)size);
    return size;
}

/* A frame says its size before its bytes: so it is whole, however often the producer pauses. */
Test(source, a_producer_that_pauses_fills_whole_pieces) {
    struct hr_blocks blocks = {0};
    struct steps steps = {{3, -1, 2, -1, 5, 4}, 0};
    struct hr_source source = hr_source_producer(step, NULL, &steps, 14);
    struct hr_source_reader reader = {0};
    struct iovec iov[1];
    unsigned count;
    hr__source_open(&reader, NULL, &blocks, &source, ready);
    reader.whole = true;
    cr_assert_eq(hr__source_next(&reader, 10, iov, 1, &count), -EAGAIN);
    cr_assert_eq(hr__source_next(&reader, 10, iov, 1, &count), -EAGAIN);
    cr_assert_eq(reader.taken, 0);
    cr_assert_eq(hr__source_next(&reader, 10, iov, 1, &count), 10);
    cr_assert_eq(memcmp(iov[0].iov_base, "xxxxxxxxxx", 10), 0);
    cr_assert_eq(hr__source_next(&reader, 10, iov, 1, &count), 4);
    cr_assert(reader.ended);
    hr__source_close(&reader);
    hr__blocks_free(&blocks);
}
