/* Collects keys into requests of a thousand, a few of them in flight. */
#include "tree_remove.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/s3_delete_many.h>

#define AT_ONCE   4
#define TEXT_SIZE (HR_S3_DELETE_KEYS_MAX * 128)
#define KEY_SIZE  1025
#define WHY_SIZE  200

/* Keys rise, as they come from a listing. */
struct tree_batch {
    struct tree_work work; /* first */
    struct tree_remover *remover;
    struct hr_s3_delete_many many;
    struct hr_s3_delete_key keys[HR_S3_DELETE_KEYS_MAX];
    char *why[HR_S3_DELETE_KEYS_MAX]; /* of those that stay; written on the reactor */
    size_t text_size;
    char text[TEXT_SIZE];
};

static void report(struct tree_remover *remover, struct hr_slice name,
                   const struct hr_error *error) {
    const struct tree_action action = {"remove", remover->end, NULL, name, 0};
    if (error)
        tree_report_failed(remover->run, &action, error);
    else
        tree_report_done(remover->run, &action);
}

static int compare(const void *key, const void *element) {
    const struct hr_slice *wanted = key;
    const struct hr_s3_delete_key *item = element;
    return tree_name_compare(*wanted, hr_slice_of(item->key));
}

/* On the reactor. */
static int on_result(struct hr_s3_delete_many *many, const struct hr_s3_deleted *deleted) {
    struct tree_batch *batch = (void *)((char *)many - offsetof(struct tree_batch, many));
    if (deleted->code.size == 0) return 0;
    const struct hr_s3_delete_key *key =
        bsearch(&deleted->key, batch->keys, many->key_count, sizeof *batch->keys, compare);
    if (!key) return HR_ERR_S3_RESPONSE;
    char **why = &batch->why[key - batch->keys];
    if (!*why) *why = malloc(WHY_SIZE);
    if (!*why) return -ENOMEM;
    snprintf(*why, WHY_SIZE, "%.*s: %.*s", (int)(deleted->code.size < 60 ? deleted->code.size : 60),
             deleted->code.data, (int)(deleted->message.size < 120 ? deleted->message.size : 120),
             deleted->message.size ? deleted->message.data : "");
    return 0;
}

static void finish_key(struct tree_batch *batch, size_t at) {
    const struct hr_request *request = &batch->many.request;
    struct tree_remover *remover = batch->remover;
    struct hr_slice name = hr_slice_of(batch->keys[at].key + strlen(remover->end->place.key));
    struct hr_error error = {0};
    if (batch->why[at]) hr_error_set(&error, HR_ERR_S3_SERVICE, "%s", batch->why[at]);
    if (request->result)
        report(remover, name, &request->error);
    else
        report(remover, name, batch->why[at] ? &error : NULL);
    free(batch->why[at]);
}

static void finish(struct tree_work *work) {
    struct tree_batch *batch = (void *)work;
    for (size_t i = 0; i < batch->many.key_count; i++) finish_key(batch, i);
    free(batch);
}

static void send_batch(struct tree_remover *remover) {
    struct tree_run *run = remover->run;
    struct tree_batch *batch = remover->batch;
    remover->batch = NULL;
    batch->work.weight = run->pool.limit < AT_ONCE ? 1 : run->pool.limit / AT_ONCE;
    batch->work.finish = finish;
    while (!tree_pool_has_room(&run->pool, batch->work.weight)) tree_run_wait(run, -1);
    tree_pool_prepare(&run->pool, &batch->work, &batch->many.request);
    tree_pool_started(&batch->work,
                      tree_run_stopped(run)
                          ? -ECANCELED
                          : hr_s3_delete_many_start(run->session->client, &batch->many));
}

static struct tree_batch *begin(struct tree_remover *remover) {
    struct tree_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->remover = remover;
    batch->many = (struct hr_s3_delete_many){.bucket = remover->end->place.bucket,
                                             .keys = batch->keys,
                                             .quiet = true,
                                             .bypass_governance = remover->bypass_governance,
                                             .request_payer = remover->run->request_payer,
                                             .expected_owner = remover->run->expected_owner,
                                             .on_result = on_result};
    return batch;
}

static void add(struct tree_remover *remover, struct hr_slice name) {
    struct hr_error error = {0};
    const char *prefix = remover->end->place.key;
    size_t size = strlen(prefix);
    if (remover->batch && (remover->batch->many.key_count == HR_S3_DELETE_KEYS_MAX ||
                           remover->batch->text_size + KEY_SIZE > TEXT_SIZE))
        send_batch(remover);
    if (!remover->batch) remover->batch = begin(remover);
    struct tree_batch *batch = remover->batch;
    if (!batch || size + name.size >= KEY_SIZE || memchr(name.data, '\0', name.size)) {
        hr_error_set(&error, batch ? -EINVAL : -ENOMEM, "%s",
                     batch ? "no key that can be asked for" : hr_error_text(-ENOMEM));
        report(remover, name, &error);
        return;
    }
    char *key = batch->text + batch->text_size;
    memcpy(key, prefix, size);
    memcpy(key + size, name.data, name.size);
    key[size + name.size] = '\0';
    batch->text_size += size + name.size + 1;
    batch->keys[batch->many.key_count++] = (struct hr_s3_delete_key){.key = key};
}

/* A link in the way to it is not followed: the walk has opened its folder. */
static void remove_file(struct tree_remover *remover, const struct tree_entry *entry) {
    struct hr_error error = {0};
    int err = unlinkat(entry->folder_fd, entry->base, 0) != 0 ? -errno : 0;
    if (err && err != -ENOENT) hr_error_set(&error, err, "%s", hr_error_text(err));
    report(remover, entry->name, error.code ? &error : NULL);
}

void tree_remove(struct tree_remover *remover, const struct tree_entry *entry) {
    if (remover->run->values->dry_run)
        report(remover, entry->name, NULL);
    else if (remover->end->remote)
        add(remover, entry->name);
    else
        remove_file(remover, entry);
}

void tree_remove_rest(struct tree_remover *remover) {
    if (remover->batch) send_batch(remover);
    while (remover->run->pool.count) tree_run_wait(remover->run, -1);
}
