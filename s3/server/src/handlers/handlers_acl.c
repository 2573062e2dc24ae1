/* GetObjectAcl, PutObjectAcl, GetBucketAcl, PutBucketAcl. */
#include "acl_in.h"
#include "store_call.h"

/* By x-amz-acl or by a document, not by both. */
static enum s3_error read_acl(struct s3_call *call, enum s3_acl *acl) {
    struct hr_slice unknown = {NULL, 0};
    bool has_field = s3_server__header(call, "x-amz-acl").data != NULL;
    bool has_document = call->body.blob->size > 0;
    if (has_field == has_document)
        return s3_server__refuse(call, has_field ? S3_UnexpectedContent : S3_MissingSecurityHeader,
                                 "An access control list is given by x-amz-acl or by a document.");
    if (has_field) return s3_server__read_acl(call, acl);
    enum s3_error error =
        s3_server__xml_read_acl(s3_server__document(call), &call->arena, acl, &unknown);
    return error ? s3_server__refuse_document(call, error, unknown) : S3_OK;
}

static enum s3_error respond_acl(struct s3_call *call, enum s3_acl acl) {
    s3_server__xml_begin(&call->xml, "AccessControlPolicy");
    s3_server__xml_write_acl(&call->xml, acl);
    s3_server__xml_close(&call->xml, "AccessControlPolicy");
    return s3_server__respond_xml(call);
}

/* ---- Of objects. */

static enum s3_error get_object_acl(struct s3_call *call) {
    enum s3_error error = s3_server__find_object(call);
    return error ? error : respond_acl(call, call->object->traits.acl);
}

const struct s3_handler s3_server__get_object_acl = {.end = get_object_acl};

static enum s3_error set_object_acl(void *user, const struct s3_object *object,
                                    struct s3_traits *traits) {
    (void)object;
    traits->acl = *(const enum s3_acl *)user;
    return S3_OK;
}

static enum s3_error put_object_acl(struct s3_call *call) {
    enum s3_acl acl = S3_ACL_PRIVATE;
    struct s3_change change = {.change = set_object_acl, .user = &acl};
    enum s3_error error = read_acl(call, &acl);
    if (!error) error = s3_server__check_acl(call, acl);
    if (!error) error = s3_server__change_object(call, &change);
    return error ? error : s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__put_object_acl = {.body = S3_BODY_XML, .end = put_object_acl};

/* ---- Of buckets. */

static enum s3_error get_bucket_acl(struct s3_call *call) {
    struct s3_bucket_settings settings;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    return error ? error : respond_acl(call, settings.acl);
}

const struct s3_handler s3_server__get_bucket_acl = {.end = get_bucket_acl};

static enum s3_error set_bucket_acl(void *user, struct s3_bucket_settings *settings) {
    enum s3_acl acl = *(const enum s3_acl *)user;
    if (settings->acls_disabled && acl != S3_ACL_PRIVATE) return S3_AccessControlListNotSupported;
    settings->acl = acl;
    return S3_OK;
}

static enum s3_error put_bucket_acl(struct s3_call *call) {
    enum s3_acl acl = S3_ACL_PRIVATE;
    enum s3_error error = read_acl(call, &acl);
    if (!error)
        error = s3_server__store_settings_change(&call->server->store, call->request.bucket,
                                                 set_bucket_acl, &acl);
    return error ? error : s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__put_bucket_acl = {.body = S3_BODY_XML, .end = put_bucket_acl};

/* ---- GetBucketOwnershipControls. */

static enum s3_error get_ownership(struct s3_call *call) {
    struct s3_bucket_settings settings;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    if (error) return error;
    s3_server__xml_begin(&call->xml, "OwnershipControls");
    s3_server__xml_open(&call->xml, "Rule");
    s3_server__xml_string(&call->xml, "ObjectOwnership",
                          settings.acls_disabled ? "BucketOwnerEnforced" : "BucketOwnerPreferred");
    s3_server__xml_close(&call->xml, "Rule");
    s3_server__xml_close(&call->xml, "OwnershipControls");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_bucket_ownership = {.end = get_ownership};
