/* A GET that broke off goes on behind the bytes that have come, as long as the object is the same:
 * Range from there, and If-Match with the ETag of the first response. Reactor thread only. */
#ifndef HR_S3_RESUME_H
#define HR_S3_RESUME_H

#include <headrace/s3_object.h>
#include <net/http_hooks.h>

struct hr__s3_call;

/* Of one call; positions are counted from the first byte of the body that the user gets. */
struct hr__s3_resume {
    bool known;      /* a head has told what object it is, by a strong ETag */
    bool asked;      /* attempts ask for the rest */
    bool given_away; /* bytes are where they cannot be taken back from */
    bool anew;       /* the object is another one now: the next attempt begins at its first byte */
    bool sized;      /* `last` and `total` are known */
    bool coded;      /* the response had a Content-Encoding */
    uint64_t first;  /* byte of the object that position 0 is … */
    uint64_t last;   /* … and its last byte that is wanted */
    uint64_t total;  /* size of the object */
    uint64_t base;   /* position of the first byte of this attempt's body */
    uint64_t at;     /* of the next byte that comes */
    uint64_t taken;  /* so many bytes the sink has for good */
    uint64_t hashed; /* so many the hash has seen */
};

/* Before an attempt: the sink of its body. */
void hr__s3_resume_prepare(struct hr__s3_call *call, struct hr_sink *sink);
/* Of a GetObject that asks for the rest. */
bool hr__s3_resume_asks(const struct hr__s3_call *call);
/* The head of a good response to a whole request. */
void hr__s3_resume_note(struct hr__s3_call *call, const struct hr_http_head *head,
                        const struct hr_s3_get *get);
/* The head of a good response to one that asks for the rest. 0, or the error: HR_ERR_S3_CHANGED,
 * HR_ERR_S3_RESPONSE, HR_ERR_HTTP_UNEXPECTED, or what the user's on_head returned. */
int hr__s3_resume_head(struct hr__s3_call *call, const struct hr_http_head *head,
                       struct hr_error *error);
/* Bytes of a body have come. So many of them the hash has seen already. */
size_t hr__s3_resume_body(struct hr__s3_call *call, size_t size);
/* An attempt of a GetObject has ended, its body in the user's sink. 0; HR_ERR_S3_RESPONSE, with a
 * message: it ended well, and the body has another length than was announced. */
int hr__s3_resume_end(struct hr__s3_call *call, const struct hr_http_outcome *outcome,
                      struct hr_error *error);
/* It broke off. Whether the next one goes on. */
bool hr__s3_resume_go_on(struct hr__s3_call *call);
/* on_head has refused a response to one that asks for the rest, or a status has (412, 416). The
 * verdict: from the first byte where nothing has been given away, else final. */
enum hr_http_verdict hr__s3_resume_refused(struct hr__s3_call *call);
enum hr_http_verdict hr__s3_resume_status(struct hr__s3_call *call, struct hr_http_outcome *outcome,
                                          enum hr_http_verdict verdict);
/* The body has come whole, and is not the one that was announced: as those. */
enum hr_http_verdict hr__s3_resume_again(struct hr__s3_call *call);
/* The next attempt begins at the first byte. */
void hr__s3_resume_forget(struct hr__s3_call *call);
/* Bytes of the object that the user has. */
uint64_t hr__s3_resume_bytes(const struct hr__s3_call *call);

#endif
