/* Shared by the files of a download under way. All on its reactor. */
#ifndef HR_S3_DOWNLOAD_STATE_H
#define HR_S3_DOWNLOAD_STATE_H

#include "s3_call.h"

enum hr__download_phase {
    HR__DOWNLOAD_WHOLE, /* one GET without a range, to its end or until it tells a large object */
    HR__DOWNLOAD_FIRST, /* the first range, which tells the size */
    HR__DOWNLOAD_RANGES,
};

/* A range under way. */
struct hr__download_slot {
    struct hr__download *download;
    bool busy;
    uint32_t index; /* of the range, from 0 */
    uint64_t size;
    struct hr__s3_measure measure;
    struct hr_s3_get get;
    struct hr_refusal refusal; /* of it; the user's is that of the range that failed first */
};

struct hr__download {
    struct hr_s3_download *user;
    hr_s3_client *client;
    enum hr__download_phase phase;
    uint64_t part_size;
    uint64_t offset; /* of the next range */
    unsigned active;
    int failure;  /* the first one; its error is in the user's request */
    bool known;   /* the object: user->info tells it */
    bool alone;   /* ranges of it could not be told from another's: one GET takes all of it */
    bool left;    /* the GET without a range has told a large object, and is ended */
    bool matches; /* that GET asks for the ETag that is known */
    struct hr_s3_checksum expected;   /* of the whole object; NONE: there is none */
    struct hr_s3_checksum_part *sums; /* of the ranges, where one is expected */
    uint32_t range_count;
    struct hr__download_journal *journal;              /* NULL: none */
    void (*step)(struct hr__download *download);       /* of the phases: a range has ended … */
    void (*take_alone)(struct hr__download *download); /* … and it is to come by one GET */
    unsigned slot_count;
    struct hr__download_slot slots[];
};

/* download_state.c. */
/* It fails with `code`, and what is under way is cancelled; `error` says more, NULL: its text does.
 * Only the first failure counts. */
void hr__download_fail(struct hr__download *download, int code, const struct hr_error *error);
/* A request of the download has ended: its attempts are the user's. */
void hr__download_count(struct hr__download *download, const struct hr_request *request);
/* Whether its ETag tells it from others: a weak one does not, and a comparison by If-Match fails
 * for it (RFC 9110 13.1.1). */
static inline bool hr__download_has_etag(const struct hr__download *download) {
    const char *etag = download->user->info.etag;
    return etag[0] && !(etag[0] == 'W' && etag[1] == '/');
}
/* Says that the object is another one now. */
int hr__download_changed(struct hr_error *error);
/* The object is known: user->info. 0, or what the user's on_object returned. */
int hr__download_tell(struct hr__download *download);

/* download_ranges.c: ranges beside each other. */
/* Once the size is known. 0, or an error of the place that they go to, which is told. */
int hr__download_ranges_open(struct hr__download *download);
/* The first one, by which the size is learnt. */
void hr__download_ranges_first(struct hr__download *download);
void hr__download_ranges_pump(struct hr__download *download);
/* They have all come: the checksum of the whole. 0, HR_ERR_S3_CHECKSUM, with the error set. */
int hr__download_ranges_verify(struct hr__download *download);

#endif
