/* libcurl's multi interface the way its manual recommends it for many connections: the
 * application's own epoll around curl_multi_socket_action, easy handles that are used again,
 * connections kept or, with --each, closed behind each response. A closed loop of GETs; bodies are
 * dropped. Prints one JSON object.
 *
 * usage: curl_multi [--ca FILE] [--buffer BYTES] [--each] [--sessions none|own|shared]
 *                   URL CONNECTIONS SECONDS
 *
 * --sessions says where TLS sessions are kept: nowhere, with each easy handle (libcurl's default),
 * or in a share that all of them have. */
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

/* OpenSSL's, of the library that libcurl stands on: the one thing of it that is asked here. */
extern int SSL_session_reused(const void *ssl);

#define EVENTS_MAX  256
#define SAMPLES_MAX (16u << 20) /* latencies; later ones are not sampled */

static struct loop {
    CURLM *multi;
    int epoll_fd;
    uint64_t timer_ns, until_ns; /* timer 0: none */
    uint64_t done, failed, bytes, resumed;
    uint32_t *latency_us;
    unsigned running;
} loop;

static struct asked {
    const char *url, *ca, *sessions;
    long connections, buffer;
    double seconds;
    bool each;
} asked = {.sessions = "own"};

struct transfer {
    CURL *easy;
    uint64_t begun_ns;
    bool looked; /* at its TLS session */
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static size_t drop(char *data, size_t size, size_t count, void *user) {
    struct transfer *transfer = user;
    (void)data;
    loop.bytes += size * count;
    if (asked.each && !transfer->looked) {
        struct curl_tlssessioninfo *info = NULL;
        transfer->looked = true;
        if (curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &info) == CURLE_OK && info &&
            info->backend == CURLSSLBACKEND_OPENSSL && info->internals)
            loop.resumed += SSL_session_reused(info->internals) != 0;
    }
    return size * count;
}

/* `known` is not NULL where epoll has the descriptor. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
    (void)easy, (void)user;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    uint32_t wanted = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0u) |
                      (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0u);
    struct epoll_event event = {.events = wanted, .data.fd = fd};
    epoll_ctl(loop.epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (!known) curl_multi_assign(loop.multi, fd, &loop);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user) {
    (void)multi, (void)user;
    loop.timer_ns = timeout_ms < 0 ? 0 : now_ns() + (uint64_t)timeout_ms * 1000000u;
    return 0;
}

static void begin(struct transfer *transfer, uint64_t now) {
    transfer->begun_ns = now;
    transfer->looked = false;
    curl_multi_add_handle(loop.multi, transfer->easy);
}

static void finish(CURLMsg *message) {
    struct transfer *transfer = NULL;
    long status = 0;
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    uint64_t now = now_ns();
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(loop.multi, easy);
    if (result == CURLE_OK && status == 200) {
        if (loop.done < SAMPLES_MAX)
            loop.latency_us[loop.done] = (uint32_t)((now - transfer->begun_ns) / 1000u);
        loop.done++;
    } else {
        loop.failed++;
    }
    if (now < loop.until_ns && result == CURLE_OK)
        begin(transfer, now);
    else
        loop.running--;
}

static void reap(void) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop.multi, &left)))
        if (message->msg == CURLMSG_DONE) finish(message);
}

static int wait_ms(void) {
    if (!loop.timer_ns) return 1000;
    uint64_t now = now_ns();
    return loop.timer_ns <= now ? 0 : (int)((loop.timer_ns - now + 999999u) / 1000000u);
}

static void run(void) {
    struct epoll_event events[EVENTS_MAX];
    int still;
    while (loop.running) {
        int count = epoll_wait(loop.epoll_fd, events, EVENTS_MAX, wait_ms());
        for (int i = 0; i < count; i++) {
            int action = (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                         (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                         (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(loop.multi, events[i].data.fd, action, &still);
        }
        if (loop.timer_ns && loop.timer_ns <= now_ns()) {
            loop.timer_ns = 0;
            curl_multi_socket_action(loop.multi, CURL_SOCKET_TIMEOUT, 0, &still);
        }
        reap();
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile_ms(uint64_t count, double at) {
    return count ? loop.latency_us[(uint64_t)((double)(count - 1) * at)] / 1000.0 : 0;
}

static bool read_arguments(int argc, char **argv) {
    static const struct option options[] = {{"ca", required_argument, NULL, 'c'},
                                            {"buffer", required_argument, NULL, 'b'},
                                            {"each", no_argument, NULL, 'e'},
                                            {"sessions", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c')
            asked.ca = optarg;
        else if (option == 'b')
            asked.buffer = strtol(optarg, NULL, 10);
        else if (option == 'e')
            asked.each = true;
        else if (option == 's')
            asked.sessions = optarg;
        else
            return false;
    }
    if (argc - optind != 3) return false;
    asked.url = argv[optind];
    asked.connections = strtol(argv[optind + 1], NULL, 10);
    asked.seconds = strtod(argv[optind + 2], NULL);
    return asked.connections >= 1 && asked.connections <= 100000 && asked.seconds > 0;
}

static CURL *make_easy(struct transfer *transfer, CURLSH *share) {
    CURL *easy = curl_easy_init();
    if (!easy) return NULL;
    curl_easy_setopt(easy, CURLOPT_URL, asked.url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (asked.ca) curl_easy_setopt(easy, CURLOPT_CAINFO, asked.ca);
    if (asked.buffer) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, asked.buffer);
    if (asked.each) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    if (strcmp(asked.sessions, "none") == 0)
        curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (strcmp(asked.sessions, "shared") == 0) curl_easy_setopt(easy, CURLOPT_SHARE, share);
    return easy;
}

static void print_found(double elapsed) {
    uint64_t sampled = loop.done < SAMPLES_MAX ? loop.done : SAMPLES_MAX;
    qsort(loop.latency_us, sampled, sizeof *loop.latency_us, compare);
    printf("{\"version\": \"%s\", \"requests\": %llu, \"failed\": %llu, \"bytes\": %llu, "
           "\"resumed\": %llu, \"seconds\": %.6f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
           curl_version_info(CURLVERSION_NOW)->version, (unsigned long long)loop.done,
           (unsigned long long)loop.failed, (unsigned long long)loop.bytes,
           (unsigned long long)loop.resumed, elapsed, quantile_ms(sampled, 0.5),
           quantile_ms(sampled, 0.99));
}

int main(int argc, char **argv) {
    if (!read_arguments(argc, argv)) {
        fputs("usage: curl_multi [--ca FILE] [--buffer BYTES] [--each] [--sessions "
              "none|own|shared] URL CONNECTIONS SECONDS\n",
              stderr);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct transfer *transfers = calloc((size_t)asked.connections, sizeof *transfers);
    CURLSH *share = curl_share_init();
    loop.latency_us = malloc(SAMPLES_MAX * sizeof *loop.latency_us);
    loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop.multi = curl_multi_init();
    if (!transfers || !share || !loop.latency_us || loop.epoll_fd < 0 || !loop.multi) return 1;
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, asked.connections);
    uint64_t started = now_ns();
    loop.until_ns = started + (uint64_t)(asked.seconds * 1e9);
    for (long i = 0; i < asked.connections; i++) {
        transfers[i].easy = make_easy(&transfers[i], share);
        if (!transfers[i].easy) return 1;
        loop.running++;
        begin(&transfers[i], now_ns());
    }
    run();
    print_found((double)(now_ns() - started) / 1e9);
    for (long i = 0; i < asked.connections; i++) curl_easy_cleanup(transfers[i].easy);
    curl_multi_cleanup(loop.multi);
    curl_share_cleanup(share);
    curl_global_cleanup();
    free(transfers);
    free(loop.latency_us);
    return loop.failed ? 1 : 0;
}
