/* Many objects deleted by one request. */
#include <errno.h>

#include "object_options.h"
#include "s3_prepare.h"

static struct hr_s3_delete_many *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_delete_many, request);
}

int hr__s3_delete_many_check(struct hr_request *request) {
    struct hr_s3_delete_many *many = of(request);
    if (!many->keys || many->key_count == 0 || many->key_count > HR_S3_DELETE_KEYS_MAX)
        return hr__request_refuse(request, -EINVAL, "keys: there have to be 1 to %d",
                                  HR_S3_DELETE_KEYS_MAX);
    for (size_t i = 0; i < many->key_count; i++)
        if (!many->keys[i].key)
            return hr__request_refuse(request, -EINVAL, "keys[%zu] has no key", i);
    return 0;
}

static void add_document(struct hr__s3_call *call, struct hr__s3_adder *add,
                         const struct hr_s3_delete_many *many) {
    struct hr__delete_key *keys = (void *)hr__add_memory(add, many->key_count * sizeof *keys);
    if (!keys) return;
    for (size_t i = 0; i < many->key_count; i++)
        keys[i] = (struct hr__delete_key){many->keys[i].key, many->keys[i].version_id,
                                          many->keys[i].if_match};
    const struct hr__delete_keys all = {keys, many->key_count, many->quiet};
    size_t size = 0;
    int err = hr__write_delete(&all, (struct hr__memory){NULL, 0}, add->error, &size);
    struct hr__memory memory = hr__s3_request_memory(add, err, size);
    if (!memory.data) return;
    hr__write_delete(&all, memory, add->error, &size);
    hr__s3_request_summed_document(call, add, hr_slice_bytes(memory.data, size));
}

int hr__s3_delete_many_prepare(struct hr__s3_call *call) {
    struct hr_s3_delete_many *many = of(call->request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    many->deleted = many->failed = 0;
    if (many->bypass_governance)
        hr__add_field_text(&add, "x-amz-bypass-governance-retention", "true");
    hr__add_mfa(&add, many->mfa);
    hr__add_payer(&add, many->request_payer, many->expected_owner);
    add_document(call, &add, many);
    return add.err;
}

static int on_deleted(void *user, const struct hr_s3_deleted *deleted) {
    struct hr_s3_delete_many *many = user;
    if (deleted->code.size > 0)
        many->failed++;
    else
        many->deleted++;
    return many->on_result ? many->on_result(many, deleted) : 0;
}

int hr__s3_delete_many_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_delete_many *many = of(call->request);
    const struct hr__deleted_sink sink = {on_deleted, many};
    int err = hr__read_deleted(hr__s3_request_answer(call), &sink, error);
    if (err) return err;
    /* A quiet store tells of failures alone. */
    if (many->quiet && many->failed <= many->key_count)
        many->deleted = (uint32_t)many->key_count - many->failed;
    if (!many->quiet && (size_t)many->deleted + many->failed < many->key_count)
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the store tells of %u keys, %zu were to be deleted",
                            many->deleted + many->failed, many->key_count);
    return 0;
}
