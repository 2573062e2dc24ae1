/* A store and a client on one engine, for transfers. */
#ifndef HR_TESTS_TRANSFER_FIXTURE_H
#define HR_TESTS_TRANSFER_FIXTURE_H

#include <criterion/criterion.h>

#include <headrace/s3.h>
#include <headrace_server/s3_server.h>

#define MEBIBYTE (UINT64_C(1) << 20)

extern hr_engine *transfer_engine;
extern hr_s3_client *transfer_client;

/* What the options leave open: the store as endpoint, and its keys. The bucket "b" is there. */
void transfer_open(const struct hr_engine_options *engine, struct hr_s3_client_options options,
                   const char *faults);
void transfer_begin(void); /* the same with nothing said; for TestSuite */
void transfer_end(void);
int transfer_wait(int err, struct hr_request *request);

/* Byte `at` of every body of these tests. */
static inline char transfer_byte(uint64_t at) {
    return (char)(at * 7 + at / 251 + at / 65521);
}
/* Memory with the first `size` of them; to be freed. */
char *transfer_body(uint64_t size);
/* The object as a plain GET has it, compared with those bytes. */
void transfer_expect(const char *key, uint64_t size);
/* Uploads of the bucket under way. */
unsigned transfer_uploads(void);
/* A temporary file without a name that has the first `size` bytes. */
int transfer_file(uint64_t size);

#endif
