/* No credential stays in memory when request, client and engine are gone: not in the heap, not on
 * the stacks of threads that have ended. The server is a process of its own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <criterion/criterion.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <headrace/encode.h>
#include <headrace/engine.h>
#include <headrace/http_client.h>

#include "memory_search.h"
#include "needs_kernel.h"
#include "stray_peer.h"
#include "tls_certs.h"

enum way { PLAIN, TLS, TUNNEL };

/* ---- The server. */

struct server {
    pid_t pid;
    uint16_t port;
    struct tls_cert ca, leaf;
};

static void open_server(struct server *server, enum way way) {
    int pipes[2];
    server->ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    server->leaf = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "leaf", .alt_names = "IP:127.0.0.1", .issuer = &server->ca});
    cr_assert_eq(pipe(pipes), 0);
    server->pid = fork();
    if (server->pid == 0) {
        struct stray_plan plan = {.body_size = 3, .tunnel = way == TUNNEL, .split = 0};
        if (way != PLAIN) {
            plan.chain_pem = server->leaf.pem;
            plan.key_pem = server->leaf.key_pem;
        }
        plan.behind = way == PLAIN ? STRAY_RESPONSE : STRAY_KEYS;
        uint16_t port = stray_peer_port(stray_peer_start(&plan));
        if (write(pipes[1], &port, sizeof port) != sizeof port) abort();
        for (;;) pause();
    }
    cr_assert_eq(read(pipes[0], &server->port, sizeof server->port), sizeof server->port);
    close(pipes[0]);
    close(pipes[1]);
}

static void close_server(struct server *server) {
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    tls_cert_deinit(&server->leaf);
    tls_cert_deinit(&server->ca);
}

/* ---- What is sent. */

struct secrets {
    struct hidden password, cookie, token, query, proxy, body;
    struct hidden password_coded; /* as Basic has it, from its fourth byte on */
};

/* Texts of the test's own, in memory that it wipes. */
struct texts {
    char password[128], cookie[128], query[300], proxy[300], token[128], bearer[6000], body[128];
};

static struct secrets make_secrets(void) {
    return (struct secrets){
        .password = hidden_make("pw-"),
        .cookie = hidden_make("ck-"),
        .token = hidden_make("tk-"),
        .query = hidden_make("qy-"),
        .proxy = hidden_make("px-"),
        .body = hidden_make("bd-"),
    };
}

static void show_all(const struct secrets *secrets, struct texts *texts) {
    hidden_show(&secrets->password, texts->password);
    hidden_show(&secrets->cookie, texts->cookie);
    hidden_show(&secrets->token, texts->token);
    hidden_show(&secrets->body, texts->body);
    memset(texts->bearer, 'b', sizeof texts->bearer - 1);
    memcpy(texts->bearer, texts->token, secrets->token.size);
    texts->bearer[sizeof texts->bearer - 1] = '\0';
}

/* "u:" and the password, as it stands behind "Basic ": three bytes each are four letters. */
static struct hidden coded(const struct secrets *secrets, const char *user) {
    char pair[200], text[300];
    struct hidden hidden = {.size = 0};
    size_t size = (size_t)snprintf(pair, sizeof pair, "%s:", user);
    hidden_show(&secrets->password, pair + size);
    size += secrets->password.size;
    hr_base64_encode(pair, size, text);
    for (size_t i = 4; i + 4 < hr_base64_size(size); i++)
        hidden.bytes[hidden.size++] = (unsigned char)text[i] ^ MEMORY_KEY;
    explicit_bzero(pair, sizeof pair);
    explicit_bzero(text, sizeof text);
    return hidden;
}

static void expect_gone(const struct secrets *secrets) {
    struct {
        const char *name;
        const struct hidden *hidden;
    } each[] = {{"the password", &secrets->password},
                {"the password in base64", &secrets->password_coded},
                {"the cookie", &secrets->cookie},
                {"the token", &secrets->token},
                {"the proxy's password", &secrets->proxy}};
    int core = memory_core();
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        cr_expect_eq(memory_holds(each[i].hidden), 0, "%s", each[i].name);
        cr_expect_eq(memory_core_holds(core, each[i].hidden), 0, "a core has %s", each[i].name);
    }
    close(core);
}

/* ---- The client. */

static volatile bool closed;

static void note_closed(void *user) {
    (void)user;
    closed = true;
}

static void ask(hr_http_client *client, struct hr_http_request *request) {
    cr_assert_eq(hr_http_request_start(client, request), 0);
    int result = hr_wait(&request->request);
    cr_assert_eq(result, 0, "%s", request->request.error.message);
}

static void run_client(const struct server *server, enum way way, const struct texts *texts) {
    struct hr_engine_options engine_options = {.reactors = 2};
    struct hr_error error = {0};
    hr_engine *engine;
    hr_http_client *client;
    char url[100], value[200];
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    snprintf(value, sizeof value, "session=%s", texts->cookie);
    const struct hr_http_field cookie = {hr_slice_of("Cookie"), hr_slice_of(value)};
    /* The server serves one connection after the other. */
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1,
                                             .fields = &cookie,
                                             .field_count = 1,
                                             .auth = {.user = "u", .password = texts->password},
                                             .proxy.url = way == TUNNEL ? texts->proxy : NULL,
                                             .tls.ca_pem = hr_slice_of(server->ca.pem)};
    cr_assert_eq(hr_http_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/", way == PLAIN ? "http" : "https", server->port);
    for (int i = 0; i < 4; i++) {
        struct hr_http_request request = {.url = url};
        ask(client, &request);
        struct hr_http_auth other = {.bearer = texts->bearer};
        request = (struct hr_http_request){.url = url, .auth = &other};
        ask(client, &request);
        other = (struct hr_http_auth){.user = "u", .password = texts->password};
        request = (struct hr_http_request){.url = url, .method = "PUT", .auth = &other};
        request.body = hr_source_bytes("x", 1);
        ask(client, &request);
    }
    closed = false;
    hr_http_client_close(client, note_closed, NULL);
    while (!closed) sched_yield();
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    explicit_bzero(value, sizeof value);
}

static void nothing_stays(enum way way) {
    NEEDS_KERNEL("a server in a process of its own");
    struct server server;
    open_server(&server, way);
    struct secrets secrets = make_secrets();
    struct texts *texts = calloc(1, sizeof *texts);
    secrets.password_coded = coded(&secrets, "u");
    show_all(&secrets, texts);
    if (way == TUNNEL) {
        char shown[128];
        hidden_show(&secrets.proxy, shown);
        snprintf(texts->proxy, sizeof texts->proxy, "http://u:%s@127.0.0.1:%u", shown, server.port);
        explicit_bzero(shown, sizeof shown);
    }
    cr_assert_geq(memory_holds(&secrets.password), 1, "the search finds what is there");
    int core = memory_core();
    if (core < 0) cr_skip_test("no core is written here: see core_pattern in core(5)");
    cr_assert_geq(memory_core_holds(core, &secrets.password), 1, "so does that of a core");
    close(core);
    run_client(&server, way, texts);
    OPENSSL_cleanse(texts, sizeof *texts);
    free(texts);
    expect_gone(&secrets);
    close_server(&server);
}

Test(http_secrets, over_tcp, .timeout = 120) {
    nothing_stays(PLAIN);
}

Test(http_secrets, over_tls, .timeout = 120) {
    nothing_stays(TLS);
}

Test(http_secrets, through_a_tunnel, .timeout = 120) {
    nothing_stays(TUNNEL);
}
