/* A download with a journal: which ranges are in the file. */
#include "download_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <engine/file.h>

#include "journal_file.h"
#include "transfer_identity.h"

struct hr__download_journal {
    struct hr__journal_file file;
    struct hr__journal_contents was; /* of an earlier run; its parts are sorted by their numbers */
    struct hr__journal_contents now; /* of this one, without parts */
    size_t next;                     /* of the parts that are kept; part_count: none is left */
    bool foreign;                    /* it is not ours to remove */
    bool tells;                      /* the object stands in it */
};

/* ---- The beginning. */

static int read_journal(struct hr__download *download, struct hr_error *error) {
    struct hr__download_journal *journal = download->journal;
    const struct hr__journal_contents *was = &journal->was;
    const char *path = download->user->transfer.journal;
    int err = hr__journal_file_open(path, error, &journal->file, &journal->was);
    if (!err && was->begun && (was->is_upload || strcmp(was->target, journal->now.target) != 0))
        err = hr__transfer_identity_refuse(path, was, error);
    journal->foreign = err != 0;
    return err;
}

static int identify(struct hr__download *download, struct hr_error *error) {
    const struct hr_s3_download *user = download->user;
    struct hr__journal_contents *now = &download->journal->now;
    int err = hr__transfer_identity_target(download->client, user->bucket, user->key, now);
    if (!err) err = hr__transfer_identity_download(user, now->source);
    hr__transfer_identity_boot(HR__BOOT_PATH, now->boot);
    if (err != -EINVAL) return err;
    return hr_error_set(error, err, "transfer.journal: the sink is no plain file");
}

/* A journal that is not there yet is made where the object comes by ranges. */
int hr__download_journal_open(struct hr__download *download) {
    struct hr_error *error = &download->user->request.error;
    const char *path = download->user->transfer.journal;
    if (!path) return 0;
    download->journal = calloc(1, sizeof *download->journal);
    if (!download->journal) return -ENOMEM;
    download->journal->file.fd = -1;
    int err = identify(download, error);
    return err || access(path, F_OK) != 0 ? err : read_journal(download, error);
}

/* ---- The object. */

static int by_number(const void *a, const void *b) {
    const struct hr__journal_part *one = a, *other = b;
    return (one->number > other->number) - (one->number < other->number);
}

/* The file is the one that the journal is of, and as long as it was made. */
static bool is_its_file(const struct hr__download *download, struct stat *info) {
    const struct hr__journal_contents *was = &download->journal->was;
    const struct hr_sink *sink = &download->user->sink;
    return was->etag[0] && strcmp(was->source, download->journal->now.source) == 0 &&
           fstat(sink->fd, info) == 0 && (uint64_t)info->st_size == sink->offset + was->object_size;
}

/* Nothing of the object that an earlier run was getting is left behind a shorter one. */
static int cut_old(const struct hr__download *download) {
    const struct hr_s3_object_info *info = &download->user->info;
    const struct hr_sink *sink = &download->user->sink;
    uint64_t size = info->size_unknown ? 0 : info->size_bytes;
    struct stat file;
    if (!is_its_file(download, &file) || size >= download->journal->was.object_size) return 0;
    return hr__file_truncate(hr__reactor_engine(download->user->request.private_.reactor), sink->fd,
                             sink->offset + size);
}

/* The file has all of its length since the first range was asked for. */
static bool is_whole_file(const struct hr__download *download) {
    const struct hr_sink *sink = &download->user->sink;
    const struct hr__journal_contents *was = &download->journal->was;
    struct stat info;
    return fstat(sink->fd, &info) == 0 &&
           (uint64_t)info.st_size >= sink->offset + was->object_size &&
           (uint64_t)info.st_mtim.tv_sec + 1 >= was->begun_s;
}

static bool is_same_object(const struct hr__download *download) {
    const struct hr__journal_contents *was = &download->journal->was;
    const struct hr_s3_object_info *info = &download->user->info;
    return was->etag[0] && strcmp(was->etag, info->etag) == 0 &&
           was->object_size == info->size_bytes;
}

/* Behind another boot the ranges may never have reached the disk. */
static bool is_same(const struct hr__download *download) {
    const struct hr__journal_contents *was = &download->journal->was;
    return is_same_object(download) && was->range_size == download->part_size && was->boot[0] &&
           strcmp(was->boot, download->journal->now.boot) == 0 &&
           strcmp(was->source, download->journal->now.source) == 0 && is_whole_file(download);
}

static int begin_anew(struct hr__download *download) {
    struct hr__download_journal *journal = download->journal;
    const struct hr_s3_object_info *info = &download->user->info;
    struct hr_error *error = &download->user->request.error;
    char line[HR__JOURNAL_LINE];
    int err = cut_old(download);
    if (err) return err;
    hr__journal_contents_free(&journal->was);
    journal->now.begun_s =
        hr__reactor_wall_ns(download->user->request.private_.reactor) / 1000000000;
    memcpy(journal->now.etag, info->etag, sizeof journal->now.etag);
    journal->now.object_size = info->size_bytes;
    journal->now.range_size = download->part_size;
    err = hr__journal_file_begin(&journal->file, &journal->now, error);
    if (err) return err;
    err = hr__journal_file_append(&journal->file, line,
                                  hr__journal_write_object(&journal->now, line));
    if (!err) return 0;
    return hr_error_set(error, err, "cannot write the journal %s: %s", journal->file.path,
                        strerror(-err));
}

int hr__download_journal_head(struct hr__download *download) {
    struct hr__download_journal *journal = download->journal;
    if (!journal || journal->file.fd < 0 || !journal->was.begun || is_same_object(download))
        return 0;
    int err = cut_old(download);
    if (!err) err = hr__journal_file_empty(&journal->file);
    if (err) return err;
    hr__journal_contents_free(&journal->was);
    memset(&journal->was, 0, sizeof journal->was);
    return 0;
}

int hr__download_journal_object(struct hr__download *download) {
    struct hr__download_journal *journal = download->journal;
    if (!journal) return 0;
    int err = journal->file.fd < 0 ? read_journal(download, &download->user->request.error) : 0;
    if (!err && !is_same(download)) err = begin_anew(download);
    if (err) return err;
    journal->tells = true;
    if (journal->was.part_count)
        qsort(journal->was.parts, journal->was.part_count, sizeof journal->was.parts[0], by_number);
    return 0;
}

/* ---- Ranges. */

const struct hr__journal_part *hr__download_journal_kept(struct hr__download *download,
                                                         uint32_t index) {
    struct hr__download_journal *journal = download->journal;
    enum hr_s3_checksum_algorithm wanted = download->expected.algorithm;
    if (!journal || !journal->tells) return NULL;
    const struct hr__journal_contents *was = &journal->was;
    while (journal->next < was->part_count && was->parts[journal->next].number <= index)
        journal->next++;
    if (journal->next == was->part_count) return NULL;
    const struct hr__journal_part *part = &was->parts[journal->next];
    uint64_t left = download->user->info.size_bytes - index * download->part_size;
    uint64_t size = left < download->part_size ? left : download->part_size;
    bool summed = !wanted || part->checksum.algorithm == wanted;
    return part->number == index + 1 && part->size == size && summed ? part : NULL;
}

/* A range that cannot be recorded is asked for again by another run. */
void hr__download_journal_range(struct hr__download *download,
                                const struct hr__download_slot *slot) {
    struct hr__download_journal *journal = download->journal;
    char line[HR__JOURNAL_LINE];
    if (!journal || !journal->tells) return;
    const struct hr__journal_part part = {
        .number = slot->index + 1, .size = slot->size, .checksum = slot->measure.value};
    (void)hr__journal_file_append(&journal->file, line, hr__journal_write_part(&part, line));
}

/* ---- The end. */

/* The store has not said yet what the object is: it may be the same, unless it is gone. */
static bool is_kept_unknown(const struct hr__download *download) {
    const struct hr_error *error = &download->user->request.error;
    return download->failure != -ECANCELED && error->http_status != 404;
}

/* A failure before the object is known leaves what an earlier run has left. */
void hr__download_journal_close(struct hr__download *download) {
    struct hr__download_journal *journal = download->journal;
    struct hr_s3_download *user = download->user;
    if (!journal) return;
    bool has = journal->tells || journal->was.etag[0];
    bool unknown = !download->known && is_kept_unknown(download);
    bool may_pass = hr__transfer_may_pass(download->failure, &user->request.error);
    user->resumable = download->failure && !journal->foreign && has && (may_pass || unknown);
    hr__journal_file_close(&journal->file, !user->resumable && !journal->foreign);
    hr__journal_contents_free(&journal->was);
    free(journal);
    download->journal = NULL;
}
