/* The three XML documents that a client sends: Delete, CompleteMultipartUpload and
 * CreateBucketConfiguration. Pure; limits on depth, text and counts; no DOCTYPE. */
#ifndef S3_SERVER_XML_IN_H
#define S3_SERVER_XML_IN_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

#include "arena.h"
#include "checksums.h"
#include "store_errors.h"

#define S3_XML_BYTES_MAX      ((size_t)8 << 20)
#define S3_XML_DEPTH_MAX      8
#define S3_XML_TEXT_MAX       4096
#define S3_DELETE_OBJECTS_MAX 1000

struct s3_delete_request {
    struct s3_delete_entry {
        struct hr_slice key, version_id, etag; /* data NULL: not given */
    } * entries;
    size_t count;
    bool quiet;
};

struct s3_complete_request {
    struct s3_complete_part {
        unsigned number;
        struct hr_slice etag;
        enum hr_s3_checksum_algorithm checksum_kind; /* NONE: not given */
        struct hr_slice checksum;
    } * parts;
    size_t count;
};

/* All memory is the arena's. MalformedXML, KeyTooLongError (Delete), InternalError; NotImplemented:
 * an element that is not understood, `*unknown` then being its path below the root ("Object/Size").
 */
enum s3_error s3_server__xml_read_delete(struct hr_slice document, struct s3_arena *arena,
                                         struct s3_delete_request *request,
                                         struct hr_slice *unknown);
enum s3_error s3_server__xml_read_complete(struct hr_slice document, struct s3_arena *arena,
                                           struct s3_complete_request *request,
                                           struct hr_slice *unknown);
/* `*location`: the LocationConstraint, empty when there is none. */
enum s3_error s3_server__xml_read_create_bucket(struct hr_slice document, struct s3_arena *arena,
                                                struct hr_slice *location,
                                                struct hr_slice *unknown);

#endif
