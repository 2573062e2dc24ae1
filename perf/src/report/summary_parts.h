/* Shared by the readers of results: subjects, their figures and facts. */
#ifndef PERF_SUMMARY_PARTS_H
#define PERF_SUMMARY_PARTS_H

#include "summary.h"

/* A file that is read. */
struct perf_source {
    const char *name;
    const json_t *root;
    struct hr_error *error;
};

/* NULL: no memory. Freed by perf_subject_free. */
struct perf_subject *perf_subject_new(const struct perf_source *source, const char *name);
void perf_subject_free(struct perf_subject *subject);
void perf_suite_free(struct perf_suite *suite);

/* Ends a reader: adds the subject, or frees it where `err` is not 0 or there are too many. */
int perf_summary_add(struct perf_summary *summary, struct perf_subject *subject, int err,
                     struct hr_error *error);

/* The one of that name, made where it is not there; NULL: the list is full, or no memory. */
struct perf_number *perf_subject_number(struct perf_subject *subject, const char *name,
                                        enum perf_better better);
struct perf_part *perf_subject_part(struct perf_subject *subject, const char *name);
struct perf_failure *perf_subject_failure(struct perf_subject *subject, const char *name);

/* A text of at most PERF_SHOWN_MAX bytes; "" where the member is no text. */
void perf_text_of(const json_t *object, const char *name, char text[PERF_SHOWN_MAX]);

/* Fills them from the members `environment`, or of older results from the head's own. */
void perf_facts_read(const json_t *root, struct perf_facts *facts);
/* Facts that differ become "a | b". */
void perf_facts_merge(struct perf_facts *into, const struct perf_facts *from);

/* The key of a report of bench s3 or bench http. 0 or -ENOMEM. */
int perf_key_of_bench(const json_t *root, char key[PERF_KEY_MAX]);
/* Copies it; the rest of one that does not fit in becomes a hash. */
void perf_key_set(char key[PERF_KEY_MAX], const char *whole);
/* Of a member that older reports do not have, its default is the same as nothing. */
bool perf_key_is_default(const json_t *value);

/* The window from `started_at` on. */
struct perf_window perf_window_read(const json_t *root, double duration_s);

/* Writes the numbers of a load from its counts, its histogram and its time. */
void perf_numbers_of_load(struct perf_subject *subject);
/* Makes each number's value its only round. */
void perf_numbers_as_round(struct perf_subject *subject);

/* Where older results have no `protocol`, it is not asked for. 0 or -EPROTO. */
int perf_check_protocol(const struct perf_source *source);

/* Reads the member `shard`, where it is there. 0 or -EPROTO. */
int perf_shard_read(const json_t *root, struct perf_shard_told *shard, struct hr_error *error);
/* So much its clock has surely to be put forward to be the store's: 0 where it may be right. */
double perf_shard_shift_s(const struct perf_shard_told *shard);
/* The least that the clocks of two can be apart. Both have one. */
double perf_shards_apart_s(const struct perf_shard_told *a, const struct perf_shard_told *b);
/* Warns of shards that are missing, or there twice, among those that are put together. 0, or -1: no
 * memory. */
int perf_shards_check(struct perf_summary *summary, struct perf_subject *const *list,
                      unsigned count);
/* Warns of two clocks that are surely apart. Both have told theirs. */
void perf_shards_clocks(struct perf_summary *summary, const struct perf_subject *a,
                        const struct perf_subject *b);

/* ---- Readers, one a kind of result. */
int perf_read_bench(struct perf_summary *summary, const struct perf_source *source);
int perf_read_beside(struct perf_summary *summary, const struct perf_source *source);
int perf_read_figures(struct perf_summary *summary, const struct perf_source *source);
int perf_read_suite(struct perf_summary *summary, const struct perf_source *source);
int perf_read_series(const struct perf_source *source, struct perf_subject *subject);

/* Adds the rows of `from`, in rows of the longer step of the two. 0 or -ENOMEM. */
int perf_points_merge(struct perf_points *into, struct perf_points *from);

#endif
