/* The documents by which clients set something at the embedded server, its tags, and browsers'
 * forms with their policies. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acl_in.h"
#include "cors_in.h"
#include "faults.h"
#include "form_policy.h"
#include "object_tags.h"

static void read_documents(struct hr_slice text, struct s3_arena *arena) {
    enum s3_versioning versioning;
    enum s3_acl acl;
    bool hold = false;
    struct s3_traits traits;
    struct s3_retention_rule rule;
    struct hr_slice unknown;
    if (s3_server__xml_read_versioning(text, arena, &versioning, &unknown) == S3_OK &&
        versioning == S3_VERSIONING_OFF)
        abort();
    s3_server__xml_read_acl(text, arena, &acl, &unknown);
    s3_server__xml_read_legal_hold(text, arena, &hold, &unknown);
    if (s3_server__xml_read_retention(text, arena, &traits, &unknown) == S3_OK &&
        (traits.lock == S3_LOCK_NONE) != (traits.retain_until_ms == 0))
        abort();
    if (s3_server__xml_read_lock_rule(text, arena, &rule, &unknown) == S3_OK &&
        (rule.mode == S3_LOCK_NONE) != (rule.days + rule.years == 0))
        abort();
}

/* The kept form is its own. */
static void keep_tags(const struct s3_tag_list *list, struct s3_arena *arena) {
    struct hr_slice once, twice;
    struct s3_tag_list again;
    if (s3_server__tags_check(list, S3_BUCKET_TAGS_MAX) != S3_OK) return;
    if (s3_server__tags_print(list, arena, &once) != S3_OK) abort();
    if (s3_server__tags_parse(once, arena, &again) != S3_OK || again.count != list->count) abort();
    if (s3_server__tags_print(&again, arena, &twice) != S3_OK || !hr_slice_equal(once, twice))
        abort();
}

static void read_tags(struct hr_slice text, struct s3_arena *arena) {
    struct s3_tag_list list;
    struct hr_slice unknown;
    if (s3_server__xml_read_tags(text, arena, &list, &unknown) == S3_OK) keep_tags(&list, arena);
    if (s3_server__tags_parse(text, arena, &list) == S3_OK) keep_tags(&list, arena);
}

static void read_cors(struct hr_slice text, struct s3_arena *arena) {
    static struct s3_cors_rules rules;
    struct hr_slice unknown;
    struct s3_cors_request request = {hr_slice_of("https://a.test"), hr_slice_of("GET"), text};
    struct s3_cors_match match;
    if (s3_server__xml_read_cors(text, arena, &rules, &unknown) != S3_OK) return;
    if (s3_server__cors_match(&rules, &request, &match) && match.rule >= rules.rule_count) abort();
    for (size_t i = 0; i < rules.rule_count; i++)
        if (s3_server__cors_join(&rules, i, S3_CORS_METHOD, arena).size == 0) abort();
}

/* Whatever a form holds is a stretch of its body. */
static void read_form(struct hr_slice text, struct s3_arena *arena) {
    struct s3_form form = {.field_count = 0};
    struct s3_policy policy;
    struct hr_slice why;
    bool has_policy = s3_server__policy_read(text, arena, &policy) == S3_OK;
    if (has_policy && policy.count > S3_POLICY_CONDITIONS_MAX) abort();
    if (has_policy) s3_server__policy_check(&policy, &form, text, 0, &why);
    if (s3_server__form_parse(hr_slice_of("a/b; boundary=B"), text, arena, &form) != S3_OK) return;
    if (form.has_file &&
        (form.file.data < text.data || form.file.data + form.file.size > text.data + text.size))
        abort();
    if (form.field_count > S3_FORM_FIELDS_MAX) abort();
}

static void read_faults(struct hr_slice text) {
    struct s3_faults faults;
    struct hr_slice wrong;
    if (s3_server__faults_parse(text, 0, &faults, &wrong)) s3_server__faults_draw(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hr_slice text = hr_slice_bytes((const char *)data, size);
    struct s3_arena arena;
    s3_server__arena_init(&arena);
    read_documents(text, &arena);
    read_tags(text, &arena);
    read_cors(text, &arena);
    read_form(text, &arena);
    read_faults(text);
    s3_server__arena_deinit(&arena);
    return 0;
}
