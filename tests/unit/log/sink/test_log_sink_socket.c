/* Sinks with a protocol of their own, read by sockets of the test. */
#include "log_folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "log_json_member.h"

static int listen_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int open_sink(struct hr_log_sink *sink, struct hr_error *error, hr_log **log) {
    struct hr_log_options options = {.name = "test", .sinks = sink, .sink_count = 1};
    return hr_log_new(&options, error, log);
}

static hr_log *new_log(struct hr_log_sink sink) {
    struct hr_error error = {0};
    hr_log *log = NULL;
    int err = open_sink(&sink, &error, &log);
    cr_assert_eq(err, 0, "%s", error.message);
    return log;
}

struct message {
    size_t size;
    char bytes[300000];
};
static struct message got;

static void receive(int fd) {
    ssize_t size = recv(fd, got.bytes, sizeof got.bytes - 1, 0);
    cr_assert_gt(size, 0);
    got.size = (size_t)size;
    got.bytes[size] = 0;
}

static void has(const char *part, size_t size) {
    cr_assert_not_null(memmem(got.bytes, got.size, part, size), "no %.*s in %s", (int)size, part,
                       got.bytes);
}

#define HAS(literal) has(literal, sizeof(literal) - 1)

Test(log_member, takes_lines_apart) {
    struct hr_slice rest =
        hr_slice_of("\"a\":\"x\\\"]}\",\"b\":[1,\"],}\"],\"c\":{\"d\":-1.5},\"e\":null");
    static const char *const values[] = {"\"x\\\"]}\"", "[1,\"],}\"]", "{\"d\":-1.5}", "null"};
    struct hr__log_member member;
    for (unsigned i = 0; i < 4; i++) {
        cr_assert(hr__log_member_next(&rest, &member));
        cr_assert_eq(member.key.size, 1);
        cr_assert_eq(member.key.data[0], "abce"[i]);
        cr_assert(hr_slice_equal(member.value, hr_slice_of(values[i])));
    }
    cr_assert_not(hr__log_member_next(&rest, &member));
    char text[64];
    size_t size = (size_t)(hr__log_member_text(
                               text, hr_slice_of("\"\\u00e4\\u2028\\n\\\\\\t\\u001b\""), false) -
                           text);
    cr_assert_eq(size, 9);
    cr_assert_eq(memcmp(text, "\xc3\xa4\xe2\x80\xa8\n\\\t\x1b", size), 0);
}

Test(log_sink_journal, sends_each_record_in_the_native_protocol) {
    struct log_folder place;
    log_folder_open(&place);
    int fd = listen_unix(place.path);
    hr_log *log = new_log((struct hr_log_sink){
        .kind = HR_LOG_SINK_JOURNALD, .path = place.path, .identifier = "my service"});
    struct hr_log_failure failure = {.text = "first\nsecond"};
    HR_ERROR(log, "went wrong", "status", 503, "two words", "x y", "1st", (bool)true, "message",
             "own", "lines", "one\ntwo", "error", &failure, "list", HR_ARRAY(((int[]){1, 2}), 2),
             "_x", "", "password", "hidden");
    receive(fd);
    HAS("PRIORITY=3\n");
    HAS("SYSLOG_IDENTIFIER=my_service\n");
    HAS("\nMESSAGE=went wrong\n");
    HAS("\nLEVEL=ERROR\n");
    HAS("\nLOGGER=test\n");
    HAS("\nTIMESTAMP=20");
    HAS("\nSTATUS=503\n");
    HAS("\nTWO_WORDS=x y\n");
    HAS("\nFIELD_1ST=true\n");
    HAS("\nFIELDS_MESSAGE=own\n");
    HAS("\nLINES\n\x07\0\0\0\0\0\0\0one\ntwo\n");
    HAS("\nERROR_TEXT\n\x0c\0\0\0\0\0\0\0first\nsecond\n");
    HAS("\nLIST=[1,2]\n");
    HAS("\nFIELD__X=\n");
    HAS("\nPASSWORD=[redacted]\n");
    HAS("\nCODE_FUNC=");
    HAS("test_log_sink_socket.c\nCODE_LINE=");
    cr_assert_eq(hr_log_close(log), 0);
    close(fd);
    log_folder_close(&place);
}

Test(log_sink_journal, sends_what_is_too_large_in_a_sealed_file) {
    struct log_folder place;
    log_folder_open(&place);
    int fd = listen_unix(place.path);
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_JOURNALD, .path = place.path};
    struct hr_log_options options = {
        .sinks = &sink, .sink_count = 1, .string_bytes_max = 65536, .ring_bytes = 1 << 22};
    hr_log *log;
    cr_assert_eq(hr_log_new(&options, NULL, &log), 0);
    static char text[60001];
    memset(text, 'x', sizeof text - 1);
    HR_INFO(log, "small");
    HR_INFO(log, "large", "a", text, "b", text, "c", text, "d", text);
    HR_INFO(log, "small again");
    receive(fd);
    HAS("MESSAGE=small\n");
    struct iovec iov = {got.bytes, sizeof got.bytes};
    char control[64];
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    cr_assert_geq(recvmsg(fd, &message, 0), 0);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    cr_assert_not_null(head, "it was not too large");
    int file;
    memcpy(&file, CMSG_DATA(head), sizeof file);
    cr_assert_eq(fcntl(file, F_GET_SEALS),
                 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    got.size = (size_t)pread(file, got.bytes, sizeof got.bytes, 0);
    close(file);
    HAS("MESSAGE=large\n");
    HAS("\nD=xxx");
    receive(fd);
    HAS("MESSAGE=small again\n");
    cr_assert_eq(hr_log_close(log), 0);
    close(fd);
    log_folder_close(&place);
}

Test(log_sink_journal, connects_again_and_keeps_what_has_room) {
    struct log_folder place;
    log_folder_open(&place);
    hr_log *log = new_log((struct hr_log_sink){.kind = HR_LOG_SINK_JOURNALD, .path = place.path});
    HR_INFO(log, "before anybody listens");
    cr_assert_eq(hr_log_flush(log, 50), -ETIMEDOUT);
    int fd = listen_unix(place.path);
    receive(fd);
    HAS("MESSAGE=before anybody listens\n");
    close(fd);
    unlink(place.path);
    HR_INFO(log, "in between");
    cr_assert_eq(hr_log_flush(log, 50), -ETIMEDOUT);
    fd = listen_unix(place.path);
    receive(fd);
    HAS("MESSAGE=in between\n");
    cr_assert_eq(hr_log_close(log), 0);
    close(fd);
    log_folder_close(&place);
}

/* A peer that reads nothing holds up no call, and hr_log_close by its one second alone. */
Test(log_sink_journal, a_peer_that_does_not_read_holds_up_nothing) {
    struct log_folder place;
    log_folder_open(&place);
    int fd = listen_unix(place.path);
    hr_log *log = new_log((struct hr_log_sink){.kind = HR_LOG_SINK_JOURNALD, .path = place.path});
    for (int i = 0; i < 20000; i++) HR_INFO(log, "counted", "i", i);
    cr_assert_eq(hr_log_flush(log, 50), -ETIMEDOUT);
    cr_assert_gt(hr_log_close(log), 10000);
    close(fd);
    log_folder_close(&place);
}

Test(log_sink_syslog, writes_rfc_5424) {
    struct log_folder place;
    char wanted[64];
    log_folder_open(&place);
    int fd = listen_unix(place.path);
    hr_log *log = new_log((struct hr_log_sink){
        .kind = HR_LOG_SINK_SYSLOG, .path = place.path, .identifier = "service", .facility = 16});
    HR_WARN(log, "all\nof it", "quoted", "a\"b]c\\d", "a=b c", 1.5, "lines", "one\ntwo", "escape",
            "\x1b[31m", "none", HR_NULL);
    receive(fd);
    HAS("<132>1 20");
    snprintf(wanted, sizeof wanted, " service %d - [fields@32473 logger=\"test\"", (int)getpid());
    has(wanted, strlen(wanted));
    HAS(" quoted=\"a\\\"b\\]c\\\\d\"");
    HAS(" a_b_c=\"1.5\"");
    HAS(" lines=\"one\ntwo\"");
    HAS(" escape=\"\\\\u001b[31m\"");
    HAS(" none=\"null\"] all\nof it");
    cr_assert_eq(got.bytes[got.size - 1], 't');
    cr_assert_eq(hr_log_close(log), 0);
    close(fd);
    log_folder_close(&place);
}

static int listen_tcp(char *address, size_t size) {
    struct sockaddr_in bound = {.sin_family = AF_INET};
    socklen_t bound_size = sizeof bound;
    bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&bound, sizeof bound), 0);
    cr_assert_eq(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)&bound, &bound_size);
    snprintf(address, size, "tcp://127.0.0.1:%u", ntohs(bound.sin_port));
    return fd;
}

/* "count message", again and again. */
static void read_counted(int fd) {
    char head[16];
    size_t size = 0;
    while (size < sizeof head && recv(fd, head + size, 1, 0) == 1 && head[size] != ' ') size++;
    cr_assert_lt(size, sizeof head);
    got.size = (size_t)strtoul(head, NULL, 10);
    cr_assert(got.size > 0 && got.size < sizeof got.bytes, "%s", head);
    cr_assert_eq(recv(fd, got.bytes, got.size, MSG_WAITALL), (ssize_t)got.size);
    got.bytes[got.size] = 0;
}

Test(log_sink_syslog, counts_octets_over_tcp_and_connects_again) {
    char address[64];
    int listener = listen_tcp(address, sizeof address);
    hr_log *log = new_log((struct hr_log_sink){.kind = HR_LOG_SINK_SYSLOG, .path = address});
    for (int i = 0; i < 100; i++) HR_INFO(log, "first\nmessage", "i", i);
    int peer = accept(listener, NULL, NULL);
    for (int i = 0; i < 100; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, " i=\"%d\"]", i);
        read_counted(peer);
        has(wanted, strlen(wanted));
        HAS("first\nmessage");
    }
    cr_assert_eq(hr_log_flush(log, -1), 0);
    close(peer);
    HR_INFO(log, "second");
    peer = accept(listener, NULL, NULL);
    read_counted(peer);
    HAS("second");
    cr_assert_eq(hr_log_close(log), 0);
    close(peer);
    close(listener);
}

Test(log_sink_syslog, refuses_what_it_cannot_send_to) {
    static const char *const bad[] = {"tcp://localhost:514",  "udp://127.0.0.1",  "http://x:1",
                                      "udp://127.0.0.1:0",    "tcp://[::1]",      "relative",
                                      "udp://127.0.0.1:514x", "tcp://[::1]:65536"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_log_sink sink = {.kind = HR_LOG_SINK_SYSLOG, .path = bad[i]};
        struct hr_error error = {0};
        hr_log *log = NULL;
        cr_assert_eq(open_sink(&sink, &error, &log), -EINVAL, "%s", bad[i]);
        cr_assert_not_null(strstr(error.message, bad[i]), "%s", error.message);
    }
    struct hr_log_sink json = {.kind = HR_LOG_SINK_SYSLOG, .format = HR_LOG_FORMAT_JSON};
    struct hr_error error = {0};
    hr_log *log = NULL;
    cr_assert_eq(open_sink(&json, &error, &log), -EINVAL);
}
