/* Requests that nobody has signed: let in where an access control list lets everybody in. */
#include "store_call.h"

static enum s3_error bucket_acl(struct s3_call *call, enum s3_acl *acl) {
    struct s3_bucket_settings settings;
    enum s3_error error =
        s3_server__store_settings_get(&call->server->store, call->request.bucket, &settings);
    if (!error) *acl = settings.acl;
    return error;
}

static bool lets_read(enum s3_acl acl) {
    return acl == S3_ACL_PUBLIC_READ || acl == S3_ACL_PUBLIC_READ_WRITE;
}

/* Whether a key is there is told only where the bucket may be listed. */
static enum s3_error may_read_object(struct s3_call *call, enum s3_acl of_bucket) {
    struct s3_found found;
    s3_server__name_object(call);
    if (s3_server__store_version_get(&call->server->store, &call->name, &found))
        return lets_read(of_bucket) ? S3_OK : S3_AccessDenied;
    bool ok = lets_read(found.object->is_marker ? of_bucket : found.object->traits.acl);
    s3_server__object_release(found.object);
    return ok ? S3_OK : S3_AccessDenied;
}

/* The operations that an access control list can let everybody do. */
enum right { NOBODY, READ_OBJECT, READ_BUCKET, WRITE_BUCKET };

static enum right right_of(enum s3_operation operation) {
    switch (operation) {
    case S3_GET_OBJECT:
    case S3_HEAD_OBJECT:
        return READ_OBJECT;
    case S3_HEAD_BUCKET:
    case S3_LIST_OBJECTS:
    case S3_LIST_OBJECTS_V2:
    case S3_LIST_OBJECT_VERSIONS:
    case S3_LIST_MULTIPART_UPLOADS:
        return READ_BUCKET;
    case S3_PUT_OBJECT:
    case S3_POST_OBJECT:
    case S3_DELETE_OBJECT:
    case S3_DELETE_OBJECTS:
    case S3_CREATE_MULTIPART_UPLOAD:
    case S3_UPLOAD_PART:
    case S3_COMPLETE_MULTIPART_UPLOAD:
        return WRITE_BUCKET;
    default:
        return NOBODY;
    }
}

/* By the server's option: objects and listings as they are now, no versions and no uploads. */
static bool lets_everybody_read(const struct s3_call *call) {
    switch (call->operation) {
    case S3_GET_OBJECT:
    case S3_HEAD_OBJECT:
    case S3_HEAD_BUCKET:
    case S3_LIST_OBJECTS:
    case S3_LIST_OBJECTS_V2:
        break;
    default:
        return false;
    }
    if (s3_server__parameter(&call->request, "versionId").data) return false;
    for (size_t i = 0; i < call->server->anonymous_read_count; i++)
        if (hr_slice_equal(call->request.bucket, hr_slice_of(call->server->anonymous_read[i])))
            return true;
    return false;
}

enum s3_error s3_server__check_anonymous(struct s3_call *call) {
    enum right right = right_of(call->operation);
    enum s3_acl acl;
    if (right == NOBODY) return S3_AccessDenied;
    if (lets_everybody_read(call)) return S3_OK;
    enum s3_error error = bucket_acl(call, &acl);
    if (error) return error;
    if (right == READ_OBJECT) return may_read_object(call, acl);
    if (right == READ_BUCKET) return lets_read(acl) ? S3_OK : S3_AccessDenied;
    bool removes_version = s3_server__parameter(&call->request, "versionId").data != NULL;
    return acl == S3_ACL_PUBLIC_READ_WRITE && !removes_version ? S3_OK : S3_AccessDenied;
}
