/* Heads, written byte by byte into memory of the caller. Everything that comes from outside is
 * checked first: what is written is one head, whatever it was made of. */
#include <assert.h>
#include <errno.h>

#include <headrace/body.h>
#include <headrace/clock.h>
#include <headrace/error.h>
#include <net/chars.h>

#include "http1_write.h"

/* Counts on when there is no room, so that overflow is looked at once, at the end. */
struct writer {
    char *out;
    size_t capacity, size;
};

static void put(struct writer *writer, struct hr_slice text) {
    if (text.size > 0 && writer->size <= writer->capacity &&
        text.size <= writer->capacity - writer->size)
        memcpy(writer->out + writer->size, text.data, text.size);
    writer->size += text.size;
}

static void put_text(struct writer *writer, const char *text) {
    put(writer, hr_slice_of(text));
}

static void put_number(struct writer *writer, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(writer, hr_slice_bytes(digits + at, sizeof digits - at));
}

/* Counted and looked at for room as a whole: most of a head is this. */
static void put_field(struct writer *writer, struct hr_slice name, struct hr_slice value) {
    size_t size = name.size + value.size + 4, at = writer->size;
    writer->size += size;
    if (at > writer->capacity || size > writer->capacity - at) return;
    char *out = writer->out + at;
    memcpy(out, name.data, name.size);
    memcpy(out + name.size, ": ", 2);
    if (value.size > 0) memcpy(out + name.size + 2, value.data, value.size);
    memcpy(out + size - 2, "\r\n", 2);
}

static void put_content_length(struct writer *writer, uint64_t size) {
    put_text(writer, "Content-Length: ");
    put_number(writer, size);
    put_text(writer, "\r\n");
}

static ssize_t written(const struct writer *writer) {
    return writer->size <= writer->capacity ? (ssize_t)writer->size : -ENOBUFS;
}

/* Which of the fields that are otherwise written here are among the caller's. */
struct given {
    unsigned hosts;
    bool user_agent, expect, date;
};

/* Most names are of no length that matters. */
static int check_name(struct hr_slice name, struct given *given) {
    switch (name.size) {
    case 4:
        if (hr__http1_is(name, "Host") && given->hosts++ > 0) return HR_ERR_HEADER_INVALID;
        given->date |= hr__http1_is(name, "Date");
        return 0;
    case 6:
        given->expect |= hr__http1_is(name, "Expect");
        return 0;
    case 10:
        given->user_agent |= hr__http1_is(name, "User-Agent");
        return hr__http1_is(name, "Connection") ? -EINVAL : 0;
    case 14:
        return hr__http1_is(name, "Content-Length") ? -EINVAL : 0;
    case 17:
        return hr__http1_is(name, "Transfer-Encoding") ? -EINVAL : 0;
    default:
        return 0;
    }
}

static bool may_stand(const struct hr_http_field *field) {
    return hr__http1_is_token(field->name) && hr__http1_is_field_value(field->value);
}

static int check_fields(const struct hr_http_field *fields, size_t count, bool checked,
                        struct given *given) {
    for (size_t i = 0; i < count; i++) {
        assert(!checked || may_stand(&fields[i]));
        if (!checked && !may_stand(&fields[i])) return HR_ERR_HEADER_INVALID;
        int err = check_name(fields[i].name, given);
        if (err) return err;
    }
    return 0;
}

static void put_fields(struct writer *writer, const struct hr_http_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) put_field(writer, fields[i].name, fields[i].value);
}

static int check_request(const struct hr_http1_request_head *head, struct given *given) {
    if (!hr__http1_is_token(head->method)) return HR_ERR_METHOD_INVALID;
    if (!hr__http1_is_target(head->target)) return HR_ERR_TARGET_INVALID;
    if (head->query.size > 0 && !hr__http1_is_target(head->query)) return HR_ERR_TARGET_INVALID;
    if (head->absolute && !hr__http1_is_target(head->authority)) return HR_ERR_TARGET_INVALID;
    for (int list = 0; list < 2; list++) {
        bool checked = list == 0 && head->checked;
        int err = check_fields(head->fields[list], head->field_counts[list], checked, given);
        if (err) return err;
    }
    /* A byte that a target may have, a host may have too, as far as injection goes. */
    if (given->hosts == 0 && !hr__http1_is_target(head->host)) return HR_ERR_HEADER_INVALID;
    for (size_t i = 0; i < head->trailer_count; i++)
        if (!hr__http1_is_token(head->trailers[i].name)) return HR_ERR_HEADER_INVALID;
    return hr__http1_is_field_value(head->user_agent) ? 0 : HR_ERR_HEADER_INVALID;
}

/* Of these methods a server expects content, and wants to be told that there is none (RFC 9110
 * 8.6). Methods are case-sensitive. */
static bool expects_content(struct hr_slice method) {
    return hr_slice_equal(method, hr_slice_of("PUT")) ||
           hr_slice_equal(method, hr_slice_of("POST")) ||
           hr_slice_equal(method, hr_slice_of("PATCH"));
}

static void put_request_line(struct writer *writer, const struct hr_http1_request_head *head) {
    put(writer, head->method);
    put_text(writer, " ");
    if (head->absolute) {
        put_text(writer, "http://");
        put(writer, head->authority);
    }
    put(writer, head->target);
    if (head->query.data) {
        put_text(writer, "?");
        put(writer, head->query);
    }
    put_text(writer, " HTTP/1.1\r\n");
}

static void put_trailer_names(struct writer *writer, const struct hr_http1_request_head *head) {
    for (size_t i = 0; i < head->trailer_count; i++) {
        put_text(writer, i == 0 ? "Trailer: " : ", ");
        put(writer, head->trailers[i].name);
    }
    if (head->trailer_count > 0) put_text(writer, "\r\n");
}

ssize_t hr__http1_write_request(const struct hr_http1_request_head *head, char *out,
                                size_t capacity) {
    struct given given = {.hosts = 0};
    int err = check_request(head, &given);
    if (err) return err;
    struct writer writer = {.out = out, .capacity = capacity};
    put_request_line(&writer, head);
    if (given.hosts == 0) put_field(&writer, hr_slice_of("Host"), head->host);
    if (!given.user_agent && head->user_agent.size > 0)
        put_field(&writer, hr_slice_of("User-Agent"), head->user_agent);
    for (int list = 0; list < 2; list++)
        put_fields(&writer, head->fields[list], head->field_counts[list]);
    put_trailer_names(&writer, head);
    if (head->has_body && head->body_size == HR_SIZE_UNKNOWN)
        put_text(&writer, "Transfer-Encoding: chunked\r\n");
    else if (head->has_body || expects_content(head->method))
        put_content_length(&writer, head->has_body ? head->body_size : 0);
    if (head->expect_continue && !given.expect) put_text(&writer, "Expect: 100-continue\r\n");
    if (head->close) put_text(&writer, "Connection: close\r\n");
    put_text(&writer, "\r\n");
    return written(&writer);
}

bool hr__http1_is_trailer(struct hr_slice name) {
    static const char *const others[] = {
        "Age",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Range",
        "Content-Type",
        "Cookie",
        "Date",
        "Expect",
        "Expires",
        "Host",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Keep-Alive",
        "Location",
        "Max-Forwards",
        "Pragma",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Range",
        "Retry-After",
        "Set-Cookie",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Vary",
        "Via",
        "WWW-Authenticate",
    };
    if (!hr__http1_is_token(name)) return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(others[i]))) return false;
    return true;
}

ssize_t hr__http1_write_trailers(const struct hr_http_field *fields, size_t count, char *out,
                                 size_t capacity) {
    for (size_t i = 0; i < count; i++)
        if (!hr__http1_is_token(fields[i].name) || !hr__http1_is_field_value(fields[i].value))
            return HR_ERR_HEADER_INVALID;
    struct writer writer = {.out = out, .capacity = capacity};
    put_fields(&writer, fields, count);
    put_text(&writer, "\r\n");
    return written(&writer);
}

static void put_response_framing(struct writer *writer, const struct hr_http1_response_head *head) {
    bool forbidden = head->status < 200 || head->status == 204 || head->status == 304;
    if (forbidden || head->until_close) return;
    if (head->body_size == HR_SIZE_UNKNOWN)
        put_text(writer, "Transfer-Encoding: chunked\r\n");
    else
        put_content_length(writer, head->body_size);
}

ssize_t hr__http1_write_response(const struct hr_http1_response_head *head, char *out,
                                 size_t capacity) {
    struct given given = {.hosts = 0};
    if (head->status < 100 || head->status > 999) return -EINVAL;
    int err = check_fields(head->fields, head->field_count, false, &given);
    if (err) return err;
    struct writer writer = {.out = out, .capacity = capacity};
    put_text(&writer, "HTTP/1.1 ");
    put_number(&writer, (uint64_t)head->status);
    put_text(&writer, " ");
    put_text(&writer, hr__http1_reason(head->status));
    put_text(&writer, "\r\n");
    if (!given.date && head->status >= 200) {
        char date[HR_DATE_HTTP_SIZE];
        hr_date_http(head->date_s, date);
        put_field(&writer, hr_slice_of("Date"), hr_slice_of(date));
    }
    put_fields(&writer, head->fields, head->field_count);
    put_response_framing(&writer, head);
    if (head->close || head->until_close) put_text(&writer, "Connection: close\r\n");
    put_text(&writer, "\r\n");
    return written(&writer);
}

size_t hr__http1_write_chunk_head(uint64_t size, char *out) {
    static const char digits[] = "0123456789abcdef";
    char text[16];
    size_t at = sizeof text;
    do {
        text[--at] = digits[size & 15];
        size >>= 4;
    } while (size > 0);
    size_t count = sizeof text - at;
    memcpy(out, text + at, count);
    out[count] = '\r';
    out[count + 1] = '\n';
    return count + 2;
}

unsigned hr__http1_frame_chunk(struct iovec *iov, unsigned count, size_t size, bool last,
                               char head[HR_HTTP1_CHUNK_HEAD_MAX]) {
    static const char end[] = "\r\n0\r\n\r\n";
    if (size == 0) {
        iov[0] = (struct iovec){.iov_base = (char *)end + 2, .iov_len = sizeof end - 3};
        return last ? 1 : 0;
    }
    assert(count > 0);
    iov[0] = (struct iovec){.iov_base = head, .iov_len = hr__http1_write_chunk_head(size, head)};
    iov[count + 1] = (struct iovec){.iov_base = (char *)end, .iov_len = last ? sizeof end - 1 : 2};
    return count + 2;
}

const char *hr__http1_reason(int status) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {102, "Processing"},
        {103, "Early Hints"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {203, "Non-Authoritative Information"},
        {204, "No Content"},
        {205, "Reset Content"},
        {206, "Partial Content"},
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {424, "Failed Dependency"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
        {508, "Loop Detected"},
        {511, "Network Authentication Required"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status) return reasons[i].reason;
    return "";
}
