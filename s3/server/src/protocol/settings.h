/* Settings of a bucket that clients read and that cannot be changed here. */
#ifndef S3_SERVER_SETTINGS_H
#define S3_SERVER_SETTINGS_H

#include "route.h"
#include "store_errors.h"
#include "xml_out.h"

/* The response to GET with the subresource `name`. */
struct s3_setting {
    const char *name;
    enum s3_error error;               /* "not configured", or S3_OK */
    const char *root;                  /* of the document; error is S3_OK */
    void (*write)(struct s3_xml *xml); /* the content of the root; NULL: none */
};

/* The first setting of the request's bucket that the query names; NULL: none. */
const struct s3_setting *s3_server__setting(const struct s3_request *request);

#endif
