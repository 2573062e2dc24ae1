/* Words of a fault script, and the amounts among them. */
#ifndef PERF_FAULT_WORDS_H
#define PERF_FAULT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

/* Cuts the next word, parted by blanks, tabs and carriage returns, off the front. False: there is
 * none. */
bool fault_word_next(struct hr_slice *rest, struct hr_slice *word);
/* Without such at either end. */
struct hr_slice fault_word_trim(struct hr_slice text);
bool fault_word_is(struct hr_slice word, const char *text);

/* All of a word. 0 or -1, and then `*value` is untouched. */
int fault_word_count(struct hr_slice word, uint64_t max, uint64_t *value);
/* "7th", "1st", "2nd", "3rd" too. */
int fault_word_ordinal(struct hr_slice word, uint64_t *value);
/* "300ms", "5s", "2m", "1h", up to FAULT_DURATION_MAX_MS. */
int fault_word_duration(struct hr_slice word, uint64_t *ms);
/* "512", "1KiB", "10MiB", "2GiB", "1TiB" */
int fault_word_size(struct hr_slice word, uint64_t *bytes);
/* "1KiB/s", from 1 to FAULT_RATE_MAX. */
int fault_word_rate(struct hr_slice word, uint64_t *bytes_per_s);
/* "12.5%", up to four decimals, above 0 and up to 100: parts of FAULT_WHOLE. */
int fault_word_percent(struct hr_slice word, uint32_t *parts);

/* Up to 40 bytes of a word for a message; what is not printable becomes '?'. */
#define FAULT_SHOWN_SIZE 44
const char *fault_word_shown(struct hr_slice word, char text[FAULT_SHOWN_SIZE]);

#endif
