#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

#include <headrace/encode.h>
#include <headrace/error.h>

#include "decode.h"
#include "decode_vectors.h"

struct bytes {
    char *data;
    size_t size;
};

/* How a stream is fed and what came out. */
struct run {
    const char *coding;
    struct bytes in;
    size_t in_first; /* bytes of a slice before the steps */
    size_t in_step, out_step;
    uint64_t bytes_max;
    struct bytes out; /* at most the first 64 KiB are kept */
    uint64_t made;
    bool only_zeros;
};

enum { KEPT = 65536 };

static void keep(struct run *run, const char *data, size_t size) {
    for (size_t i = 0; i < size && run->only_zeros; i++) run->only_zeros = data[i] == 0;
    size_t kept = KEPT - run->out.size < size ? KEPT - run->out.size : size;
    memcpy(run->out.data + run->out.size, data, kept);
    run->out.size += kept;
    run->made += size;
}

/* A slice, in memory of its exact size. */
static int feed(struct hr_decoder *decoder, struct run *run, const char *data, size_t size) {
    char *in = malloc(size + 1), *out = malloc(run->out_step);
    struct hr_decode_slice slice = {
        .in = in + 1, .in_size = size, .out = out, .out_capacity = run->out_step};
    memcpy(in + 1, data, size);
    int err;
    do {
        err = hr__decode(decoder, &slice);
        cr_assert_leq(slice.used, slice.in_size);
        cr_assert_leq(slice.made, run->out_step);
        keep(run, out, slice.made);
        bool stuck = slice.used == 0 && slice.made == 0 && slice.in_size > 0;
        cr_assert(err || !stuck, "%s: no progress", run->coding);
        slice.in += slice.used;
        slice.in_size -= slice.used;
    } while (!err && (slice.made == run->out_step || slice.in_size > 0));
    free(in);
    free(out);
    return err;
}

static int decode(struct run *run) {
    struct hr_decoder *decoder;
    cr_assert_eq(hr__decoder_new(hr_slice_of(run->coding), run->bytes_max, &decoder), 0);
    if (!run->out.data) run->out.data = malloc(KEPT);
    run->out.size = 0;
    run->made = 0;
    run->only_zeros = true;
    int err = 0;
    for (size_t at = 0; !err && at < run->in.size;) {
        size_t step = at == 0 && run->in_first > 0 ? run->in_first : run->in_step;
        size_t size = run->in.size - at < step ? run->in.size - at : step;
        err = feed(decoder, run, run->in.data + at, size);
        at += size;
    }
    if (!err) err = hr__decode_finish(decoder);
    hr__decoder_free(decoder);
    return err;
}

static struct bytes plain_of(enum decode_plain plain) {
    struct bytes out = {.data = malloc(KEPT)};
    for (int i = 0; i < 300; i++)
        out.size += (size_t)snprintf(out.data + out.size, KEPT - out.size,
                                     "line %d of the plain text\n", i);
    if (plain == PLAIN_BEGIN) out.size = 400;
    if (plain == PLAIN_EMPTY) out.size = 0;
    return out;
}

static struct run run_of(const struct decode_vector *vector) {
    size_t size = strlen(vector->base64);
    struct run run = {.coding = vector->coding,
                      .in_step = SIZE_MAX,
                      .out_step = 4096,
                      .bytes_max = UINT64_MAX,
                      .in.data = malloc(size + 1)};
    int err = hr_base64_decode(hr_slice_of(vector->base64), run.in.data, size, &run.in.size);
    cr_assert(!err && run.in.size > 0, "%s", vector->name);
    return run;
}

static void run_free(struct run *run) {
    free(run->in.data);
    free(run->out.data);
}

#define EACH_VECTOR(vector)                                                                        \
    for (const struct decode_vector *vector = decode_vectors;                                      \
         vector < decode_vectors + sizeof decode_vectors / sizeof *decode_vectors; vector++)

Test(decode, vectors_in_all_steps) {
    static const size_t in_steps[] = {1, 2, 7, SIZE_MAX}, out_steps[] = {1, 3, 4096};
    EACH_VECTOR(vector) {
        if (vector->plain == PLAIN_ZEROS) continue;
        struct run run = run_of(vector);
        struct bytes plain = plain_of(vector->plain);
        for (size_t i = 0; i < 12; i++) {
            run.in_step = in_steps[i % 4];
            run.out_step = out_steps[i / 4];
            run.bytes_max = plain.size; /* exactly enough */
            cr_assert_eq(decode(&run), 0, "%s in steps of %zu", vector->name, run.in_step);
            cr_assert_eq(run.out.size, plain.size, "%s: %zu bytes", vector->name, run.out.size);
            cr_assert_eq(memcmp(run.out.data, plain.data, plain.size), 0, "%s", vector->name);
        }
        free(plain.data);
        run_free(&run);
    }
}

/* How the network cuts a body is nothing that its meaning may depend on: whole, byte by byte, and
 * in two at every place. */
static void check_splits(struct run *run, const char *name) {
    run->in_first = 0;
    run->in_step = SIZE_MAX;
    run->out_step = 65536;
    int whole = decode(run);
    uint64_t made = run->made;
    char *out = malloc(KEPT);
    memcpy(out, run->out.data, run->out.size);
    for (size_t split = 0; split < run->in.size; split++) {
        run->in_first = split; /* 0: byte by byte */
        run->in_step = split > 0 ? SIZE_MAX : 1;
        cr_assert_eq(decode(run), whole, "%s, cut at %zu: not %d", name, split, whole);
        if (whole) continue;
        cr_assert_eq(run->made, made, "%s, cut at %zu", name, split);
        cr_assert_eq(memcmp(run->out.data, out, run->out.size), 0, "%s, cut at %zu", name, split);
    }
    free(out);
}

/* Whole, and cut off after each byte of the first and the last hundred. */
static void check_splits_of_heads(struct run *run, const char *name) {
    size_t whole = run->in.size;
    check_splits(run, name);
    for (run->in.size = 1; run->in.size < whole; run->in.size++)
        if (run->in.size < 100 || whole - run->in.size < 100) check_splits(run, name);
    run->in.size = whole;
}

Test(decode, every_split_of_the_vectors) {
    EACH_VECTOR(vector) {
        if (vector->plain == PLAIN_ZEROS) continue;
        struct run run = run_of(vector);
        check_splits(&run, vector->name);
        run.in.data[run.in.size++] = 'x'; /* garbage behind it */
        check_splits(&run, vector->name);
        run_free(&run);
    }
}

/* A frame of libzstd, whose header has the parts that are asked for. */
static void add_frame(struct bytes *out, size_t size, bool content_size, bool checksum) {
    char plain[2000];
    memset(plain, 'p', sizeof plain);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, content_size);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
    ZSTD_inBuffer in = {.src = plain, .size = size};
    ZSTD_outBuffer to = {.dst = out->data + out->size, .size = KEPT - out->size};
    /* A size that is announced beforehand makes a single segment; one that is not, a window. */
    if (content_size) ZSTD_CCtx_setPledgedSrcSize(context, size);
    ZSTD_compressStream2(context, &to, &(ZSTD_inBuffer){.src = ""}, ZSTD_e_flush);
    cr_assert_eq(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0);
    out->size += to.pos;
    ZSTD_freeCCtx(context);
}

static void add_skippable(struct bytes *out, unsigned size) {
    static const unsigned char magic[] = {0x5a, 0x2a, 0x4d, 0x18};
    memcpy(out->data + out->size, magic, sizeof magic);
    out->size += sizeof magic;
    for (unsigned shift = 0; shift < 32; shift += 8) out->data[out->size++] = (char)(size >> shift);
    memset(out->data + out->size, 0x28, size);
    out->size += size;
}

Test(decode, every_split_of_zstd_frames) {
    static const size_t sizes[] = {0, 1, 255, 256, 2000};
    struct run run = {.coding = "zstd", .bytes_max = 100000, .in.data = malloc(KEPT)};
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            run.in.size = 0;
            add_frame(&run.in, sizes[i], kind & 1, kind & 2);
            check_splits_of_heads(&run, "one frame");
        }
    }
    for (unsigned size = 0; size < 20; size += 7) {
        run.in.size = 0;
        add_skippable(&run.in, size);
        add_frame(&run.in, 300, true, false);
        add_skippable(&run.in, 0);
        add_frame(&run.in, 0, true, true);
        add_frame(&run.in, 1, false, false);
        add_skippable(&run.in, size);
        check_splits_of_heads(&run, "several frames");
    }
    run_free(&run);
}

/* Headers by hand: all descriptors, with content of two bytes and none, whole and cut off. */
Test(decode, every_split_of_every_zstd_descriptor) {
    struct run run = {.coding = "zstd", .bytes_max = 100000, .in.data = malloc(KEPT)};
    for (unsigned descriptor = 0; descriptor < 256; descriptor++) {
        for (unsigned content = 0; content <= 2; content += 2) {
            unsigned char frame[40] = {0x28, 0xb5, 0x2f, 0xfd, (unsigned char)descriptor};
            unsigned single = descriptor >> 5 & 1, flag = descriptor >> 6;
            size_t at = single ? 5 : 6, size_of_size = flag ? 1u << flag : single;
            at += (descriptor & 3) == 3 ? 4 : descriptor & 3;
            if (size_of_size > 0 && size_of_size != 2) frame[at] = (unsigned char)content;
            at += size_of_size;
            frame[at] = (unsigned char)(1 | content << 3); /* the last block, raw */
            at += 3 + content;
            memcpy(run.in.data, frame, at);
            run.in.size = at;
            check_splits_of_heads(&run, "a descriptor");
        }
    }
    run_free(&run);
}

/* Found by fuzzing: a header whose part behind the magic number looks like a frame to be skipped,
 * where there is room for all that it announces. The zstd program says that it ends prematurely. */
Test(decode, zstd_headers_that_look_like_two_frames) {
    unsigned char body[16] = {0x28, 0xb5, 0x2f, 0xfd, 0x50, 0x2a, 0x4d, 0x18};
    struct run run = {.coding = "zstd", .bytes_max = 100000, .in.data = (char *)body};
    for (unsigned low = 0; low < 16; low++) {
        body[4] = (unsigned char)(0x50 | low);
        for (run.in.size = 5; run.in.size <= sizeof body; run.in.size++) {
            for (run.in_first = 0; run.in_first < run.in.size; run.in_first++) {
                run.in_step = run.in_first > 0 ? SIZE_MAX : 1;
                run.out_step = 65536;
                cr_assert_eq(decode(&run), HR_ERR_CODING_MALFORMED, "%02x of %zu cut at %zu",
                             body[4], run.in.size, run.in_first);
            }
        }
    }
    free(run.out.data);
}

/* A stream may end after each member, and nowhere else. */
Test(decode, cut_off_anywhere) {
    EACH_VECTOR(vector) {
        if (vector->plain == PLAIN_ZEROS) continue;
        struct run run = run_of(vector);
        struct bytes plain = plain_of(vector->plain);
        unsigned accepted = 0;
        size_t whole = run.in.size;
        for (run.in.size = 1; run.in.size < whole; run.in.size++) {
            int err = decode(&run);
            accepted += err == 0;
            if (err) cr_assert_eq(err, HR_ERR_CODING_MALFORMED, "%s: %d", vector->name, err);
            cr_assert_leq(run.out.size, plain.size);
            cr_assert_eq(memcmp(run.out.data, plain.data, run.out.size), 0);
        }
        cr_assert_eq(accepted, vector->members - 1, "%s: %u", vector->name, accepted);
        free(plain.data);
        run_free(&run);
    }
}

Test(decode, something_behind_the_end) {
    EACH_VECTOR(vector) {
        if (vector->plain == PLAIN_ZEROS) continue;
        struct run run = run_of(vector);
        for (int byte = 0; byte < 256; byte += 51) {
            run.in.data[run.in.size++] = (char)byte;
            for (run.in_step = 1; run.in_step != 0; run.in_step = run.in_step == 1 ? SIZE_MAX : 0)
                cr_assert_eq(decode(&run), HR_ERR_CODING_MALFORMED, "%s", vector->name);
            run.in.size--;
        }
        run_free(&run);
    }
}

/* Every byte wrong by a bit: an error or not, it ends, and within its limit. */
Test(decode, damaged) {
    EACH_VECTOR(vector) {
        struct run run = run_of(vector);
        unsigned found = 0;
        run.bytes_max = 100000;
        for (size_t i = 0; i < run.in.size; i++) {
            run.in.data[i] ^= (char)(1 << i % 8);
            int err = decode(&run);
            cr_assert(err == 0 || err == HR_ERR_CODING_MALFORMED || err == HR_ERR_CODING_TOO_LARGE,
                      "%s: %d", vector->name, err);
            cr_assert_leq(run.made, run.bytes_max);
            found += err != 0;
            run.in.data[i] ^= (char)(1 << i % 8);
        }
        cr_assert_gt(found, 0, "%s", vector->name);
        run_free(&run);
    }
}

Test(decode, limit) {
    EACH_VECTOR(vector) {
        struct run run = run_of(vector);
        if (vector->plain == PLAIN_EMPTY) {
            run.bytes_max = 0;
            cr_assert_eq(decode(&run), 0, "%s", vector->name);
        } else {
            run.bytes_max = 399;
            for (run.out_step = 1; run.out_step < 1000; run.out_step += 399) {
                cr_assert_eq(decode(&run), HR_ERR_CODING_TOO_LARGE, "%s", vector->name);
                cr_assert_eq(run.made, 399, "%s: %lu", vector->name, run.made);
            }
        }
        run_free(&run);
    }
}

static size_t peak_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

/* 10 GiB of zeros as blocks of 128 KiB that repeat one byte (RFC 8878 3.1.1.2.2). */
static struct bytes zstd_bomb(void) {
    static const char head[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x00, 0x68};
    enum { BLOCKS = 10 << 13 };
    struct bytes out = {.data = malloc(sizeof head + 4 * BLOCKS)};
    memcpy(out.data, head, sizeof head);
    out.size = sizeof head;
    for (unsigned i = 0; i < BLOCKS; i++) {
        unsigned block = (i == BLOCKS - 1) | 1u << 1 | (128u << 10) << 3;
        for (unsigned shift = 0; shift < 24; shift += 8)
            out.data[out.size++] = (char)(block >> shift);
        out.data[out.size++] = 0;
    }
    return out;
}

static void check_bomb(const char *coding, struct bytes in) {
    size_t before = peak_bytes();
    struct run run = {
        .coding = coding, .in = in, .in_step = 16384, .out_step = 65536, .bytes_max = 64u << 20};
    cr_assert_eq(decode(&run), HR_ERR_CODING_TOO_LARGE, "%s", coding);
    cr_assert_eq(run.made, run.bytes_max);
    cr_assert(run.only_zeros);
    cr_assert_lt(peak_bytes() - before, hr__decoder_cost(hr_slice_of(coding)) + (8u << 20), "%s",
                 coding);
    free(run.out.data);
}

Test(decode, bombs) {
    struct bytes bomb = zstd_bomb();
    check_bomb("zstd", bomb);
    /* The same once more: 10 GiB in a few KiB. */
    struct bytes twice = {.data = malloc(ZSTD_compressBound(bomb.size))};
    twice.size = ZSTD_compress(twice.data, ZSTD_compressBound(bomb.size), bomb.data, bomb.size, 19);
    cr_assert_lt(twice.size, 1024);
    check_bomb("zstd, zstd", twice);
    uLongf size = compressBound(bomb.size);
    char *deflated = malloc(size);
    cr_assert_eq(compress2((Bytef *)deflated, &size, (Bytef *)bomb.data, bomb.size, 9), Z_OK);
    cr_assert_lt(size, 4096);
    check_bomb("zstd, deflate", (struct bytes){.data = deflated, .size = size});
    free(deflated);
    free(twice.data);
    free(bomb.data);
}

/* What is between the stages is bounded too: here 10 GiB that the second does nothing with. */
Test(decode, a_bomb_between_the_stages) {
    struct bytes bomb = zstd_bomb();
    struct run run = {
        .coding = "zstd, zstd", .in_step = 16384, .out_step = 4096, .bytes_max = 1u << 20};
    /* A skippable frame of 2 GiB, whose body the bomb is to be. */
    static const char skip[] = {0x50, 0x2a, 0x4d, 0x18, (char)0xff, (char)0xff, (char)0xff, 0x7f};
    size_t bound = ZSTD_compressBound(sizeof skip);
    run.in.data = malloc(bound + bomb.size);
    run.in.size = ZSTD_compress(run.in.data, bound, skip, sizeof skip, 1);
    memcpy(run.in.data + run.in.size, bomb.data, bomb.size);
    run.in.size += bomb.size;
    cr_assert_eq(decode(&run), HR_ERR_CODING_TOO_LARGE);
    cr_assert_eq(run.made, 0);
    run_free(&run);
    free(bomb.data);
}

/* A frame for each byte is no bomb. */
Test(decode, many_small_frames_between_the_stages) {
    enum { FRAMES = 200000 };
    char frame[64];
    size_t size = ZSTD_compress(frame, sizeof frame, "\0", 1, 1);
    struct bytes frames = {.data = malloc(FRAMES * size), .size = FRAMES * size};
    for (size_t i = 0; i < FRAMES; i++) memcpy(frames.data + i * size, frame, size);
    uLongf deflated_size = compressBound(frames.size);
    struct run run = {.coding = "zstd, deflate",
                      .in.data = malloc(deflated_size),
                      .in_step = 1000,
                      .out_step = 4096,
                      .bytes_max = FRAMES};
    cr_assert_eq(
        compress2((Bytef *)run.in.data, &deflated_size, (Bytef *)frames.data, frames.size, 1),
        Z_OK);
    run.in.size = deflated_size;
    cr_assert_eq(decode(&run), 0);
    cr_assert_eq(run.made, FRAMES);
    cr_assert(run.only_zeros);
    run_free(&run);
    free(frames.data);
}

Test(decode, sixty_four_mebibytes_of_brotli) {
    EACH_VECTOR(vector) {
        if (vector->plain != PLAIN_ZEROS) continue;
        size_t before = peak_bytes();
        struct run run = run_of(vector);
        run.bytes_max = 64u << 20;
        run.out_step = 65536;
        cr_assert_eq(decode(&run), 0);
        cr_assert_eq(run.made, run.bytes_max);
        cr_assert(run.only_zeros);
        cr_assert_lt(peak_bytes() - before,
                     hr__decoder_cost(hr_slice_of(vector->coding)) + (8u << 20));
        run_free(&run);
    }
}

static int decode_bytes(const char *coding, const void *data, size_t size) {
    struct run run = {.coding = coding,
                      .in = {.data = (char *)data, .size = size},
                      .in_step = SIZE_MAX,
                      .out_step = 64,
                      .bytes_max = 1000};
    int err = decode(&run);
    free(run.out.data);
    return err;
}

Test(decode, nothing) {
    static const char *const codings[] = {"gzip", "x-gzip",   "deflate",      "zstd",
                                          "br",   "gzip, br", "deflate, zstd"};
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        cr_assert_eq(decode_bytes(codings[i], "", 0), 0, "%s", codings[i]);
    struct hr_decoder *decoder;
    cr_assert_eq(hr__decoder_new(hr_slice_of("gzip"), 0, &decoder), 0);
    struct hr_decode_slice slice = {.in = NULL};
    cr_assert_eq(hr__decode(decoder, &slice), 0);
    char out;
    slice.out = &out;
    slice.out_capacity = 1;
    cr_assert_eq(hr__decode(decoder, &slice), 0);
    cr_assert_eq(hr__decode_finish(decoder), 0);
    hr__decoder_free(decoder);
    hr__decoder_free(NULL);
}

/* RFC 9659 3: 8 MiB is the most. And formats of libzstd that no RFC describes. */
Test(decode, zstd_frames_refused) {
    unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68, 0x09, 0x00, 0x00, 'a'};
    cr_assert_eq(decode_bytes("zstd", frame, sizeof frame), 0);
    frame[5] = 0x69; /* 9 MiB */
    cr_assert_eq(decode_bytes("zstd", frame, sizeof frame), HR_ERR_CODING_MALFORMED);
    frame[5] = 0x68;
    for (unsigned char version = 0x1e; version < 0x28; version++) {
        frame[0] = version;
        cr_assert_eq(decode_bytes("zstd", frame, sizeof frame), HR_ERR_CODING_MALFORMED);
    }
    /* A dictionary that nobody has. */
    static const unsigned char dictionary[] = {0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58,
                                               0x07, 0x09, 0x00, 0x00, 'a'};
    cr_assert_eq(decode_bytes("zstd", dictionary, sizeof dictionary), HR_ERR_CODING_MALFORMED);
}

Test(decode, others_refused) {
    /* zlib with a dictionary (RFC 1950 FDICT); a stored block behind a bad header check. */
    cr_assert_eq(decode_bytes("deflate", "\x78\xbb\0\0\0\1\3\0", 8), HR_ERR_CODING_MALFORMED);
    cr_assert_eq(decode_bytes("deflate", "\x78\x9d\3\0", 4), HR_ERR_CODING_MALFORMED);
    /* A raw or zlib stream is no gzip. */
    cr_assert_eq(decode_bytes("gzip", "\3\0", 2), HR_ERR_CODING_MALFORMED);
    cr_assert_eq(decode_bytes("gzip", "\x78\x9c\3\0\0\0\0\1", 8), HR_ERR_CODING_MALFORMED);
    /* br's extension for windows above 16 MiB. */
    cr_assert_eq(decode_bytes("br", "\x11\x1e\x03", 3), HR_ERR_CODING_MALFORMED);
}

Test(decode, which_codings) {
    static const struct {
        const char *text;
        enum hr_decode_need need;
    } rows[] = {
        {"", HR_DECODE_NONE},
        {"identity", HR_DECODE_NONE},
        {" , identity ,\t", HR_DECODE_NONE},
        {"gzip", HR_DECODE_NEEDED},
        {"GZip", HR_DECODE_NEEDED},
        {"x-gzip", HR_DECODE_NEEDED},
        {"deflate", HR_DECODE_NEEDED},
        {"zstd", HR_DECODE_NEEDED},
        {"br", HR_DECODE_NEEDED},
        {" gzip , br ", HR_DECODE_NEEDED},
        {"gzip,identity,gzip", HR_DECODE_NEEDED},
        {"gzip, gzip, gzip", HR_DECODE_UNKNOWN},
        {"compress", HR_DECODE_UNKNOWN},
        {"x-compress", HR_DECODE_UNKNOWN},
        {"gzip, aws-chunked", HR_DECODE_UNKNOWN},
        {"gzip;q=1", HR_DECODE_UNKNOWN},
        {"gz", HR_DECODE_UNKNOWN},
        {"gzipp", HR_DECODE_UNKNOWN},
        {"gzip br", HR_DECODE_UNKNOWN},
        {"dcb", HR_DECODE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_slice coding = hr_slice_of(rows[i].text);
        bool needed = rows[i].need == HR_DECODE_NEEDED;
        cr_assert_eq(hr__decode_need(coding), rows[i].need, "%s", rows[i].text);
        cr_assert_eq(hr__decoder_cost(coding) > 0, needed, "%s", rows[i].text);
        struct hr_decoder *decoder = NULL;
        cr_assert_eq(hr__decoder_new(coding, 1, &decoder), needed ? 0 : -EINVAL);
        hr__decoder_free(decoder);
    }
    cr_assert_eq(hr__decode_need(hr_slice_bytes(NULL, 0)), HR_DECODE_NONE);
    cr_assert_eq(hr__decode_need(hr_slice_of(HR_DECODE_ACCEPTED)), HR_DECODE_UNKNOWN,
                 "three codings in a row are more than two");
}
