/* Where a broken GET goes on, and what its response must be. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "s3_call.h"

static struct hr_s3_get *get_of(const struct hr__s3_call *call) {
    assert(call->row->operation.kind == HR__S3_GET);
    return hr__container_of(call->request, struct hr_s3_get, request);
}

bool hr__s3_resume_asks(const struct hr__s3_call *call) {
    return call->resume.asked && call->row->operation.kind == HR__S3_GET;
}

/* ---- The request. */

/* The place behind the first `taken` bytes. */
static void move_sink(struct hr_sink *sink, uint64_t taken) {
    if (sink->kind == HR_SINK_BYTES) {
        assert(taken <= sink->capacity);
        sink->data = (char *)sink->data + taken;
        sink->capacity -= (size_t)taken;
    }
    sink->offset += taken; /* the others have no use for it */
}

void hr__s3_resume_prepare(struct hr__s3_call *call, struct hr_sink *sink) {
    struct hr__s3_resume *resume = &call->resume;
    *sink = *call->sink;
    if (!resume->asked) {
        *resume = (struct hr__s3_resume){.known = false};
        return;
    }
    resume->anew = false;
    resume->base = resume->at = resume->taken;
    move_sink(sink, resume->taken);
}

static void ask_rest(struct hr__s3_call *call) {
    const struct hr__s3_resume *resume = &call->resume;
    struct hr__s3_parameters *parameters = &call->parameters;
    parameters->ranged = true;
    parameters->range_first = resume->first + resume->taken;
    parameters->range_last = resume->sized ? resume->last : UINT64_MAX;
    parameters->if_match = hr_slice_of(get_of(call)->info.etag);
    assert(parameters->range_first <= parameters->range_last && parameters->if_match.size > 0);
}

void hr__s3_resume_forget(struct hr__s3_call *call) {
    const struct hr_s3_get *get = get_of(call);
    struct hr__s3_parameters *parameters = &call->parameters;
    call->resume = (struct hr__s3_resume){.known = false};
    parameters->ranged = get->ranged;
    parameters->range_first = get->range_first;
    parameters->range_last = get->range_last;
    parameters->if_match = hr_slice_bytes(NULL, 0);
}

/* ---- The first response. */

static void note_range(struct hr__s3_resume *resume, const struct hr_http_head *head) {
    struct hr__content_range range;
    if (head->status != 206) {
        resume->sized = head->has_content_length && head->content_length > 0;
        resume->total = head->content_length;
        resume->last = head->content_length - 1;
    } else if (hr__content_range_parse(hr_http_head_find(head, "content-range"), &range) == 0) {
        resume->sized = range.sized;
        resume->total = range.size;
        resume->first = range.first;
        resume->last = range.last;
    } else {
        resume->known = false;
    }
}

void hr__s3_resume_note(struct hr__s3_call *call, const struct hr_http_head *head,
                        const struct hr_s3_get *get) {
    struct hr__s3_resume *resume = &call->resume;
    const struct hr__marks *marks = &call->attempt.marks;
    /* An ETag that was too long for `info` is none. */
    *resume =
        (struct hr__s3_resume){.known = get->info.etag[0] && marks->strong, .coded = marks->coded};
    if (resume->known) note_range(resume, head);
    /* A coding that was put on for the way has no length, and no ETag of its own. */
    if (resume->coded && !head->has_content_length) resume->known = false;
}

/* ---- The response to a request for the rest. */

static bool is_same(const struct hr__s3_call *call, const struct hr_http_head *head) {
    struct hr_slice etag = hr_http_head_find(head, "etag");
    return etag.size > 2 && etag.data[0] == '"' &&
           call->attempt.marks.coded == call->resume.coded &&
           hr_slice_equal(hr__unquote(etag), hr_slice_of(get_of(call)->info.etag));
}

static int say_changed(const struct hr__s3_call *call, struct hr_error *error) {
    return hr_error_set(error, HR_ERR_S3_CHANGED,
                        "the object changed, and the first %" PRIu64
                        " bytes of the one before have been handed on; get it anew",
                        call->resume.taken);
}

/* Another object. Its own body can take the place of what has come, where that can be taken back.
 */
static int change(struct hr__s3_call *call, const struct hr_http_head *head,
                  struct hr_error *error) {
    const struct hr_s3_get *get = get_of(call);
    if (call->resume.given_away) return say_changed(call, error);
    if (head->status == 206 || get->ranged || get->options.part_number) {
        call->resume.anew = true;
        return HR_ERR_S3_CHANGED;
    }
    hr__s3_resume_forget(call);
    call->http.sink = *call->sink;
    return call->row->answer_head(call, head, error);
}

static int refuse_rest(const struct hr__s3_call *call, struct hr_error *error) {
    const struct hr__s3_parameters *parameters = &call->parameters;
    return hr_error_set(error, HR_ERR_S3_RESPONSE,
                        "the store was asked for the bytes from %" PRIu64
                        " on of an object that broke off, and its Content-Range or Content-Length "
                        "is of others",
                        parameters->range_first);
}

static int check_rest(struct hr__s3_call *call, const struct hr_http_head *head,
                      struct hr_error *error) {
    struct hr__s3_resume *resume = &call->resume;
    struct hr__content_range range;
    if (hr__content_range_parse(hr_http_head_find(head, "content-range"), &range) != 0 ||
        range.first != call->parameters.range_first || !range.sized)
        return refuse_rest(call, error);
    if (!resume->sized) {
        resume->total = range.size;
        resume->last = range.size - 1;
        resume->sized = true;
    }
    if (range.size != resume->total || range.last != resume->last ||
        (head->has_content_length && head->content_length != range.last - range.first + 1))
        return refuse_rest(call, error);
    return 0;
}

/* Takes what is new of an object that comes from its first byte again. */
static ssize_t consume_new(void *user, const void *data, size_t size) {
    struct hr__s3_call *call = user;
    const struct hr__s3_resume *resume = &call->resume;
    uint64_t old = resume->taken > resume->at ? resume->taken - resume->at : 0;
    if (old >= size) return (ssize_t)size;
    ssize_t taken = call->sink->consume(call->sink->user, (const char *)data + old, size - old);
    return taken < 0 ? taken : (ssize_t)old + taken;
}

/* The whole object in place of the rest. */
static int take_whole(struct hr__s3_call *call, const struct hr_http_head *head,
                      struct hr_error *error) {
    struct hr__s3_resume *resume = &call->resume;
    const struct hr_s3_get *get = get_of(call);
    bool skips = call->sink->kind == HR_SINK_CONSUMER;
    if (get->ranged || get->options.part_number || (resume->given_away && !skips))
        return hr_error_set(error, HR_ERR_HTTP_UNEXPECTED,
                            "the store was asked for the rest of an object that broke off after "
                            "%" PRIu64 " bytes, and sent all of it",
                            resume->taken);
    resume->base = resume->at = 0;
    if (skips) {
        call->http.sink = hr_sink_consumer(consume_new, call);
        return 0;
    }
    call->http.sink = *call->sink;
    resume->taken = resume->hashed = 0;
    return hr__s3_validate_head(call, head, get, error);
}

int hr__s3_resume_head(struct hr__s3_call *call, const struct hr_http_head *head,
                       struct hr_error *error) {
    if (!is_same(call, head)) return change(call, head, error);
    return head->status == 206 ? check_rest(call, head, error) : take_whole(call, head, error);
}

/* ---- The body. */

size_t hr__s3_resume_body(struct hr__s3_call *call, size_t size) {
    struct hr__s3_resume *resume = &call->resume;
    uint64_t seen = resume->hashed > resume->at ? resume->hashed - resume->at : 0;
    assert(resume->at <= resume->hashed);
    resume->at += size;
    if (resume->at > resume->hashed) resume->hashed = resume->at;
    return seen < size ? (size_t)seen : size;
}

/* ---- The end of an attempt. */

int hr__s3_resume_end(struct hr__s3_call *call, const struct hr_http_outcome *outcome,
                      struct hr_error *error) {
    struct hr__s3_resume *resume = &call->resume;
    uint64_t taken = resume->base + outcome->delivered;
    resume->given_away |= outcome->given_away;
    if (taken > resume->taken) resume->taken = taken;
    if (outcome->result < 0 || !resume->asked || !resume->sized ||
        resume->at == resume->last - resume->first + 1)
        return 0;
    return hr_error_set(error, HR_ERR_S3_RESPONSE,
                        "an object that broke off ended at %" PRIu64 " bytes, and %" PRIu64
                        " were announced",
                        resume->at, resume->last - resume->first + 1);
}

bool hr__s3_resume_go_on(struct hr__s3_call *call) {
    struct hr__s3_resume *resume = &call->resume;
    if (!resume->known) return false;
    if (resume->sized && resume->taken > resume->last - resume->first) return false;
    resume->asked = true;
    ask_rest(call);
    return true;
}

enum hr_http_verdict hr__s3_resume_refused(struct hr__s3_call *call) {
    if (!hr__s3_resume_asks(call) || !call->resume.anew) return HR_HTTP_FINAL;
    hr__s3_resume_forget(call);
    return HR_HTTP_TRANSIENT;
}

enum hr_http_verdict hr__s3_resume_status(struct hr__s3_call *call, struct hr_http_outcome *outcome,
                                          enum hr_http_verdict verdict) {
    if (!hr__s3_resume_asks(call) || (outcome->status != 412 && outcome->status != 416))
        return verdict;
    if (!call->resume.given_away) {
        hr__s3_resume_forget(call);
        return HR_HTTP_TRANSIENT;
    }
    outcome->result = say_changed(call, &call->http.request.error);
    return HR_HTTP_FINAL;
}

/* Where it has been given away, net says so. */
enum hr_http_verdict hr__s3_resume_again(struct hr__s3_call *call) {
    if (!call->resume.given_away) hr__s3_resume_forget(call);
    return HR_HTTP_TRANSIENT;
}

uint64_t hr__s3_resume_bytes(const struct hr__s3_call *call) {
    const struct hr__s3_resume *resume = &call->resume;
    bool own = !call->attempt.bad_status && !call->attempt.empty;
    uint64_t at = own ? resume->base + call->http.body_bytes : 0;
    return at > resume->taken ? at : resume->taken;
}
