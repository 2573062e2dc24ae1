/* Handlers that hand their exchanges to other threads: these respond, resume and release while
 * clients vanish and servers close in the middle of it. A plain program, for TSan. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <headrace/engine.h>
#include <headrace/http_server.h>

#define CLIENTS 4
#define WORKERS 3
#define ROUNDS  200
#define PIECES  5

enum kind {
    RESPOND,      /* held */
    LAST_TOUCH,   /* responded to as the last touch, without a hold */
    EARLY_ON_END, /* held, and told of the client's going at once */
    RACE,         /* two threads respond */
    STREAM,       /* a producer that is resumed */
    BODY,         /* a consumer that is resumed; its end is responded to on the reactor */
    KINDS
};

struct job {
    hr_http_exchange *exchange;
    enum kind kind;
    unsigned references; /* atomic: on_end, and each time that it is queued */
    unsigned available;  /* atomic: pieces that may be produced, or consumed */
    unsigned produced;
    bool ended; /* atomic: on_end was called */
};

static uint16_t port;
static unsigned begun, ended, late, read_back; /* atomic */
static sem_t closed;

static void fail(const char *what) {
    fprintf(stderr, "stress_exchange: %s\n", what);
    abort();
}

static void unreference(struct job *job) {
    if (__atomic_sub_fetch(&job->references, 1, __ATOMIC_ACQ_REL) == 0) free(job);
}

/* ---- The queue. */

/* A place in the queue; a job to which two threads respond has two. */
struct place {
    struct place *next;
    struct job *job;
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct place *first;
    bool over;
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static void push(struct job *job) {
    struct place *place = malloc(sizeof *place);
    __atomic_add_fetch(&job->references, 1, __ATOMIC_RELAXED);
    place->job = job;
    pthread_mutex_lock(&queue.mutex);
    place->next = queue.first;
    queue.first = place;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.mutex);
}

static struct job *pop(void) {
    pthread_mutex_lock(&queue.mutex);
    while (!queue.first && !queue.over) pthread_cond_wait(&queue.filled, &queue.mutex);
    struct place *place = queue.first;
    struct job *job = place ? place->job : NULL;
    if (place) queue.first = place->next;
    pthread_mutex_unlock(&queue.mutex);
    free(place);
    return job;
}

/* ---- On the reactors. */

static void on_end(void *user, int result) {
    struct job *job = user;
    (void)result;
    if (__atomic_exchange_n(&job->ended, true, __ATOMIC_ACQ_REL)) fail("on_end came twice");
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
    unreference(job);
}

static bool take_piece(struct job *job) {
    unsigned available = __atomic_load_n(&job->available, __ATOMIC_ACQUIRE);
    while (available > 0)
        if (__atomic_compare_exchange_n(&job->available, &available, available - 1, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return true;
    return false;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct job *job = user;
    if (capacity < 4) fail("no room for a piece");
    if (job->produced == PIECES) return 0;
    if (!take_piece(job)) return -EAGAIN;
    memcpy(buffer, "fine", 4);
    job->produced++;
    return 4;
}

/* One byte a piece. */
static ssize_t consume(void *user, const void *data, size_t size) {
    (void)data;
    return size > 0 && take_piece(user) ? 1 : 0;
}

static struct hr_http_response response_of(struct job *job) {
    struct hr_http_response response = {
        .status = 200, .body = hr_source_bytes("fine", 4), .on_end = on_end, .user = job};
    if (job->kind == STREAM)
        response.body = hr_source_producer(produce, NULL, job, HR_SIZE_UNKNOWN);
    return response;
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    struct hr_http_response response = response_of(user);
    (void)result;
    if (hr_http_exchange_respond(exchange, &response)) fail("no response behind the body");
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    unsigned number = __atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
    struct job *job = calloc(1, sizeof *job);
    job->exchange = exchange;
    job->references = 1;
    job->kind = hr_http_exchange_has_body(exchange) ? BODY : (enum kind)(number % BODY);
    if (job->kind != LAST_TOUCH) hr_http_exchange_hold(exchange);
    if (job->kind == EARLY_ON_END) hr_http_exchange_on_end(exchange, on_end, job);
    if (job->kind == BODY && hr_http_exchange_read(exchange, consume, on_body, job))
        fail("the body cannot be read");
    if (job->kind == RACE) {
        hr_http_exchange_hold(exchange);
        push(job);
    }
    push(job);
}

/* ---- The workers. */

static void respond(struct job *job) {
    struct hr_http_field field = {hr_slice_of("X-Target"), hr_http_exchange_target(job->exchange)};
    struct hr_http_response response = response_of(job);
    response.fields = &field;
    response.field_count = 1;
    int result = hr_http_exchange_respond(job->exchange, &response);
    if (result == -EALREADY && (job->kind == RACE || job->kind == EARLY_ON_END))
        __atomic_add_fetch(&late, 1, __ATOMIC_RELAXED);
    else if (result)
        fail("a response was refused");
}

static void resume_until_ended(struct job *job) {
    for (unsigned i = 0; i < PIECES || !__atomic_load_n(&job->ended, __ATOMIC_ACQUIRE); i++) {
        if (i < 4 * PIECES) __atomic_add_fetch(&job->available, 1, __ATOMIC_ACQ_REL);
        hr_http_exchange_resume(job->exchange);
        sched_yield();
    }
    hr_http_exchange_resume(job->exchange);
}

static void *worker(void *user) {
    (void)user;
    for (struct job *job; (job = pop()); unreference(job)) {
        if (job->kind != BODY) respond(job);
        if (job->kind == LAST_TOUCH) continue;
        if (job->kind == STREAM || job->kind == BODY) resume_until_ended(job);
        hr_http_exchange_release(job->exchange);
    }
    return NULL;
}

/* ---- The clients. */

static int dial(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static void talk(unsigned *seed) {
    static const char *const requests[] = {
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
        "PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
        "GET /c HTTP/1.1\r\nHost: x\r\n\r\nGET /d HTTP/1.1\r\nHost: x\r\n\r\n",
        "PUT /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo", /* and no more */
    };
    int fd = dial();
    if (fd < 0) return;
    unsigned kind = (unsigned)rand_r(seed) % 4;
    send(fd, requests[kind], strlen(requests[kind]), MSG_NOSIGNAL);
    char text[512];
    bool reads = kind < 3 && rand_r(seed) % 3;
    if (reads && recv(fd, text, sizeof text, 0) > 12 && memcmp(text + 9, "200", 3) == 0)
        __atomic_add_fetch(&read_back, 1, __ATOMIC_RELAXED);
    struct linger abort_at_close = {rand_r(seed) % 2 || kind == 3, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
    close(fd);
}

static void *client(void *user) {
    unsigned seed = (unsigned)(size_t)user;
    for (int i = 0; i < ROUNDS; i++) talk(&seed);
    return NULL;
}

static void on_closed(void *user) {
    (void)user;
    sem_post(&closed);
}

/* The later lives end under load. */
static void live(hr_engine *engine, unsigned number) {
    hr_http_server *server;
    struct hr_http_server_options options = {.on_request = on_request};
    pthread_t threads[CLIENTS];
    unsigned before = __atomic_load_n(&begun, __ATOMIC_RELAXED);
    if (hr_http_server_new(engine, &options, NULL, &server) < 0) fail("no server");
    port = hr_http_server_port(server);
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_create(&threads[i], NULL, client, (void *)(i + 10 * (size_t)number + 1));
    for (int i = 0; i < CLIENTS && number < 2; i++) pthread_join(threads[i], NULL);
    while (number >= 2 && __atomic_load_n(&begun, __ATOMIC_RELAXED) < before + 100) usleep(100);
    hr_http_server_close(server, on_closed, NULL);
    while (sem_wait(&closed) < 0) {}
    for (int i = 0; i < CLIENTS && number >= 2; i++) pthread_join(threads[i], NULL);
}

int main(void) {
    hr_engine *engine;
    struct hr_engine_options options = {.reactors = 2};
    pthread_t workers[WORKERS];
    if (hr_engine_new(&options, NULL, &engine) < 0) fail("no engine");
    sem_init(&closed, 0, 0);
    for (int i = 0; i < WORKERS; i++) pthread_create(&workers[i], NULL, worker, NULL);
    for (unsigned number = 0; number < 5; number++) live(engine, number);
    pthread_mutex_lock(&queue.mutex);
    queue.over = true;
    pthread_cond_broadcast(&queue.filled);
    pthread_mutex_unlock(&queue.mutex);
    for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], NULL);
    if (hr_engine_close(engine, NULL, NULL) < 0) fail("the engine is not closed");
    printf("%u requests begun, %u ended, %u responses read, %u too late\n", begun, ended, read_back,
           late);
    return begun == ended && read_back > 0 && late > 0 ? 0 : 1;
}
