/* An upload with a journal: what an earlier run has left is taken up, or put away. */
#include "upload_journal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document_checksum.h"
#include "journal_file.h"
#include "transfer_identity.h"
#include "upload_orphans.h"

/* A part that an earlier run has recorded. */
struct recorded {
    const struct hr__journal_part *part; /* NULL: none */
    bool kept;                           /* the store has it */
};

struct hr__upload_journal {
    struct hr__journal_file file;
    struct hr__journal_contents was; /* of an earlier run … */
    struct hr__journal_contents now; /* … and of this one, without parts */
    struct stat source;              /* the file, at the beginning */
    bool resumes;                    /* this run goes on with that upload */
    bool unsure;                     /* an upload may have been created whose name is not known */
    struct recorded *recorded;
    uint32_t part_total;
};

static bool fail(struct hr__upload *upload, int err, const struct hr_error *error) {
    if (err) hr__upload_fail(upload, err, error->code ? error : NULL);
    return err != 0;
}

static bool is_small(const struct hr__upload *upload) {
    return upload->user->body.size <= upload->part_size;
}

/* ---- Anew. */

static void begin_anew(struct hr__upload *upload) {
    struct hr__upload_journal *journal = upload->journal;
    struct hr_error error = {0};
    upload->upload_id[0] = '\0';
    journal->resumes = false;
    free(journal->recorded);
    journal->recorded = NULL;
    journal->now.begun_s = hr__reactor_wall_ns(upload->user->request.private_.reactor) / 1000000000;
    int err = hr__journal_file_begin(&journal->file, &journal->now, &error);
    if (fail(upload, err, &error)) {
        upload->step(upload);
        return;
    }
    journal->unsure = !is_small(upload);
    upload->anew(upload);
}

/* ---- An upload that is no use. */

static void on_put_away(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    struct hr_s3_upload *user = upload->user;
    hr__upload_count(upload, request);
    bool gone = request->result == 0 || hr__upload_is_unknown(request);
    if (!gone && !upload->failure && hr__transfer_may_pass(request->result, &request->error))
        hr__upload_fail(upload, request->result, &request->error);
    if (upload->failure) {
        upload->step(upload);
        return;
    }
    if (!gone) memcpy(user->upload_id_left, upload->upload_id, sizeof user->upload_id_left);
    begin_anew(upload);
}

static void put_away(struct hr__upload *upload) {
    hr__upload_ask_abort(upload, on_put_away);
    if (!upload->active) upload->step(upload);
}

static void on_orphans(struct hr__upload *upload) {
    if (upload->failure) {
        upload->step(upload);
        return;
    }
    upload->journal->unsure = false;
    begin_anew(upload);
}

/* ---- An upload that goes on. */

static int on_listed(struct hr_s3_part_list *list, const struct hr_s3_part_info *info) {
    struct hr__upload *upload = list->request.user;
    const struct hr__upload_journal *journal = upload->journal;
    struct hr_error error;
    struct hr_s3_checksum value;
    if (info->part_number == 0 || info->part_number > journal->part_total) return 0;
    struct recorded *recorded = &journal->recorded[info->part_number - 1];
    const struct hr__journal_part *part = recorded->part;
    if (!part || part->size != info->size_bytes || strlen(part->etag) != info->etag.size ||
        memcmp(part->etag, info->etag.data, info->etag.size) != 0)
        return 0;
    int err = hr__checksum_of_document(&info->checksums, &error, &value);
    if (err) return err;
    bool comparable = value.algorithm && value.algorithm == part->checksum.algorithm;
    recorded->kept = !comparable || hr_s3_checksum_equal(&value, &part->checksum);
    return 0;
}

static void go_on(struct hr__upload *upload) {
    upload->journal->resumes = true;
    upload->phase = HR__UPLOAD_SENDING;
    upload->step(upload);
}

/* Without a list nothing is kept; where nobody knows the upload, nothing is left either. */
static void refused_list(struct hr__upload *upload, const struct hr_request *request) {
    if (hr__upload_is_unknown(request))
        begin_anew(upload);
    else
        put_away(upload);
}

static void on_list(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    hr__upload_count(upload, request);
    bool may_pass = hr__transfer_may_pass(request->result, &request->error);
    if (!upload->failure && request->result < 0 && !may_pass) {
        refused_list(upload, request);
        return;
    }
    if (request->result < 0) hr__upload_fail(upload, request->result, &request->error);
    if (upload->failure)
        upload->step(upload);
    else
        go_on(upload);
}

static void list_parts(struct hr__upload *upload) {
    const struct hr_s3_upload *user = upload->user;
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_part_list *ask = &upload->asked.parts;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = upload->upload_id;
    ask->customer_key = user->options.encryption.customer_key;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    ask->on_part = on_listed;
    hr__upload_ask(upload, HR__S3_PART_LIST, on_list);
    if (!upload->active) upload->step(upload);
}

static uint64_t size_of(const struct hr__upload *upload, uint32_t number) {
    uint64_t before = (number - 1) * upload->part_size, left = upload->user->body.size - before;
    return left < upload->part_size ? left : upload->part_size;
}

/* The records by their numbers. How many of the parts have one. */
static int sort_records(struct hr__upload *upload, uint32_t *count) {
    struct hr__upload_journal *journal = upload->journal;
    journal->part_total =
        (uint32_t)((upload->user->body.size + upload->part_size - 1) / upload->part_size);
    journal->recorded = calloc(journal->part_total, sizeof journal->recorded[0]);
    if (!journal->recorded) return -ENOMEM;
    for (size_t i = 0; i < journal->was.part_count; i++) {
        const struct hr__journal_part *part = &journal->was.parts[i];
        if (part->number > journal->part_total || part->size != size_of(upload, part->number))
            continue;
        *count += journal->recorded[part->number - 1].part == NULL;
        journal->recorded[part->number - 1].part = part;
    }
    return 0;
}

/* Where all parts have arrived and were to be put together, the upload may be an object already:
 * that is asked for again, and a store that knows the upload no more is asked for the object. */
static void take_up(struct hr__upload *upload) {
    struct hr__upload_journal *journal = upload->journal;
    uint32_t count = 0;
    int err = sort_records(upload, &count);
    if (err) {
        hr__upload_fail(upload, err, NULL);
        upload->step(upload);
    } else if (journal->was.completing && count == journal->part_total) {
        for (uint32_t i = 0; i < count; i++) journal->recorded[i].kept = true;
        go_on(upload);
    } else {
        list_parts(upload);
    }
}

/* ---- The beginning. */

static int open_journal(struct hr__upload *upload, struct hr_error *error) {
    struct hr__upload_journal *journal = upload->journal;
    const struct hr_s3_upload *user = upload->user;
    const char *path = user->transfer.journal;
    int err = hr__transfer_identity_target(upload->client, user->bucket, user->key, &journal->now);
    if (!err) err = hr__transfer_identity_upload(upload, journal->now.source);
    if (!err && fstat(user->body.fd, &journal->source) != 0) err = -errno;
    if (err == -EINVAL)
        return hr_error_set(error, err, "transfer.journal: the body is no plain file");
    if (!err) err = hr__journal_file_open(path, error, &journal->file, &journal->was);
    const struct hr__journal_contents *was = &journal->was;
    journal->now.is_upload = true;
    if (err || !was->begun) return err;
    if (was->is_upload && strcmp(was->target, journal->now.target) == 0) return 0;
    return hr__transfer_identity_refuse(path, was, error);
}

static void decide(struct hr__upload *upload) {
    const struct hr__journal_contents *was = &upload->journal->was;
    bool same = strcmp(was->source, upload->journal->now.source) == 0;
    upload->phase = HR__UPLOAD_RESUMING;
    memcpy(upload->upload_id, was->upload_id, sizeof upload->upload_id);
    if (!was->begun) {
        begin_anew(upload);
    } else if (!was->upload_id[0]) {
        upload->journal->unsure = true;
        hr__upload_orphans_begin(upload, was->begun_s, on_orphans);
    } else if (same && !is_small(upload)) {
        take_up(upload);
    } else {
        put_away(upload);
    }
}

static int make(struct hr__upload *upload, struct hr_error *error) {
    upload->journal = calloc(1, sizeof *upload->journal);
    if (!upload->journal) return -ENOMEM;
    upload->journal->file.fd = -1;
    return open_journal(upload, error);
}

/* A body of one part needs a journal only where one has been left. */
void hr__upload_journal_open(struct hr__upload *upload) {
    struct hr_error error = {0};
    if (is_small(upload) && access(upload->user->transfer.journal, F_OK) != 0) {
        upload->anew(upload);
        return;
    }
    int err = make(upload, &error);
    if (!fail(upload, err, &error)) {
        decide(upload);
        return;
    }
    if (upload->journal) upload->journal->unsure = true; /* it is not ours to remove */
    upload->step(upload);
}

/* ---- Parts. */

const struct hr__journal_part *hr__upload_journal_kept(const struct hr__upload *upload) {
    const struct hr__upload_journal *journal = upload->journal;
    if (!journal || !journal->recorded || upload->part_count >= journal->part_total) return NULL;
    const struct recorded *recorded = &journal->recorded[upload->part_count];
    return recorded->kept ? recorded->part : NULL;
}

/* Nothing has gone out, by these. */
static bool is_unsent(int code) {
    static const int codes[] = {-ECONNREFUSED,          -EHOSTUNREACH,
                                -ENETUNREACH,           -ENETDOWN,
                                HR_ERR_POOL_TIMEOUT,    HR_ERR_CONNECT_TIMEOUT,
                                HR_ERR_RESOLVE_TIMEOUT, HR_ERR_HANDSHAKE_TIMEOUT,
                                HR_ERR_RATE_LIMIT,      HR_ERR_NAME_UNRESOLVED,
                                HR_ERR_NAME_SERVERS,    HR_ERR_TLS_HANDSHAKE,
                                HR_ERR_BREAKER_OPEN,    HR_ERR_S3_CREDENTIALS};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code) return true;
    return false;
}

/* It was sent, and nobody has said that it was refused. */
static bool may_be_created(const struct hr_request *request) {
    if (request->result >= 0) return false;
    if (request->attempts > 1) return true;
    bool refused = request->error.http_status >= 400 && request->error.http_status < 500;
    return !refused && !is_unsent(request->result);
}

void hr__upload_journal_created(struct hr__upload *upload) {
    struct hr__upload_journal *journal = upload->journal;
    const struct hr_request *request = &upload->asked.create.request;
    struct hr_error error = {0};
    char line[HR__JOURNAL_LINE];
    if (!journal) return;
    journal->unsure = may_be_created(request);
    if (request->result < 0) return;
    size_t size = hr__journal_write_upload(upload->upload_id, line);
    int err = hr__journal_file_append(&journal->file, line, size);
    if (err)
        hr_error_set(&error, err, "cannot write the journal %s: %s", journal->file.path,
                     strerror(-err));
    fail(upload, err, &error);
}

/* A part that cannot be recorded is sent again by another run. */
void hr__upload_journal_part(struct hr__upload *upload, const struct hr__upload_slot *slot) {
    char line[HR__JOURNAL_LINE], etag[sizeof slot->part.etag];
    if (!upload->journal) return;
    memcpy(etag, slot->part.etag, sizeof etag);
    const struct hr__journal_part part = {.number = slot->part.part_number,
                                          .size = slot->size,
                                          .etag = etag,
                                          .checksum = slot->part.sent_checksum};
    (void)hr__journal_file_append(&upload->journal->file, line,
                                  hr__journal_write_part(&part, line));
}

/* Its rights and names may be others now. */
static bool is_unwritten(const struct hr__upload *upload) {
    const struct stat *then = &upload->journal->source;
    struct stat now;
    return fstat(upload->user->body.fd, &now) == 0 && now.st_size == then->st_size &&
           now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

bool hr__upload_journal_complete(struct hr__upload *upload) {
    struct hr__upload_journal *journal = upload->journal;
    char line[HR__JOURNAL_LINE];
    struct hr_error error = {0};
    if (!journal) return false;
    int err = 0;
    if (!is_unwritten(upload))
        err = hr_error_set(&error, HR_ERR_S3_CHANGED, "the file changed while it was sent");
    if (!fail(upload, err, &error))
        (void)hr__journal_file_append(&journal->file, line, hr__journal_write_complete(line));
    return journal->resumes && journal->was.completing;
}

static void forget_parts(struct hr__upload *upload) {
    for (size_t i = 0; i < upload->part_count; i++) free((void *)(uintptr_t)upload->parts[i].etag);
    upload->part_count = 0;
    upload->offset = 0;
    upload->cut = false;
    upload->user->progress = (struct hr_s3_progress){.size_bytes = upload->user->body.size};
}

bool hr__upload_journal_lost(struct hr__upload *upload) {
    const struct hr__upload_journal *journal = upload->journal;
    if (!journal || !journal->resumes || !journal->was.completing) return false;
    forget_parts(upload);
    begin_anew(upload);
    return true;
}

/* ---- The end. */

bool hr__upload_journal_stays(const struct hr__upload *upload) {
    const struct hr__upload_journal *journal = upload->journal;
    if (!journal || !(upload->upload_id[0] || journal->unsure)) return false;
    return hr__transfer_may_pass(upload->failure, &upload->user->request.error);
}

void hr__upload_journal_close(struct hr__upload *upload) {
    struct hr__upload_journal *journal = upload->journal;
    struct hr_s3_upload *user = upload->user;
    if (!journal) return;
    user->resumable = upload->failure && hr__upload_journal_stays(upload);
    bool keep = user->resumable || (upload->failure && (upload->abort_may_pass || journal->unsure));
    hr__journal_file_close(&journal->file, !keep);
    hr__journal_contents_free(&journal->was);
    free(journal->recorded);
    free(journal);
    upload->journal = NULL;
}
