/* Access control lists: the canned ones, and documents that say the same as one of them. Pure. */
#ifndef S3_SERVER_ACL_IN_H
#define S3_SERVER_ACL_IN_H

#include "object.h"
#include "xml_in.h"
#include "xml_out.h"

#define S3_GROUP_ALL           "http://acs.amazonaws.com/groups/global/AllUsers"
#define S3_GROUP_AUTHENTICATED "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
#define S3_GRANTS_MAX          100

/* The list of a canned name as in x-amz-acl. False: there is none, or not here. */
bool s3_server__acl_of_name(struct hr_slice name, enum s3_acl *acl);
/* An AccessControlPolicy. NotImplemented: it grants what no canned list does; and as
 * s3_server__xml_read_delete. */
enum s3_error s3_server__xml_read_acl(struct hr_slice document, struct s3_arena *arena,
                                      enum s3_acl *acl, struct hr_slice *unknown);
/* The content of an AccessControlPolicy. */
void s3_server__xml_write_acl(struct s3_xml *xml, enum s3_acl acl);

#endif
