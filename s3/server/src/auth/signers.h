/* Signers with their derived keys: one for each thread at work, kept for the next request. Any
 * thread. */
#ifndef S3_SERVER_SIGNERS_H
#define S3_SERVER_SIGNERS_H

#include <pthread.h>

#include <headrace/sigv4.h>

struct s3_signer {
    struct s3_signer *next;
    hr_sigv4_signer *signer;
};

struct s3_signers {
    pthread_mutex_t lock; /* of the list only */
    struct s3_signer *idle;
};

int s3_server__signers_init(struct s3_signers *signers); /* 0 or -ENOMEM */
void s3_server__signers_deinit(struct s3_signers *signers);
/* The caller's until it is released. NULL: no memory. */
struct s3_signer *s3_server__signers_acquire(struct s3_signers *signers);
void s3_server__signers_release(struct s3_signers *signers, struct s3_signer *signer);

#endif
