/* The requests that the operations make of the users' structs, written and not sent. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "prepared.h"
#include "s3_call.h"

static struct prepared made;

static void prepare(enum hr__s3_kind kind, void *request, const char *endpoint) {
    prepared_free(&made);
    int err = prepared_make(&made, kind, request, endpoint);
    cr_assert_eq(err, 0, "%s: %s", hr__s3_rows[kind].operation.name, made.error.message);
}

Test(s3_prepare, each_row_is_in_its_place_and_complete) {
    for (int kind = 0; kind < HR__S3_KINDS; kind++) {
        const struct hr__s3_row *row = &hr__s3_rows[kind];
        cr_assert_eq((int)row->operation.kind, kind);
        cr_assert(row->base.name && row->base.start && row->call_at && row->reserved_at, "%d",
                  kind);
        cr_assert(row->reserved_at > row->call_at, "%s", row->base.name);
        if (kind == HR__S3_REQUEST) continue;
        cr_assert(row->operation.name && row->operation.method && row->operation.statuses[0], "%s",
                  row->base.name);
        cr_assert(!row->operation.key || row->operation.bucket, "%s", row->base.name);
        cr_assert_eq(row->operation.bucket, row->bucket_at != 0, "%s", row->base.name);
        cr_assert_eq(row->operation.key, row->key_at != 0, "%s", row->base.name);
    }
}

Test(s3_prepare, a_listing_asks_for_its_page) {
    struct hr_s3_list list = {
        .bucket = "b", .prefix = "a b/&", .delimiter = "/", .start_after = "é", .page_size = 10};
    prepare(HR__S3_LIST, &list, "http://h");
    cr_assert_str_eq(made.message.url.data,
                     "http://h/b?delimiter=%2F&encoding-type=url&list-type=2&max-keys=10&"
                     "prefix=a%20b%2F%26&start-after=%C3%A9");
    list.next_token = "1/+==";
    prepare(HR__S3_LIST, &list, "http://h");
    cr_assert_str_eq(made.message.url.data,
                     "http://h/b?continuation-token=1%2F%2B%3D%3D&delimiter=%2F&encoding-type=url&"
                     "list-type=2&max-keys=10&prefix=a%20b%2F%26");
    char prefix[1026];
    memset(prefix, 'p', sizeof prefix);
    prefix[1025] = 0;
    list.prefix = prefix;
    prepared_free(&made);
    cr_assert_eq(prepared_make(&made, HR__S3_LIST, &list, "http://h"), HR_ERR_S3_KEY_INVALID);
    cr_assert(strstr(made.error.message, "prefix"));
    prepared_free(&made);
}

Test(s3_prepare, the_pass_through_is_what_its_struct_says) {
    const struct hr_s3_query query[] = {{hr_slice_of("policy"), hr_slice_bytes(NULL, 0)},
                                        {hr_slice_of("a b"), hr_slice_of("c/d")}};
    struct hr_s3_request pass = {.operation = "PutBucketPolicy",
                                 .method = "PUT",
                                 .bucket = "b",
                                 .query = query,
                                 .query_count = 2,
                                 .body = hr_source_bytes("{}", 2)};
    prepare(HR__S3_REQUEST, &pass, "http://h");
    cr_assert_str_eq(made.message.url.data, "http://h/b?policy&a%20b=c%2Fd");
    cr_assert_str_eq(made.call->parameters.operation->name, "PutBucketPolicy");
    cr_assert_eq(made.call->parameters.operation->repeat, HR__S3_REPEAT_FREELY);
    pass = (struct hr_s3_request){.method = "POST"};
    prepare(HR__S3_REQUEST, &pass, "http://h");
    cr_assert_str_eq(made.message.url.data, "http://h/");
    cr_assert_eq(made.call->parameters.operation->repeat, HR__S3_REPEAT_NEVER);
    pass.repeatable = true;
    prepare(HR__S3_REQUEST, &pass, "http://h");
    cr_assert_eq(made.call->parameters.operation->repeat, HR__S3_REPEAT_FREELY);
    prepared_free(&made);
}
