/* Settings of programs that are measured beside each other, by name: where those that make the work
 * differ, so does the work, and that is told. */
#ifndef PERF_BESIDE_SETTINGS_H
#define PERF_BESIDE_SETTINGS_H

#define PERF_BESIDE_TEXT_MAX     256
#define PERF_BESIDE_LABEL_MAX    64
#define PERF_BESIDE_SETTINGS_MAX 12

struct perf_beside_setting {
    char name[PERF_BESIDE_LABEL_MAX], value[PERF_BESIDE_LABEL_MAX]; /* "checksum", "crc32" */
};
struct perf_beside_settings {
    struct perf_beside_setting list[PERF_BESIDE_SETTINGS_MAX];
    unsigned count;
};

/* Further ones than PERF_BESIDE_SETTINGS_MAX are left out, longer texts are cut. */
void perf_beside_setting_add(struct perf_beside_settings *settings, const char *name,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "checksum crc32, pool 64"; those for which there is no room are left out. */
void perf_beside_settings_text(const struct perf_beside_settings *settings,
                               char text[PERF_BESIDE_TEXT_MAX]);

struct perf_beside_unequal {
    char lines[PERF_BESIDE_SETTINGS_MAX + 1][PERF_BESIDE_TEXT_MAX];
    unsigned count;
};

/* Compares `own` with those of the program `name`: a sentence for each setting of `own`
 * that is another there (the case of letters does not matter), and one of all that it does not
 * tell. Settings that only the other one has are no work that could be compared. */
void perf_beside_unequal_find(const struct perf_beside_settings *own,
                              const struct perf_beside_settings *theirs, const char *name,
                              struct perf_beside_unequal *unequal);

#endif
