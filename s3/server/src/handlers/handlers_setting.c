/* Requests for settings that cannot be changed here: settings.c has the responses. */
#include "settings.h"
#include "store_call.h"

static enum s3_error get_setting(struct s3_call *call) {
    const struct s3_setting *setting = s3_server__setting(&call->request);
    enum s3_error error = s3_server__store_bucket_check(&call->server->store, call->request.bucket);
    if (!error) error = setting->error;
    if (error) return error;
    s3_server__xml_begin(&call->xml, setting->root);
    if (setting->write) setting->write(&call->xml);
    s3_server__xml_close(&call->xml, setting->root);
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__get_setting = {.end = get_setting};
