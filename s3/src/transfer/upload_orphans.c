/* Uploads without a name: listed, looked at, aborted, one after the other. */
#include "upload_orphans.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transfer_identity.h"

struct hr__upload_orphans {
    uint64_t begun_s;
    void (*on_done)(struct hr__upload *upload);
    char *ids[HR__ORPHANS_MAX];
    unsigned count;
};

static void end(struct hr__upload *upload) {
    struct hr__upload_orphans *orphans = upload->orphans;
    void (*on_done)(struct hr__upload * upload) = orphans->on_done;
    for (unsigned i = 0; i < orphans->count; i++) free(orphans->ids[i]);
    free(orphans);
    upload->orphans = NULL;
    upload->upload_id[0] = '\0';
    on_done(upload);
}

/* A request has ended. Only what may pass is a failure: another run then looks again. */
static void note_end(struct hr__upload *upload, const struct hr_request *request) {
    hr__upload_count(upload, request);
    if (request->result < 0 && hr__transfer_may_pass(request->result, &request->error))
        hr__upload_fail(upload, request->result, &request->error);
}

static void next(struct hr__upload *upload);

static void on_aborted(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    note_end(upload, request);
    next(upload);
}

static int on_part(struct hr_s3_part_list *list, const struct hr_s3_part_info *part) {
    (void)list;
    (void)part;
    return -EEXIST;
}

static void on_parts(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    note_end(upload, request);
    if (upload->failure || request->result < 0) {
        next(upload);
        return;
    }
    hr__upload_ask_abort(upload, on_aborted);
    if (!upload->active) next(upload);
}

/* Looks at the last one. */
static void next(struct hr__upload *upload) {
    struct hr__upload_orphans *orphans = upload->orphans;
    const struct hr_s3_upload *user = upload->user;
    if (upload->failure || !orphans->count) {
        end(upload);
        return;
    }
    char *id = orphans->ids[--orphans->count];
    memcpy(upload->upload_id, id, strlen(id) + 1);
    free(id);
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_part_list *ask = &upload->asked.parts;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = upload->upload_id;
    ask->page_size = 1;
    ask->customer_key = user->options.encryption.customer_key;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    ask->on_part = on_part;
    hr__upload_ask(upload, HR__S3_PART_LIST, on_parts);
    if (!upload->active) end(upload);
}

static int on_upload(struct hr_s3_upload_list *list, const struct hr_s3_upload_info *info) {
    struct hr__upload *upload = list->request.user;
    struct hr__upload_orphans *orphans = upload->orphans;
    const char *key = upload->user->key;
    if (info->is_prefix || info->key.size != strlen(key) ||
        memcmp(info->key.data, key, info->key.size) != 0 ||
        info->initiated_s + HR__ORPHAN_BEFORE_S < orphans->begun_s ||
        info->initiated_s > orphans->begun_s + HR__ORPHAN_BEHIND_S ||
        info->upload_id.size > HR_S3_UPLOAD_ID_MAX || orphans->count == HR__ORPHANS_MAX)
        return 0;
    orphans->ids[orphans->count] = strndup(info->upload_id.data, info->upload_id.size);
    if (!orphans->ids[orphans->count]) return -ENOMEM;
    orphans->count++;
    return 0;
}

static void on_list(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    note_end(upload, request);
    next(upload);
}

void hr__upload_orphans_begin(struct hr__upload *upload, uint64_t begun_s,
                              void (*on_done)(struct hr__upload *upload)) {
    const struct hr_s3_upload *user = upload->user;
    assert(!upload->orphans && !upload->upload_id[0]);
    upload->orphans = calloc(1, sizeof *upload->orphans);
    if (!upload->orphans) {
        hr__upload_fail(upload, -ENOMEM, NULL);
        on_done(upload);
        return;
    }
    upload->orphans->begun_s = begun_s;
    upload->orphans->on_done = on_done;
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_upload_list *ask = &upload->asked.uploads;
    ask->bucket = user->bucket;
    ask->prefix = user->key;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    ask->on_upload = on_upload;
    hr__upload_ask(upload, HR__S3_UPLOAD_LIST, on_list);
    if (!upload->active) end(upload);
}
