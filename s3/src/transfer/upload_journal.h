/* The journal of an upload: what an earlier run has left, and what this one adds. On the upload's
 * reactor. */
#ifndef HR_S3_UPLOAD_JOURNAL_H
#define HR_S3_UPLOAD_JOURNAL_H

#include "upload_state.h"

/* Opens transfer.journal and finds out what is to be done; in the end upload->anew or, with parts
 * that are kept, upload->step. The upload may be gone then. */
void hr__upload_journal_open(struct hr__upload *upload);

/* The next part is at the store already: its record. NULL: it is to be sent. */
const struct hr__journal_part *hr__upload_journal_kept(const struct hr__upload *upload);

/* The create has ended. */
void hr__upload_journal_created(struct hr__upload *upload);
/* A part has arrived. */
void hr__upload_journal_part(struct hr__upload *upload, const struct hr__upload_slot *slot);
/* The parts are about to be put together; fails the upload where the file is another one now.
 * Whether an earlier run may have asked for it. */
bool hr__upload_journal_complete(struct hr__upload *upload);
/* Complete has failed because nobody knows the upload that an earlier run began: it begins anew,
 * true. */
bool hr__upload_journal_lost(struct hr__upload *upload);

/* Whether the upload, which has failed, stays at the store for another run. */
bool hr__upload_journal_stays(const struct hr__upload *upload);
void hr__upload_journal_close(struct hr__upload *upload);

#endif
