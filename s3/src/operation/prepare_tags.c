/* Tags of objects. */
#include <errno.h>

#include "object_options.h"
#include "s3_prepare.h"

static int on_tag(void *user, const struct hr_s3_tag *tag) {
    struct hr_s3_tags_get *get = user;
    get->tags++;
    return get->on_tag ? get->on_tag(get, tag) : 0;
}

int hr__s3_tags_get_prepare(struct hr__s3_call *call) {
    struct hr_s3_tags_get *get = hr__container_of(call->request, struct hr_s3_tags_get, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    get->tags = 0;
    hr__add_query_text(&add, "versionId", get->version_id);
    hr__add_payer(&add, get->request_payer, get->expected_owner);
    return add.err;
}

int hr__s3_tags_get_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_tags_get *get = hr__container_of(call->request, struct hr_s3_tags_get, request);
    const struct hr__tags_sink sink = {on_tag, get};
    return hr__read_tags(hr__s3_request_answer(call), &sink, error);
}

int hr__s3_tags_put_check(struct hr_request *request) {
    struct hr_s3_tags_put *put = hr__container_of(request, struct hr_s3_tags_put, request);
    if (put->tag_count > 0 && !put->tags)
        return hr__request_refuse(request, -EINVAL, "tags is NULL, and tag_count is not 0");
    for (size_t i = 0; i < put->tag_count; i++)
        if (!put->tags[i].key || !put->tags[i].value)
            return hr__request_refuse(request, -EINVAL, "tags[%zu] has no %s", i,
                                      put->tags[i].key ? "value" : "key");
    return 0;
}

int hr__s3_tags_put_prepare(struct hr__s3_call *call) {
    struct hr_s3_tags_put *put = hr__container_of(call->request, struct hr_s3_tags_put, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_query_text(&add, "versionId", put->version_id);
    hr__add_payer(&add, put->request_payer, put->expected_owner);
    const struct hr__tags tags = {put->tags, put->tag_count};
    size_t size = 0;
    int err = hr__write_tags(&tags, (struct hr__memory){NULL, 0}, add.error, &size);
    struct hr__memory memory = hr__s3_request_memory(&add, err, size);
    if (!memory.data) return add.err;
    hr__write_tags(&tags, memory, add.error, &size);
    hr__s3_request_summed_document(call, &add, hr_slice_bytes(memory.data, size));
    return add.err;
}

int hr__s3_tags_delete_prepare(struct hr__s3_call *call) {
    struct hr_s3_tags_delete *del =
        hr__container_of(call->request, struct hr_s3_tags_delete, request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__add_query_text(&add, "versionId", del->version_id);
    hr__add_payer(&add, false, del->expected_owner);
    return add.err;
}
