/* The lines of a head, judged as they come: strict where RFC 9112 lets a recipient choose, because
 * two recipients that choose differently are how requests are smuggled. */
#include <headrace/error.h>
#include <net/chars.h>

#include "http1_parse.h"
#include "http1_scan.h"

/* The longest registered method has 17 (UPDATEREDIRECTREF). */
#define METHOD_SIZE_MAX 32

static const char no_method[] = "the request line does not begin with a method";

static const char version[] = "HTTP/1.";

/* "HTTP/1.0" or "HTTP/1.1", all of it. */
static bool is_version(struct hr_slice text) {
    return text.size == 8 && memcmp(text.data, version, 7) == 0 &&
           (text.data[7] == '0' || text.data[7] == '1');
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* HTTP-version SP 3DIGIT [SP reason]. The blank before an empty reason is often forgotten. */
static const char *judge_status_line(struct hr_slice line) {
    if (line.size < 12 || !is_version(hr_slice_bytes(line.data, 8)) || line.data[8] != ' ')
        return "the status line does not begin with HTTP/1.0 or HTTP/1.1";
    if (!is_digit(line.data[9]) || !is_digit(line.data[10]) || !is_digit(line.data[11]) ||
        line.data[9] == '0' || (line.size > 12 && line.data[12] != ' '))
        return "the status is not a number of three digits";
    return NULL;
}

/* method SP target SP HTTP-version, each blank exactly one. */
static const char *judge_request_line(struct hr_slice line) {
    size_t method = hr__http1_span(line, HR_CHAR_TOKEN);
    if (method > METHOD_SIZE_MAX) return HR_HTTP1_REASON_METHOD;
    if (method == 0 || method == line.size || line.data[method] != ' ') return no_method;
    struct hr_slice rest = hr_slice_bytes(line.data + method + 1, line.size - method - 1);
    size_t target = hr__http1_span(rest, HR_CHAR_TARGET);
    if (target == 0 || target == rest.size || rest.data[target] != ' ')
        return "the request target is missing or has a byte that is not allowed";
    struct hr_slice end = hr_slice_bytes(rest.data + target + 1, rest.size - target - 1);
    if (is_version(end)) return NULL;
    if (end.size == 8 && memcmp(end.data, version, 5) == 0 && is_digit(end.data[5]) &&
        end.data[6] == '.' && is_digit(end.data[7]))
        return HR_HTTP1_REASON_VERSION;
    return "the request line does not end with HTTP/1.0 or HTTP/1.1";
}

/* field-name ":" value. The bytes of the value have been looked at already. */
static const char *judge_field_line(struct hr_slice line) {
    if (hr__http1_is_blank(line.data[0])) return "a folded header line";
    const char *colon = memchr(line.data, ':', line.size);
    if (colon && hr__http1_is_token(hr_slice_bytes(line.data, (size_t)(colon - line.data))))
        return NULL;
    size_t name = hr__http1_span(line, HR_CHAR_TOKEN);
    if (name == line.size) return "a header line without a colon";
    return "a byte that is not allowed in a header name";
}

/* Another protocol is told from its first bytes: its peer may wait for us, and never send a line.
 * What is refused here is also refused when the line is complete. */
static const char *judge_beginning(enum hr_http1_section section, struct hr_slice part) {
    if (section == HR_HTTP1_RESPONSE_HEAD) {
        size_t size = part.size < 7 ? part.size : 7;
        if (memcmp(part.data, version, size) != 0)
            return "the status line does not begin with HTTP/1.0 or HTTP/1.1";
    } else if (section == HR_HTTP1_REQUEST_HEAD) {
        size_t method = hr__http1_span(hr_slice_bytes(part.data, part.size < METHOD_SIZE_MAX + 1
                                                                     ? part.size
                                                                     : METHOD_SIZE_MAX + 1),
                                       HR_CHAR_TOKEN);
        if (method > METHOD_SIZE_MAX) return HR_HTTP1_REASON_METHOD;
        if (method < part.size && (method == 0 || part.data[method] != ' ')) return no_method;
    }
    return NULL;
}

/* Bytes [scanned, end) of the current line. A CR counts as text only as the very last byte, where
 * its LF follows or has yet to come. */
static bool text_is_clean(const struct hr_http1_scan *scan, const char *data, size_t end,
                          bool bare_feeds) {
    if (scan->scanned > scan->line && data[scan->scanned - 1] == '\r') {
        /* The LF has to be the next byte, and the end of the line. */
        return end == scan->scanned + 1 && data[scan->scanned] == '\n';
    }
    size_t stop = end;
    if (data[stop - 1] == '\n') {
        stop--;
        bool bare = stop == scan->scanned || data[stop - 1] != '\r';
        if (bare && !bare_feeds) return false;
    }
    if (stop > scan->scanned && data[stop - 1] == '\r') stop--;
    return hr__http1_is_text(hr_slice_bytes(data + scan->scanned, stop - scan->scanned));
}

/* 1: that was the empty line at the end. */
static int end_line(struct hr_http1_scan *scan, enum hr_http1_section section,
                    const struct hr_http1_scan_limits *limits, struct hr_slice line,
                    const char **reason) {
    scan->line = scan->scanned;
    if (section != HR_HTTP1_TRAILERS && !scan->started) {
        /* A server ignores empty lines before a request (RFC 9112 2.2); a response has none. */
        if (line.size == 0 && section == HR_HTTP1_REQUEST_HEAD) {
            scan->start = scan->scanned;
            return 0;
        }
        *reason =
            section == HR_HTTP1_REQUEST_HEAD ? judge_request_line(line) : judge_status_line(line);
        scan->started = true;
        return *reason ? HR_ERR_HTTP_MALFORMED : 0;
    }
    if (line.size == 0) return 1;
    if (scan->fields == limits->fields_max) {
        *reason = "more header fields than response.head_fields_max";
        return HR_ERR_HTTP_HEAD_TOO_LARGE;
    }
    scan->fields++;
    *reason = judge_field_line(line);
    return *reason ? HR_ERR_HTTP_MALFORMED : 0;
}

/* Bytes [begin, end), without a CR at the end. */
static struct hr_slice without_return(const char *data, size_t begin, size_t end) {
    if (end > begin && data[end - 1] == '\r') end--;
    return hr_slice_bytes(data + begin, end - begin);
}

/* The line that begins at `begin`, as far as it is there and without its end. */
static struct hr_slice line_at(const char *data, size_t begin, size_t size) {
    const char *feed = memchr(data + begin, '\n', size - begin);
    return without_return(data, begin, feed ? (size_t)(feed - data) : size);
}

static int refuse(struct hr_http1_scan *scan, const char *data, size_t size, size_t begin) {
    scan->bad_line = line_at(data, begin, size);
    size_t before = begin > scan->start ? begin - 1 : scan->start;
    while (before > scan->start && data[before - 1] != '\n') before--;
    scan->line_before = begin > before ? line_at(data, before, begin) : hr_slice_bytes("", 0);
    return HR_ERR_HTTP_MALFORMED;
}

int hr__http1_scan(struct hr_http1_scan *scan, enum hr_http1_section section,
                   const struct hr_http1_scan_limits *limits, const char *data, size_t size,
                   const char **reason) {
    size_t window = size <= limits->bytes_max ? size : limits->bytes_max + 1;
    bool bare_feeds = limits->lenient && section != HR_HTTP1_TRAILERS;
    while (scan->scanned < window) {
        size_t begin = scan->line;
        const char *feed = memchr(data + scan->scanned, '\n', window - scan->scanned);
        size_t end = feed ? (size_t)(feed - data) + 1 : window;
        if (!text_is_clean(scan, data, end, bare_feeds)) {
            *reason = "a control character, or a line that does not end with CR LF";
            return refuse(scan, data, window, begin);
        }
        scan->scanned = end;
        if (feed && end <= limits->bytes_max) {
            int result =
                end_line(scan, section, limits, without_return(data, begin, end - 1), reason);
            if (result == HR_ERR_HTTP_MALFORMED) return refuse(scan, data, window, begin);
            if (result) return result;
        } else if (!scan->started && data[begin] != '\r') {
            *reason = judge_beginning(section, hr_slice_bytes(data + begin, end - begin));
            if (*reason) return refuse(scan, data, window, begin);
        }
    }
    if (window > limits->bytes_max) {
        *reason = "the head is larger than response.head_bytes_max";
        return HR_ERR_HTTP_HEAD_TOO_LARGE;
    }
    return 0;
}
