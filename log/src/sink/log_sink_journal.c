/* The journald sink: systemd's native protocol, a datagram of KEY=value lines a record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log_json_member.h"
#include "log_out.h"
#include "log_sink_classes.h"
#include "log_sink_socket.h"

#define SOCKET_PATH        "/run/systemd/journal/socket"
#define KEY_BYTES_MAX      64
#define LITERAL(out, text) hr__log_copy(out, text, sizeof(text) - 1)

static int open_journal(struct hr__log_sink *sink, const struct hr_log_sink *options,
                        struct hr_error *error) {
    const char *path = options->path ? options->path : SOCKET_PATH;
    struct hr__log_socket *self = calloc(1, sizeof *self);
    if (!self) return hr_error_set(error, -ENOMEM, "no memory for a log's sink");
    self->fd = -1;
    self->type = SOCK_DGRAM;
    self->journal = true;
    sink->socket = self;
    if (path[0] != '/' || hr__log_socket_local(self, path) != 0)
        return hr_error_set(error, -EINVAL,
                            "the journald sink's path %.100s is no path of a unix socket", path);
    hr__log_socket_identify(self, options->identifier);
    sink->path = strdup(path);
    return sink->path ? 0 : hr_error_set(error, -ENOMEM, "no memory for a log's sink");
}

/* ---- Names of fields: capitals, digits and underscores, a capital in front. */

static char key_byte(char byte) {
    if (byte >= 'a' && byte <= 'z') return (char)(byte - 'a' + 'A');
    bool good = (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    return good ? byte : '_';
}

/* Whether the entry has such a field of its own, or journald adds it. */
static bool is_taken(const char *key, size_t size) {
    static const char *const taken[] = {"MESSAGE", "PRIORITY", "TIMESTAMP",  "LEVEL",     "LOGGER",
                                        "CODE_",   "SYSLOG_",  "MESSAGE_ID", "OBJECT_PID"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        size_t length = strlen(taken[i]);
        bool prefix = taken[i][length - 1] == '_';
        if (size >= length && memcmp(key, taken[i], length) == 0 && (prefix || size == length))
            return true;
    }
    return false;
}

static char *put_key(char *out, struct hr_slice group, struct hr_slice name) {
    char key[2 * KEY_BYTES_MAX + 1];
    size_t size = 0;
    for (size_t i = 0; i < group.size && size < KEY_BYTES_MAX; i++)
        key[size++] = key_byte(group.data[i]);
    if (size) key[size++] = '_';
    for (size_t i = 0; i < name.size && size < KEY_BYTES_MAX; i++)
        key[size++] = key_byte(name.data[i]);
    bool bare = size > 0 && key[0] >= 'A' && key[0] <= 'Z' && !is_taken(key, size);
    if (!bare) out = LITERAL(out, "FIELD_");
    size_t room = bare ? KEY_BYTES_MAX : KEY_BYTES_MAX - 6;
    return hr__log_copy(out, key, size < room ? size : room);
}

/* ---- Fields. */

/* Writes a value behind its key: `=value`, or a newline, its size in eight bytes and the value
 * where that has a newline in it. */
static char *put_value(char *out, struct hr_slice value) {
    char *from = out + 1, *end = hr__log_member_text(from, value, false);
    uint64_t size = (uint64_t)(end - from);
    if (!memchr(from, '\n', (size_t)size)) {
        *out = '=';
    } else {
        memmove(from + 8, from, (size_t)size);
        *out = '\n';
        for (unsigned i = 0; i < 8; i++) from[i] = (char)(size >> (8 * i) & 0xff);
        end += 8;
    }
    *end++ = '\n';
    return end;
}

static char *put_plain(char *out, const char *key, struct hr_slice value) {
    out = hr__log_copy_slice(out, hr_slice_of(key));
    return put_value(out, value);
}

static char *put_member(char *out, const struct hr__log_member *member) {
    struct hr_slice inside;
    struct hr__log_member part;
    if (!hr__log_member_inside(member->value, &inside))
        return put_value(put_key(out, hr_slice_bytes(NULL, 0), member->key), member->value);
    while (hr__log_member_next(&inside, &part))
        out = put_value(put_key(out, member->key, part.key), part.value);
    return out;
}

static char *put_place(char *out, const struct hr__log_record *record) {
    const struct hr__log_site *site = NULL;
    char line[HR_LOG_NUMBER_BYTES];
    if (hr__log_record_site(record) >= HR_LOG_SITE_FIRST)
        site = hr__log_site_find(&hr__log_dictionary, hr__log_record_site(record));
    if (!site || site->file.size == 0) return out;
    size_t size = (size_t)(hr__log_put_u64(line, site->line) - line);
    out = LITERAL(out, "CODE_FILE=");
    out = hr__log_put_line(out, site->file);
    out = LITERAL(out, "\nCODE_LINE=");
    out = hr__log_copy(out, line, size);
    out = LITERAL(out, "\nCODE_FUNC=");
    out = hr__log_put_line(out, site->function);
    *out++ = '\n';
    return out;
}

static char *rewrite_journal(struct hr__log_sink *sink, const struct hr__log_record *record,
                             struct hr_slice line, char *out) {
    static const char *const own[] = {"TIMESTAMP", "LEVEL", "LOGGER", "MESSAGE"};
    struct hr_slice rest = hr_slice_bytes(line.data + 1, line.size - 3); /* without {, } and \n */
    struct hr__log_member member;
    out = LITERAL(out, "PRIORITY=");
    out = hr__log_put_u64(out, hr__log_socket_severity(record));
    out = LITERAL(out, "\nSYSLOG_IDENTIFIER=");
    out = hr__log_copy_slice(out, hr_slice_of(sink->socket->identifier));
    *out++ = '\n';
    out = put_place(out, record);
    for (unsigned i = 0; hr__log_member_next(&rest, &member); i++)
        out = i < 4 ? put_plain(out, own[i], member.value) : put_member(out, &member);
    return out;
}

const struct hr__log_sink_class hr__log_sink_journal = {
    .name = "journald",
    .drops = true,
    .open = open_journal,
    .rewrite = rewrite_journal,
    .write = hr__log_socket_write,
    .close = hr__log_socket_close,
};
