/* Signers that are idle. */
#include "signers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int s3_server__signers_init(struct s3_signers *signers) {
    signers->idle = NULL;
    return pthread_mutex_init(&signers->lock, NULL) == 0 ? 0 : -ENOMEM;
}

void s3_server__signers_deinit(struct s3_signers *signers) {
    while (signers->idle) {
        struct s3_signer *signer = signers->idle;
        signers->idle = signer->next;
        hr_sigv4_signer_free(signer->signer);
        free(signer);
    }
    pthread_mutex_destroy(&signers->lock);
}

struct s3_signer *s3_server__signers_acquire(struct s3_signers *signers) {
    pthread_mutex_lock(&signers->lock);
    struct s3_signer *signer = signers->idle;
    if (signer) signers->idle = signer->next;
    pthread_mutex_unlock(&signers->lock);
    if (signer) return signer;
    signer = calloc(1, sizeof *signer);
    if (signer && hr_sigv4_signer_new(&signer->signer) == 0) return signer;
    free(signer);
    return NULL;
}

void s3_server__signers_release(struct s3_signers *signers, struct s3_signer *signer) {
    assert(signer);
    pthread_mutex_lock(&signers->lock);
    signer->next = signers->idle;
    signers->idle = signer;
    pthread_mutex_unlock(&signers->lock);
}
