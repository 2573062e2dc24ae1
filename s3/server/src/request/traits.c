/* The parts of an object that may change after it was written: tags, access, lock. Read from the
 * fields of a request that writes, and told by those of a response. */
#include "store_call.h"

#include <headrace/clock.h>

#include "acl_in.h"
#include "object_tags.h"

enum s3_error s3_server__refuse_tags(struct s3_call *call, enum s3_error error, size_t most) {
    if (error == S3_BadRequest)
        return s3_server__refuse(call, error, "Object tags cannot be greater than %zu", most);
    if (error == S3_InvalidArgument)
        return s3_server__refuse(call, error,
                                 "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                                 "URLEncoded URL query parameters without tag name duplicates.");
    return error;
}

static enum s3_error read_tags(struct s3_call *call, struct s3_traits *traits) {
    struct hr_slice text = s3_server__header(call, "x-amz-tagging");
    struct s3_tag_list list;
    if (text.size == 0) return S3_OK;
    enum s3_error error = s3_server__tags_parse(text, &call->arena, &list);
    if (!error) error = s3_server__tags_check(&list, S3_OBJECT_TAGS_MAX);
    if (!error) error = s3_server__tags_print(&list, &call->arena, &traits->tags);
    return s3_server__refuse_tags(call, error, S3_OBJECT_TAGS_MAX);
}

enum s3_error s3_server__read_acl(struct s3_call *call, enum s3_acl *acl) {
    struct hr_slice name = s3_server__header(call, "x-amz-acl");
    *acl = S3_ACL_PRIVATE;
    if (!name.data) return S3_OK;
    if (!s3_server__acl_of_name(name, acl)) return S3_InvalidArgument;
    return S3_OK;
}

/* A bucket that disables access control lists takes the one that gives others nothing. */
enum s3_error s3_server__check_acl(struct s3_call *call, enum s3_acl acl) {
    struct s3_bucket_settings settings;
    if (acl == S3_ACL_PRIVATE) return S3_OK;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    return !error && settings.acls_disabled ? S3_AccessControlListNotSupported : error;
}

static enum s3_error read_retention(struct s3_call *call, struct s3_traits *traits) {
    struct hr_slice mode = s3_server__header(call, "x-amz-object-lock-mode");
    struct hr_slice until = s3_server__header(call, "x-amz-object-lock-retain-until-date");
    if (!mode.data && !until.data) return S3_OK;
    if (!mode.data || !until.data)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode "
                                 "must both be supplied");
    traits->lock = s3_server__lock_mode_of(mode);
    if (traits->lock == S3_LOCK_NONE)
        return s3_server__refuse(call, S3_InvalidArgument, "Unknown wormMode directive.");
    if (!s3_server__retain_until_parse(until, &traits->retain_until_ms))
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "The retain until date must be provided in ISO 8601 format");
    if (traits->retain_until_ms <= s3_server__now_ms(call))
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "The retain until date must be in the future!");
    return S3_OK;
}

static enum s3_error read_hold(struct s3_call *call, struct s3_traits *traits) {
    struct hr_slice hold = s3_server__header(call, "x-amz-object-lock-legal-hold");
    if (!hold.data) return S3_OK;
    traits->legal_hold = hr_slice_equal(hold, hr_slice_of("ON"));
    if (traits->legal_hold || hr_slice_equal(hold, hr_slice_of("OFF"))) return S3_OK;
    return s3_server__refuse(call, S3_InvalidArgument,
                             "Legal Hold must be either of 'ON' or 'OFF'");
}

static enum s3_error check_lock(struct s3_call *call, const struct s3_traits *traits) {
    struct s3_bucket_settings settings;
    if (traits->lock == S3_LOCK_NONE && !traits->legal_hold) return S3_OK;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    if (!error && !settings.lock_enabled) return s3_server__refuse_lock(call);
    return error;
}

enum s3_error s3_server__refuse_lock(struct s3_call *call) {
    return s3_server__refuse(call, S3_InvalidRequest,
                             "Bucket is missing Object Lock Configuration");
}

enum s3_error s3_server__read_traits(struct s3_call *call) {
    struct s3_traits *traits = &call->plan.traits;
    enum s3_error error = read_tags(call, traits);
    if (!error) error = s3_server__read_acl(call, &traits->acl);
    if (!error) error = s3_server__check_acl(call, traits->acl);
    if (!error) error = read_retention(call, traits);
    if (!error) error = read_hold(call, traits);
    return error ? error : check_lock(call, traits);
}

bool s3_server__bypasses_retention(const struct s3_call *call) {
    struct hr_slice value = s3_server__header(call, "x-amz-bypass-governance-retention");
    return hr_slice_equal_nocase(value, hr_slice_of("true"));
}

static void add_retention(struct s3_call *call, const struct s3_traits *traits) {
    char *date = s3_server__arena_allocate(&call->arena, HR_DATE_ISO_SIZE);
    if (!date) return;
    hr_date_iso(traits->retain_until_ms, date);
    s3_server__add_text(call, "x-amz-object-lock-mode", s3_server__lock_mode_name(traits->lock));
    s3_server__add_text(call, "x-amz-object-lock-retain-until-date", date);
}

void s3_server__add_traits(struct s3_call *call, const struct s3_object *object) {
    const struct s3_traits *traits = &object->traits;
    size_t count = s3_server__tags_count(traits->tags);
    if (count > 0)
        s3_server__add(call, "x-amz-tagging-count",
                       s3_server__arena_print(&call->arena, "%zu", count));
    if (traits->lock != S3_LOCK_NONE) add_retention(call, traits);
    if (traits->legal_hold) s3_server__add_text(call, "x-amz-object-lock-legal-hold", "ON");
}
