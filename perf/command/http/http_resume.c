/* -C: a body that goes on where a file ends, and never behind bytes that are not its beginning. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include <headrace/text.h>

#include "http_call.h"
#include "shown.h"

#define BYTES           "bytes "
#define AGAIN_MS        100 /* before the first repetition; twice as long before each next one */
#define AGAIN_DOUBLINGS 6

/* A file that is there must end where the rest is to begin. */
static int check_size(const struct http_call *call, uint64_t wanted) {
    const struct local_target *target = &call->response.target;
    uint64_t begin = call->response.part.begin;
    if (target->fd < 0 || target->direct || begin == 0 || begin == wanted) return EXIT_DONE;
    output_complain("http: --continue-at %" PRIu64 ": %s has %" PRIu64
                    " bytes, give that number or -",
                    wanted, target->path, begin);
    return EXIT_USAGE;
}

/* For this request only. */
static void add(struct http_call *call, const char *name, const char *value) {
    assert(call->request.field_count < HTTP_FIELDS_MAX + HTTP_FIELDS_ADDED);
    call->fields.list[call->request.field_count++] =
        (struct hr_http_field){.name = hr_slice_of(name), .value = hr_slice_of(value)};
}

int http_resume_open(struct http_call *call) {
    const char *text = call->values->output.continue_at;
    struct http_part *part = &call->response.part;
    part->resuming = true;
    part->offset = call->response.target.fd >= 0 ? part->begin : 0;
    if (strcmp(text, "-") != 0 && !call->resume.count) {
        uint64_t wanted = 0;
        if (hr_text_u64(hr_slice_of(text), INT64_MAX, &wanted) != 0)
            return output_usage("http", "--continue-at %s: it is neither a number of bytes nor -",
                                text);
        int code = check_size(call, wanted);
        if (code) return code;
        part->offset = wanted;
    }
    if (http_field_is_given(call, "Range"))
        return output_usage("http", "--continue-at %s and a Range exclude each other", text);
    if (!part->offset) return EXIT_DONE;
    snprintf(call->resume.range, sizeof call->resume.range, "bytes=%" PRIu64 "-", part->offset);
    add(call, "Range", call->resume.range);
    /* Another file than the one that broke off comes whole, and is refused. */
    if (call->resume.count && *call->resume.etag && !http_field_is_given(call, "If-Range"))
        add(call, "If-Range", call->resume.etag);
    return EXIT_DONE;
}

/* Reads "bytes FIRST-LAST/WHOLE" or "bytes *" "/WHOLE"; false: it is neither. */
static bool read_content_range(struct hr_slice text, uint64_t *first, uint64_t *whole) {
    size_t prefix = strlen(BYTES);
    const char *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
    if (!slash || text.size < prefix ||
        !hr_slice_equal_nocase(hr_slice_bytes(text.data, prefix), hr_slice_of(BYTES)))
        return false;
    const char *at = text.data + prefix, *end = text.data + text.size;
    const char *dash = memchr(at, '-', (size_t)(slash - at));
    *whole = UINT64_MAX;
    *first = UINT64_MAX;
    struct hr_slice size = hr_slice_bytes(slash + 1, (size_t)(end - slash - 1));
    if (!hr_slice_equal(size, hr_slice_of("*")) && hr_text_u64(size, INT64_MAX, whole) != 0)
        return false;
    if (dash) return hr_text_u64(hr_slice_bytes(at, (size_t)(dash - at)), INT64_MAX, first) == 0;
    return slash - at == 1 && *at == '*';
}

/* Nothing is left where the server says that it has as many bytes as the file. */
int http_resume_head(struct http_part *part, const struct hr_http_head *head) {
    uint64_t first = UINT64_MAX, whole = UINT64_MAX;
    struct hr_slice range = hr_http_head_find(head, "Content-Range");
    bool told = read_content_range(range, &first, &whole);
    if (part->offset == 0) {
        if (head->status / 100 == 2 && head->status != 206) return 0;
    } else if (head->status == 206) {
        if (told && first == part->offset) return 0;
    } else if (head->status == 416) {
        part->had_all = !range.data || (told && whole == part->offset);
    } else if (head->status == 200) {
        part->had_all = head->has_content_length && head->content_length == part->offset;
    }
    part->refused = !part->had_all;
    return part->had_all ? -ECANCELED : HR_ERR_HTTP_UNEXPECTED;
}

/* Says why nothing was appended. */
static void refuse(const struct http_part *part, int status, struct hr_error *error) {
    const int result = HR_ERR_HTTP_UNEXPECTED;
    switch (status) {
    case 200:
        hr_error_set(error, result,
                     "the server sends the whole and not what is missing from byte %" PRIu64
                     " on: nothing was appended",
                     part->offset);
        break;
    case 206:
        hr_error_set(error, result,
                     "the server sends another part than that from byte %" PRIu64
                     " on: nothing was appended",
                     part->offset);
        break;
    case 416:
        hr_error_set(error, result,
                     "the server has not so many bytes as %" PRIu64 ": it is another file",
                     part->offset);
        break;
    default:
        hr_error_set(error, result, "answered with status %d: nothing was written", status);
        break;
    }
}

int http_resume_end(struct http_call *call, int result, struct hr_error *error) {
    const struct http_part *part = &call->response.part;
    if (result == -ECANCELED && part->had_all && !call->session.signal) {
        *error = (struct hr_error){.code = 0};
        return 0;
    }
    if (result != HR_ERR_HTTP_UNEXPECTED || !part->refused) return result;
    refuse(part, call->response.status, error);
    error->http_status = call->response.status;
    return result;
}

static bool is_cut(int result) {
    switch (result) {
    case HR_ERR_HTTP_TRUNCATED:
    case HR_ERR_TLS_TRUNCATED:
    case HR_ERR_STALL_TIMEOUT:
    case HR_ERR_TOO_SLOW:
    case -ECONNRESET:
    case -EPIPE:
        return true;
    default:
        return false;
    }
}

/* A strong entity tag alone says that two parts are of one file. */
static void keep_etag(struct http_call *call) {
    struct hr_slice etag = http_heads_field(&call->response.heads, "ETag");
    bool strong = etag.size > 1 && etag.data[0] == '"' && etag.size < sizeof call->resume.etag;
    hr_text_copy(call->resume.etag, sizeof call->resume.etag, strong ? etag : hr_slice_of(""));
}

bool http_resume_again(struct http_call *call, int result, const struct hr_error *error) {
    const struct http_part *part = &call->response.part;
    uint64_t times = call->resume.count;
    if (!part->resuming || times >= call->values->policy.retry || !is_cut(result)) return false;
    if (part->offset != part->begin || part->position == part->begin) return false;
    output_complain("%s: %s: going on from byte %" PRIu64, shown_url(call->request.url),
                    error->message, part->position);
    keep_etag(call);
    call->resume.count++;
    /* A signal ends the wait; the next request sees it. */
    struct pollfd signalled = {.fd = call->session.signal_fd, .events = POLLIN};
    poll(&signalled, 1, AGAIN_MS << (times < AGAIN_DOUBLINGS ? times : AGAIN_DOUBLINGS));
    return true;
}
