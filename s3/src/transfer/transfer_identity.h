/* Digests by which a journal tells its transfer: of where it goes or comes from, and of its bytes.
 */
#ifndef HR_S3_TRANSFER_IDENTITY_H
#define HR_S3_TRANSFER_IDENTITY_H

#include "journal_contents.h"
#include "upload_state.h"

/* Endpoint, bucket, key: the target and the name. 0 or -ENOMEM. */
int hr__transfer_identity_target(const struct hr_s3_client_s *client, const char *bucket,
                                 const char *key, struct hr__journal_contents *contents);
/* The file (inode, size, times), how it is cut, what the object is created with. 0, -errno, or
 * -EINVAL: it is no plain file. */
int hr__transfer_identity_upload(const struct hr__upload *upload,
                                 char digest[HR__JOURNAL_DIGEST + 1]);

/* The file (inode, place) and the version that is asked for. Errors as above. */
int hr__transfer_identity_download(const struct hr_s3_download *user,
                                   char digest[HR__JOURNAL_DIGEST + 1]);

#define HR__BOOT_PATH "/proc/sys/kernel/random/boot_id"

/* The boot's id, by which writes that a crash of the machine has lost are told. Empty: it cannot be
 * read. */
void hr__transfer_identity_boot(const char *path, char id[HR__JOURNAL_BOOT + 1]);

/* -EEXIST: the journal is of another transfer. */
int hr__transfer_identity_refuse(const char *path, const struct hr__journal_contents *was,
                                 struct hr_error *error);

/* Whether a transfer that failed so may succeed if it is only asked again. */
bool hr__transfer_may_pass(int code, const struct hr_error *error);

#endif
