/* How fast the checksums are: gigabytes a second of each over 64 KiB in the cache, as a ratio to a
 * memcpy of the same bytes and, where another library has the algorithm, to that alone. Rounds are
 * interleaved, so that what else the machine does falls on all of them; the median of the rounds is
 * shown. One thread. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <xxhash.h>
#include <zlib.h>

#include <headrace/s3_checksum.h>

enum { ROUNDS = 21, SIZE = 65536, ROUND_NS_MIN = 2000000, PEERS_MAX = HR_S3_CHECKSUM_ALGORITHMS };

static uint8_t bytes[SIZE], copy[SIZE];
static volatile uint64_t kept; /* so that no result is dead */

/* ---- Peers: the same over the library alone. */

static void run_memcpy(void) {
    memcpy(copy, bytes, SIZE);
    __asm__ volatile("" : : "r"(copy) : "memory");
}

static void run_zlib(void) {
    kept = crc32(0, bytes, SIZE);
}

static void run_openssl(const EVP_MD *method) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(bytes, SIZE, digest, NULL, method, NULL) != 1) abort();
    kept = digest[0];
}

static void run_sha1(void) {
    run_openssl(EVP_sha1());
}
static void run_sha256(void) {
    run_openssl(EVP_sha256());
}
static void run_sha512(void) {
    run_openssl(EVP_sha512());
}
static void run_md5(void) {
    run_openssl(EVP_md5());
}
static void run_xxh64(void) {
    kept = XXH64(bytes, SIZE, 0);
}
static void run_xxh3(void) {
    kept = XXH3_64bits(bytes, SIZE);
}
static void run_xxh128(void) {
    kept = XXH3_128bits(bytes, SIZE).low64;
}

static const struct {
    const char *name;
    void (*run)(void);
} peers[PEERS_MAX] = {
    [HR_S3_CHECKSUM_NONE] = {"memcpy", run_memcpy},
    [HR_S3_CHECKSUM_CRC32] = {"zlib", run_zlib},
    [HR_S3_CHECKSUM_SHA1] = {"OpenSSL", run_sha1},
    [HR_S3_CHECKSUM_SHA256] = {"OpenSSL", run_sha256},
    [HR_S3_CHECKSUM_SHA512] = {"OpenSSL", run_sha512},
    [HR_S3_CHECKSUM_MD5] = {"OpenSSL", run_md5},
    [HR_S3_CHECKSUM_XXHASH64] = {"libxxhash", run_xxh64},
    [HR_S3_CHECKSUM_XXHASH3] = {"libxxhash", run_xxh3},
    [HR_S3_CHECKSUM_XXHASH128] = {"libxxhash", run_xxh128},
};

/* ---- Ours. */

static struct hr_s3_hasher hashers[HR_S3_CHECKSUM_ALGORITHMS];

static void run_hasher(unsigned algorithm) {
    struct hr_s3_hasher *hasher = &hashers[algorithm];
    struct hr_s3_checksum value;
    if (hr_s3_hasher_begin(hasher, (enum hr_s3_checksum_algorithm)algorithm) < 0 ||
        hr_s3_hasher_update(hasher, bytes, SIZE) < 0 || hr_s3_hasher_end(hasher, &value) < 0)
        abort();
    kept = value.bytes[0];
}

/* The thread's own time: what it waits for the processor does not count. */
static uint64_t spent_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Gigabytes a second over at least ROUND_NS_MIN. */
static double measure(unsigned algorithm, void (*peer)(void)) {
    uint64_t begin = spent_ns(), spent = 0, done = 0;
    for (; spent < ROUND_NS_MIN; spent = spent_ns() - begin)
        for (unsigned i = 0; i < 4; i++, done += SIZE) {
            if (peer)
                peer();
            else
                run_hasher(algorithm);
        }
    return (double)done / (double)spent;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static double ours[HR_S3_CHECKSUM_ALGORITHMS][ROUNDS], theirs[PEERS_MAX][ROUNDS];

static void print_row(unsigned algorithm, double copied) {
    double speed = median(ours[algorithm]);
    printf("%-10s %7.2f GB/s  %5.2f of memcpy", hr_s3_checksum_traits_of(algorithm)->name, speed,
           speed / copied);
    if (peers[algorithm].run)
        printf("  %5.2f of %s", speed / median(theirs[algorithm]), peers[algorithm].name);
    printf("\n");
}

int main(void) {
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)(167 * i + 13);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < HR_S3_CHECKSUM_ALGORITHMS; i++) {
            if (i > 0) ours[i][round] = measure(i, NULL);
            if (peers[i].run) theirs[i][round] = measure(i, peers[i].run);
        }
    double copied = median(theirs[HR_S3_CHECKSUM_NONE]);
    printf("%-10s %7.2f GB/s\n", "memcpy", copied);
    for (unsigned i = 1; i < HR_S3_CHECKSUM_ALGORITHMS; i++) print_row(i, copied);
    for (unsigned i = 0; i < HR_S3_CHECKSUM_ALGORITHMS; i++) hr_s3_hasher_deinit(&hashers[i]);
    return 0;
}
