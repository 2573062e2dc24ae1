/* The syslog sink: RFC 5424 with the fields as structured data; to a unix socket, by UDP (RFC 5426)
 * or by TCP with octet counting (RFC 6587). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_json_member.h"
#include "log_out.h"
#include "log_sink_classes.h"
#include "log_sink_socket.h"

#define SOCKET_PATH        "/dev/log"
#define FACILITY_USER      1
#define FACILITY_MAX       23
#define NAME_BYTES_MAX     32 /* of a parameter */
#define COUNT_BYTES        12 /* of the number that octet counting puts in front */
#define LITERAL(out, text) hr__log_copy(out, text, sizeof(text) - 1)

static int take_address(struct hr__log_socket *self, const char *path) {
    self->type = SOCK_DGRAM;
    if (path[0] == '/') return hr__log_socket_local(self, path);
    if (strncmp(path, "udp://", 6) == 0) return hr__log_socket_remote(self, path + 6);
    self->type = SOCK_STREAM;
    if (strncmp(path, "tcp://", 6) == 0) return hr__log_socket_remote(self, path + 6);
    return -EINVAL;
}

static void take_host(struct hr__log_socket *self) {
    if (gethostname(self->host, sizeof self->host - 1) != 0 || !self->host[0])
        memcpy(self->host, "-", 2);
    for (char *at = self->host; *at; at++)
        if (*at <= ' ' || *at >= 0x7f) *at = '_';
}

static int open_syslog(struct hr__log_sink *sink, const struct hr_log_sink *options,
                       struct hr_error *error) {
    const char *path = options->path ? options->path : SOCKET_PATH;
    struct hr__log_socket *self = calloc(1, sizeof *self);
    if (!self) return hr_error_set(error, -ENOMEM, "no memory for a log's sink");
    self->fd = -1;
    sink->socket = self;
    if (options->facility > FACILITY_MAX)
        return hr_error_set(error, -EINVAL, "the syslog sink's facility is above 23");
    self->facility = options->facility ? options->facility : FACILITY_USER;
    self->process = (unsigned)getpid();
    if (take_address(self, path) != 0)
        return hr_error_set(error, -EINVAL,
                            "the syslog sink's path %.100s is neither a unix socket's nor "
                            "udp:// or tcp:// with ADDRESS:PORT; names are not looked up",
                            path);
    take_host(self);
    hr__log_socket_identify(self, options->identifier);
    sink->path = strdup(path);
    return sink->path ? 0 : hr_error_set(error, -ENOMEM, "no memory for a log's sink");
}

/* Writes the name of a parameter: printable, and none of `= ] "`. */
static char *put_name(char *out, struct hr_slice group, struct hr_slice name) {
    char text[NAME_BYTES_MAX];
    size_t size = 0;
    for (size_t i = 0; i < group.size && size < NAME_BYTES_MAX; i++) text[size++] = group.data[i];
    if (size && size < NAME_BYTES_MAX) text[size++] = '.';
    for (size_t i = 0; i < name.size && size < NAME_BYTES_MAX; i++) text[size++] = name.data[i];
    for (size_t i = 0; i < size; i++) {
        bool good = text[i] > ' ' && text[i] < 0x7f && !strchr("=]\"", text[i]);
        *out++ = good ? text[i] : '_';
    }
    if (size == 0) *out++ = '_';
    return out;
}

/* Writes a parameter's value: `" \ ]` get a backslash. */
static char *put_parameter(struct hr__log_sink *sink, char *out, struct hr_slice value) {
    char *text = sink->scratch.text, *end = hr__log_member_text(text, value, true);
    *out++ = '=';
    *out++ = '"';
    for (; text < end; text++) {
        if (*text == '"' || *text == '\\' || *text == ']') *out++ = '\\';
        *out++ = *text;
    }
    *out++ = '"';
    return out;
}

static char *put_member(struct hr__log_sink *sink, char *out, const struct hr__log_member *member) {
    struct hr_slice inside;
    struct hr__log_member part;
    if (!hr__log_member_inside(member->value, &inside)) {
        out = put_name(LITERAL(out, " "), hr_slice_bytes(NULL, 0), member->key);
        return put_parameter(sink, out, member->value);
    }
    while (hr__log_member_next(&inside, &part)) {
        out = put_name(LITERAL(out, " "), member->key, part.key);
        out = put_parameter(sink, out, part.value);
    }
    return out;
}

static char *put_head(const struct hr__log_sink *sink, unsigned severity, struct hr_slice time,
                      char *out) {
    const struct hr__log_socket *self = sink->socket;
    *out++ = '<';
    out = hr__log_put_u64(out, self->facility * 8 + severity);
    out = LITERAL(out, ">1 ");
    out = hr__log_member_text(out, time, true);
    *out++ = ' ';
    out = hr__log_copy_slice(out, hr_slice_of(self->host));
    *out++ = ' ';
    out = hr__log_copy_slice(out, hr_slice_of(self->identifier));
    *out++ = ' ';
    out = hr__log_put_u64(out, self->process);
    return LITERAL(out, " - [fields@32473");
}

/* Time, level, logger and message come first in a line, in this order. */
static char *rewrite_syslog(struct hr__log_sink *sink, const struct hr__log_record *record,
                            struct hr_slice line, char *out) {
    struct hr_slice rest = hr_slice_bytes(line.data + 1, line.size - 3); /* without {, } and \n */
    struct hr__log_member own[4] = {{{0}, {0}}}, member;
    bool counts = sink->socket->type == SOCK_STREAM;
    for (unsigned i = 0; i < 4; i++)
        if (!hr__log_member_next(&rest, &own[i])) return out;
    char *from = out + (counts ? COUNT_BYTES : 0);
    char *end = put_head(sink, hr__log_socket_severity(record), own[0].value, from);
    end = put_member(sink, end, &own[2]);
    while (hr__log_member_next(&rest, &member)) end = put_member(sink, end, &member);
    end = LITERAL(end, "] ");
    end = hr__log_member_text(end, own[3].value, true);
    if (!counts) return end;
    size_t size = (size_t)(end - from);
    char *behind = hr__log_put_u64(out, size);
    *behind++ = ' ';
    memmove(behind, from, size);
    return behind + size;
}

const struct hr__log_sink_class hr__log_sink_syslog = {
    .name = "syslog",
    .drops = true,
    .open = open_syslog,
    .rewrite = rewrite_syslog,
    .write = hr__log_socket_write,
    .close = hr__log_socket_close,
};
