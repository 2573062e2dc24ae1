/* All of the S3 client. */
#ifndef HEADRACE_S3_H
#define HEADRACE_S3_H

#include <headrace/s3_attributes.h>
#include <headrace/s3_bucket.h>
#include <headrace/s3_checksum.h>
#include <headrace/s3_client.h>
#include <headrace/s3_copy.h>
#include <headrace/s3_credentials.h>
#include <headrace/s3_delete_many.h>
#include <headrace/s3_documents.h>
#include <headrace/s3_health.h>
#include <headrace/s3_list.h>
#include <headrace/s3_multipart.h>
#include <headrace/s3_object.h>
#include <headrace/s3_options.h>
#include <headrace/s3_post.h>
#include <headrace/s3_presign.h>
#include <headrace/s3_probe.h>
#include <headrace/s3_request.h>
#include <headrace/s3_statistics.h>
#include <headrace/s3_tags.h>
#include <headrace/s3_transfer.h>
#include <headrace/s3_versions.h>

#endif
