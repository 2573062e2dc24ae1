/* A client's resume is sticky: one from inside the callback that then pushes back, and one of
 * another thread at any moment. Plain bodies, short and long enough to be received directly, and
 * decoded ones. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "client_fixture.h"
#include "needs_kernel.h"

#define SIZE 300000

struct side {
    struct hr_http_request *request;
    bool own_resume; /* inside the callback; else another thread does it */
    unsigned calls;
    size_t size;
};

static ssize_t take(void *user, const void *data, size_t size) {
    struct side *side = user;
    (void)data;
    if (++side->calls % 2) {
        if (side->own_resume) hr_resume(&side->request->request);
        size = size > 9000 ? 9000 : size / 2;
    }
    side->size += size;
    return (ssize_t)size;
}

static ssize_t give(void *user, void *buffer, size_t capacity) {
    struct side *side = user;
    if (++side->calls % 3) {
        if (side->own_resume) hr_resume(&side->request->request);
        return -EAGAIN;
    }
    size_t left = SIZE - side->size, size = left < 50000 ? left : 50000;
    if (size > capacity) size = capacity;
    memset(buffer, 'b', size);
    side->size += size;
    return (ssize_t)size;
}

static char *answer_of(bool coded, size_t *size) {
    char *text = malloc(SIZE), *answer = malloc(SIZE + 1000);
    for (uint32_t i = 0, random = 1; i < SIZE; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = (char)(random >> 24);
    }
    uLongf body = SIZE + 800;
    char *made = malloc(body);
    if (coded)
        cr_assert_eq(compress2((Bytef *)made, &body, (Bytef *)text, SIZE, 1), Z_OK);
    else
        memcpy(made, text, body = SIZE);
    int head = snprintf(answer, 200, "HTTP/1.1 200 OK\r\n%sContent-Length: %lu\r\n\r\n",
                        coded ? "Content-Encoding: deflate\r\n" : "", body);
    memcpy(answer + head, made, body);
    *size = (size_t)head + body;
    free(made);
    free(text);
    return answer;
}

static int resuming; /* atomic */

static void *resume_all_the_time(void *request) {
    while (__atomic_load_n(&resuming, __ATOMIC_ACQUIRE)) hr_resume(request);
    return NULL;
}

static void exchange(bool coded, bool own_resume, bool producer) {
    size_t size;
    char *answer = answer_of(coded, &size);
    const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_BODY, .count = producer ? SIZE : 0}, {PEER_SEND, answer, size}}}};
    struct fixture f;
    open_all(&f, NULL, script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/"), .method = "PUT"};
    struct side in = {.request = &request, .own_resume = own_resume}, out = in;
    request.decode = coded;
    request.sink = hr_sink_consumer(take, &in);
    if (producer) request.body = hr_source_producer(give, NULL, &out, SIZE);
    request.request.timeout_ms = 20000;
    pthread_t thread;
    cr_assert_eq(hr_http_request_start(f.client, &request), 0);
    resuming = 1;
    if (!own_resume) pthread_create(&thread, NULL, resume_all_the_time, &request.request);
    int result = hr_wait(&request.request);
    __atomic_store_n(&resuming, 0, __ATOMIC_RELEASE);
    if (!own_resume) pthread_join(thread, NULL);
    cr_assert_eq(result, 0, "coded %d, own %d, producer %d: %s", coded, own_resume, producer,
                 request.request.error.message);
    cr_assert_eq(in.size, SIZE);
    cr_assert_gt(in.calls, 2);
    if (producer) cr_assert_eq(out.size, SIZE);
    close_all(&f);
    free(answer);
}

Test(http_resume, from_inside_the_callbacks) {
    NEEDS_KERNEL("a raw peer");
    for (int i = 0; i < 4; i++) exchange(i & 1, true, i & 2);
}

Test(http_resume, from_another_thread) {
    NEEDS_KERNEL("a raw peer");
    for (int i = 0; i < 4; i++) exchange(i & 1, false, i & 2);
}
