/* The journal of a download: the ranges that an earlier run has written, and those of this one. On
 * the download's reactor. */
#ifndef HR_S3_DOWNLOAD_JOURNAL_H
#define HR_S3_DOWNLOAD_JOURNAL_H

#include "download_state.h"

/* Opens transfer.journal, where one is named. 0, or a code of hr_s3_download_start, with the
 * download's error set. */
int hr__download_journal_open(struct hr__download *download);
/* The first response tells the object, before a byte of it is written: where it is not the
 * journal's, that tells nothing any more. 0 or -errno. */
int hr__download_journal_head(struct hr__download *download);
/* The object is known and comes by ranges, and the file is as it was found. What an earlier run has
 * written is kept where it is of the same object and the file is the same; else the journal begins
 * anew. 0 or a negative code, with the download's error set. */
int hr__download_journal_object(struct hr__download *download);
/* The range with this index, which is asked for in ascending order, is in the file already; NULL:
 * it is not. */
const struct hr__journal_part *hr__download_journal_kept(struct hr__download *download,
                                                         uint32_t index);
/* A range is in the file. */
void hr__download_journal_range(struct hr__download *download,
                                const struct hr__download_slot *slot);
void hr__download_journal_close(struct hr__download *download);

#endif
