/* Records of a transfer's journal: a line each, with a CRC-32C in front, so that one that was cut
 * by a kill shows. Pure; docs/transfers.md has the format. */
#ifndef HR_S3_JOURNAL_RECORD_H
#define HR_S3_JOURNAL_RECORD_H

#include <headrace/slice.h>

#define HR__JOURNAL_MAGIC  "headrace-journal 1\n" /* the first line, without a CRC */
#define HR__JOURNAL_FIELDS 6
#define HR__JOURNAL_LINE   8192 /* bytes of the longest record */
#define HR__JOURNAL_NUMBER 20   /* digits of a number */

struct hr__journal_record {
    struct hr_slice kind;                       /* "begin", "upload", … */
    struct hr_slice fields[HR__JOURNAL_FIELDS]; /* any bytes, also none */
    unsigned count;
};

/* Writes the line. Its size; 0: it is longer than HR__JOURNAL_LINE. */
size_t hr__journal_record_write(const struct hr__journal_record *record,
                                char line[HR__JOURNAL_LINE]);
/* Reads the record at the start of `data`, whose fields are decoded in their places. Bytes that the
 * line has; 0: there is no whole one. */
size_t hr__journal_record_read(char *data, size_t size, struct hr__journal_record *record);

#endif
