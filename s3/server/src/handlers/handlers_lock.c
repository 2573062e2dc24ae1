/* Object lock: of a version legal hold and retention, of a bucket the rule for new objects. */
#include <headrace/clock.h>

#include "settings_in.h"
#include "store_call.h"

/* The object, of a bucket that has locks. */
static enum s3_error find_lockable(struct s3_call *call) {
    struct s3_bucket_settings settings;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    if (!error && !settings.lock_enabled) return s3_server__refuse_lock(call);
    return error ? error : s3_server__find_object(call);
}

static enum s3_error change_lock(struct s3_call *call, struct s3_change *change) {
    change->needs_lock = true;
    enum s3_error error = s3_server__change_object(call, change);
    if (error == S3_InvalidRequest) return s3_server__refuse_lock(call);
    return error ? error : s3_server__respond_empty(call, 200);
}

/* ---- Legal hold. */

static enum s3_error get_hold(struct s3_call *call) {
    enum s3_error error = find_lockable(call);
    if (error) return error;
    s3_server__xml_begin(&call->xml, "LegalHold");
    s3_server__xml_string(&call->xml, "Status", call->object->traits.legal_hold ? "ON" : "OFF");
    s3_server__xml_close(&call->xml, "LegalHold");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_legal_hold = {.end = get_hold};

static enum s3_error set_hold(void *user, const struct s3_object *object,
                              struct s3_traits *traits) {
    (void)object;
    traits->legal_hold = *(const bool *)user;
    return S3_OK;
}

static enum s3_error put_hold(struct s3_call *call) {
    struct hr_slice unknown = {NULL, 0};
    bool hold = false;
    struct s3_change change = {.change = set_hold, .user = &hold};
    enum s3_error error =
        s3_server__xml_read_legal_hold(s3_server__document(call), &call->arena, &hold, &unknown);
    return error ? s3_server__refuse_document(call, error, unknown) : change_lock(call, &change);
}

const struct s3_handler s3_server__put_legal_hold = {.body = S3_BODY_XML, .end = put_hold};

/* ---- Retention. */

static enum s3_error get_retention(struct s3_call *call) {
    enum s3_error error = find_lockable(call);
    if (error) return error;
    const struct s3_traits *traits = &call->object->traits;
    if (traits->lock == S3_LOCK_NONE) return S3_NoSuchObjectLockConfiguration;
    s3_server__xml_begin(&call->xml, "Retention");
    s3_server__xml_string(&call->xml, "Mode", s3_server__lock_mode_name(traits->lock));
    s3_server__xml_date(&call->xml, "RetainUntilDate", traits->retain_until_ms);
    s3_server__xml_close(&call->xml, "Retention");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_retention = {.end = get_retention};

struct retention {
    struct s3_traits wanted;
    uint64_t now_ms;
    bool bypass;
};

/* A retention that runs may be made longer by anybody, and shorter only in mode GOVERNANCE by a
 * request that says so. */
static enum s3_error set_retention(void *user, const struct s3_object *object,
                                   struct s3_traits *traits) {
    const struct retention *retention = user;
    const struct s3_traits *present = &object->traits, *wanted = &retention->wanted;
    bool runs = present->lock != S3_LOCK_NONE && present->retain_until_ms > retention->now_ms;
    bool extends =
        wanted->lock == present->lock && wanted->retain_until_ms >= present->retain_until_ms;
    bool may_shorten = present->lock == S3_LOCK_GOVERNANCE && retention->bypass;
    if (runs && !extends && !may_shorten) return S3_AccessDenied;
    traits->lock = wanted->lock;
    traits->retain_until_ms = wanted->retain_until_ms;
    return S3_OK;
}

static enum s3_error put_retention(struct s3_call *call) {
    struct hr_slice unknown = {NULL, 0};
    struct retention retention = {.now_ms = s3_server__now_ms(call),
                                  .bypass = s3_server__bypasses_retention(call)};
    struct s3_change change = {.change = set_retention, .user = &retention};
    enum s3_error error = s3_server__xml_read_retention(s3_server__document(call), &call->arena,
                                                        &retention.wanted, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    if (retention.wanted.lock != S3_LOCK_NONE &&
        retention.wanted.retain_until_ms <= retention.now_ms)
        return s3_server__refuse(call, S3_InvalidArgument,
                                 "The retain until date must be in the future!");
    return change_lock(call, &change);
}

const struct s3_handler s3_server__put_retention = {.body = S3_BODY_XML, .end = put_retention};

/* ---- The bucket's rule. */

static void write_rule(struct s3_xml *xml, const struct s3_retention_rule *rule) {
    s3_server__xml_open(xml, "Rule");
    s3_server__xml_open(xml, "DefaultRetention");
    s3_server__xml_string(xml, "Mode", s3_server__lock_mode_name(rule->mode));
    if (rule->days > 0) s3_server__xml_u64(xml, "Days", rule->days);
    if (rule->years > 0) s3_server__xml_u64(xml, "Years", rule->years);
    s3_server__xml_close(xml, "DefaultRetention");
    s3_server__xml_close(xml, "Rule");
}

static enum s3_error get_lock_rule(struct s3_call *call) {
    struct s3_bucket_settings settings;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    if (error) return error;
    if (!settings.lock_enabled) return S3_ObjectLockConfigurationNotFoundError;
    s3_server__xml_begin(&call->xml, "ObjectLockConfiguration");
    s3_server__xml_string(&call->xml, "ObjectLockEnabled", "Enabled");
    if (settings.retention.mode != S3_LOCK_NONE) write_rule(&call->xml, &settings.retention);
    s3_server__xml_close(&call->xml, "ObjectLockConfiguration");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_lock_rule = {.end = get_lock_rule};

/* As S3: it may be enabled of a bucket that has versions. */
static enum s3_error set_lock_rule(void *user, struct s3_bucket_settings *settings) {
    if (settings->versioning != S3_VERSIONING_ENABLED) return S3_InvalidBucketState;
    settings->lock_enabled = true;
    settings->retention = *(const struct s3_retention_rule *)user;
    return S3_OK;
}

static enum s3_error put_lock_rule(struct s3_call *call) {
    struct hr_slice unknown = {NULL, 0};
    struct s3_retention_rule rule;
    enum s3_error error =
        s3_server__xml_read_lock_rule(s3_server__document(call), &call->arena, &rule, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    error = s3_server__store_settings_change(&call->server->store, call->request.bucket,
                                             set_lock_rule, &rule);
    return error ? error : s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__put_lock_rule = {.body = S3_BODY_XML, .end = put_lock_rule};
