/* A server that lets in any credentials, and requests as bytes: what comes back is looked at as
 * text. */
#ifndef TESTS_S3_SERVER_FIXTURE_H
#define TESTS_S3_SERVER_FIXTURE_H

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <headrace_server/s3_server.h>

#include "needs_kernel.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static hr_engine *server_engine;
static s3_server *server_handle;
static const char *server_folder, *server_faults; /* NULL: in memory, none */

__attribute__((unused)) static void server_open_with(const char *region) {
    NEEDS_KERNEL("a raw peer");
    const struct hr_engine_options with = {.reactors = 1};
    const struct s3_server_options options = {.access_key = "access",
                                              .secret_key = "secret",
                                              .region = region,
                                              .store_folder = server_folder,
                                              .faults = server_faults,
                                              .store_bytes_max = 64 << 20,
                                              .any_credentials = true};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&with, &error, &server_engine), 0, "%s", error.message);
    cr_assert_eq(s3_server_new(server_engine, &options, &error, &server_handle), 0, "%s",
                 error.message);
}

__attribute__((unused)) static void server_open(void) {
    server_open_with(NULL);
}

__attribute__((unused)) static void server_close(void) {
    if (!server_engine) return; /* skipped */
    s3_server_close(server_handle, NULL, NULL);
    cr_assert_eq(hr_engine_close(server_engine, NULL, NULL), 0);
}

/* The last answer: its status, its head, its body. */
static int server_status;
static char server_head[8192], server_body[1 << 20];
static size_t server_body_size;

static int server_connect(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(s3_server_port(server_handle)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void server_send(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t done = send(fd, data, size, MSG_NOSIGNAL);
        if (done <= 0) return; /* it has answered already */
        data += done;
        size -= (size_t)done;
    }
}

/* To the end of the connection. */
static void server_receive(int fd) {
    static char answer[sizeof server_head + sizeof server_body];
    size_t size = 0;
    ssize_t more;
    while (size < sizeof answer - 1 &&
           (more = recv(fd, answer + size, sizeof answer - 1 - size, 0)) > 0)
        size += (size_t)more;
    answer[size] = '\0';
    char *end = strstr(answer, "\r\n\r\n");
    cr_assert_not_null(end, "'%s'", answer);
    server_status = size > 12 ? (int)strtol(answer + 9, NULL, 10) : 0;
    snprintf(server_head, sizeof server_head, "%.*s", (int)(end + 2 - answer), answer);
    server_body_size = size - (size_t)(end + 4 - answer);
    memcpy(server_body, end + 4, server_body_size + 1);
}

static int server_order(const void *a, const void *b) {
    return strcmp(a, b);
}

/* The names of SignedHeaders, in order: fields called x-amz-… have to be among them. */
static void server_signed_names(const char *fields, char *out, size_t size) {
    static char names[20][64];
    size_t count = 0, used = 0;
    static const char *const always[] = {"host", "x-amz-content-sha256", "x-amz-date"};
    for (; count < COUNT(always); count++) snprintf(names[count], 64, "%s", always[count]);
    for (const char *line = fields; *line; line += strcspn(line, "\n") + 1) {
        if (strncasecmp(line, "x-amz-", 6) != 0) continue;
        cr_assert(count < COUNT(names));
        snprintf(names[count], 64, "%.*s", (int)strcspn(line, ":"), line);
        for (char *at = names[count]; *at; at++)
            if (*at >= 'A' && *at <= 'Z') *at = (char)(*at + 32);
        count++;
    }
    qsort(names, count, sizeof names[0], server_order);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ";" : "", names[i]);
}

/* `fields` are lines that end with CRLF. The status. */
__attribute__((unused)) static int server_ask_bytes(const char *method, const char *target,
                                                    const char *fields, const char *body,
                                                    size_t size) {
    char head[16384], date[32], names[1024];
    time_t now = time(NULL);
    struct tm tm;
    server_signed_names(fields, names, sizeof names);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    int length =
        snprintf(head, sizeof head,
                 "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nx-amz-date: %s\r\n"
                 "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nAuthorization: AWS4-HMAC-SHA256 "
                 "Credential=access/%.8s/us-east-1/s3/aws4_request, "
                 "SignedHeaders=%s, Signature=%064d\r\n"
                 "%sContent-Length: %zu\r\n\r\n",
                 method, target, date, date, names, 0, fields, size);
    cr_assert(length > 0 && (size_t)length < sizeof head);
    int fd = server_connect();
    server_send(fd, head, (size_t)length);
    server_send(fd, body, size);
    server_receive(fd);
    close(fd);
    return server_status;
}

__attribute__((unused)) static int server_ask(const char *method, const char *target,
                                              const char *fields, const char *body) {
    return server_ask_bytes(method, target, fields, body, strlen(body));
}

/* The value of a field of the last head; NULL: none. */
__attribute__((unused)) static const char *server_field(const char *name) {
    static char ring[4][512];
    static unsigned next;
    size_t size = strlen(name);
    for (const char *line = strstr(server_head, "\r\n"); line && line[2];
         line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, size) != 0 || at[size] != ':') continue;
        char *value = ring[next++ % 4];
        at += size + 1;
        at += strspn(at, " ");
        snprintf(value, sizeof ring[0], "%.*s", (int)strcspn(at, "\r"), at);
        return value;
    }
    return NULL;
}

/* The text of the first element of that name in the last body; "(none)". */
__attribute__((unused)) static const char *server_element(const char *name) {
    static char ring[8][1024];
    static unsigned next;
    char open[64], close[64];
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    const char *from = strstr(server_body, open), *to = from ? strstr(from, close) : NULL;
    if (!to) return "(none)";
    char *text = ring[next++ % 8];
    from += strlen(open);
    snprintf(text, sizeof ring[0], "%.*s", (int)(to - from), from);
    return text;
}

/* All texts of elements of that name, each followed by '|'. */
__attribute__((unused)) static const char *server_elements(const char *name) {
    static char all[8192];
    char open[64];
    size_t used = 0;
    all[0] = '\0';
    snprintf(open, sizeof open, "<%s>", name);
    for (const char *at = server_body; (at = strstr(at, open));) {
        at += strlen(open);
        used += (size_t)snprintf(all + used, sizeof all - used, "%.*s|", (int)strcspn(at, "<"), at);
    }
    return all;
}

/* It must be this status and, with an error document, this code. */
#define EXPECT(status, code, ...)                                                                  \
    do {                                                                                           \
        cr_expect_eq(server_ask(__VA_ARGS__), status, "%d: %s", server_status, server_body);       \
        if (*(code)) cr_expect_str_eq(server_element("Code"), code, "%s", server_body);            \
    } while (0)

#endif
