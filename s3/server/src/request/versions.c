/* The version that a request names, and the version ids of its response. */
#include "store_call.h"

void s3_server__name_object(struct s3_call *call) {
    call->name = (struct s3_version_name){
        .bucket = call->request.bucket,
        .key = call->request.key,
        .id = s3_server__parameter(&call->request, "versionId"),
    };
}

enum s3_error s3_server__find_object(struct s3_call *call) {
    struct s3_found found;
    s3_server__name_object(call);
    enum s3_error error = s3_server__store_version_get(&call->server->store, &call->name, &found);
    if (error == S3_NoSuchVersion) s3_server__add_detail(call, "VersionId", call->name.id);
    if (error) return error;
    call->object = found.object;
    if (found.object->is_marker) return call->name.id.size > 0 ? S3_MethodNotAllowed : S3_NoSuchKey;
    if (found.versioning != S3_VERSIONING_OFF)
        s3_server__add(call, "x-amz-version-id", s3_server__version_id(found.object));
    return S3_OK;
}

enum s3_error s3_server__change_object(struct s3_call *call, const struct s3_change *change) {
    s3_server__name_object(call);
    enum s3_error error =
        s3_server__store_object_change(&call->server->store, &call->name, change, &call->object);
    if (!error) s3_server__add_version(call, call->object);
    return error;
}

void s3_server__add_version(struct s3_call *call, const struct s3_object *object) {
    if (object->in_versions)
        s3_server__add(call, "x-amz-version-id", s3_server__version_id(object));
}

bool s3_server__is_version_id(struct hr_slice id) {
    if (hr_slice_equal(id, hr_slice_of("null"))) return true;
    bool is_hex = id.size == S3_VERSION_ID_SIZE;
    for (size_t i = 0; i < id.size && is_hex; i++) {
        char c = id.data[i];
        is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    return is_hex;
}

enum s3_error s3_server__check_version_id(struct s3_call *call, struct hr_slice id) {
    if (s3_server__is_version_id(id)) return S3_OK;
    s3_server__add_detail(call, "ArgumentName", hr_slice_of("versionId"));
    s3_server__add_detail(call, "ArgumentValue", id);
    return s3_server__refuse(call, S3_InvalidArgument,
                             id.size == 0 ? "Version id cannot be the empty string"
                                          : "Invalid version id specified");
}
