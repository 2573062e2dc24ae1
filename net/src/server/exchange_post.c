/* The mailbox of an exchange, one word: calls are bits of it, releases are counted above them. The
 * thread that makes it other than 0 posts the task, so that at most one is on its way. A hold ends
 * where its release is read, on the reactor, so that no thread frees and none frees too early. */
#include "exchange_post.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/slice_copy.h>

#define MAIL_RESUME   1u
#define MAIL_RESPONSE 2u
#define MAIL_RELEASE  4u

/* Behind the post the exchange may be gone. */
static void post_if_first(struct hr_exchange_post *post, uint32_t before) {
    if (before == 0) hr__reactor_post(post->reactor, &post->task);
}

void hr__exchange_post_hold(struct hr_exchange_post *post) {
    uint32_t before = __atomic_fetch_add(&post->holds, 1, __ATOMIC_RELAXED);
    assert(before < UINT32_MAX / MAIL_RELEASE);
    (void)before;
}

void hr__exchange_post_release(struct hr_exchange_post *post) {
    assert(__atomic_load_n(&post->holds, __ATOMIC_RELAXED) > 0);
    post_if_first(post, __atomic_fetch_add(&post->mail, MAIL_RELEASE, __ATOMIC_ACQ_REL));
}

void hr__exchange_post_resume(struct hr_exchange_post *post) {
    post_if_first(post, __atomic_fetch_or(&post->mail, MAIL_RESUME, __ATOMIC_ACQ_REL));
}

/* In one piece of memory with its fields. NULL: there is none. */
static struct hr_http_response *copy(const struct hr_http_response *response) {
    size_t count = response->field_count;
    size_t size = sizeof *response + count * sizeof(struct hr_http_field);
    for (size_t i = 0; i < count; i++)
        size += response->fields[i].name.size + response->fields[i].value.size;
    struct hr_http_response *made = malloc(size);
    if (!made) return NULL;
    *made = *response;
    struct hr_http_field *fields = (struct hr_http_field *)(made + 1);
    char *text = (char *)(fields + count);
    for (size_t i = 0; i < count; i++) {
        fields[i].name = hr__slice_copy(&text, response->fields[i].name);
        fields[i].value = hr__slice_copy(&text, response->fields[i].value);
    }
    made->fields = fields;
    return made;
}

int hr__exchange_post_respond(struct hr_exchange_post *post,
                              const struct hr_http_response *response) {
    struct hr_http_response *copied = copy(response);
    if (!copied && !response->close) return -ENOMEM;
    if (!hr__exchange_post_claim(post)) {
        free(copied);
        return -EALREADY;
    }
    assert(!post->response);
    post->response = copied;
    post->on_end = response->on_end;
    post->user = response->user;
    post_if_first(post, __atomic_fetch_or(&post->mail, MAIL_RESPONSE, __ATOMIC_ACQ_REL));
    return copied ? 0 : -ENOMEM;
}

struct hr_exchange_mail hr__exchange_post_open(struct hr_exchange_post *post) {
    assert(hr__exchange_post_is_local(post));
    hr__exchange_post_hold(post);
    uint32_t mail = __atomic_exchange_n(&post->mail, 0, __ATOMIC_ACQ_REL);
    assert(mail != 0);
    return (struct hr_exchange_mail){.response = mail & MAIL_RESPONSE,
                                     .resume = mail & MAIL_RESUME,
                                     .releases = mail / MAIL_RELEASE};
}

void hr__exchange_post_close(struct hr_exchange_post *post, const struct hr_exchange_mail *mail) {
    uint32_t before = __atomic_fetch_sub(&post->holds, 1 + mail->releases, __ATOMIC_ACQ_REL);
    assert(before >= 1 + mail->releases);
    (void)before;
}
