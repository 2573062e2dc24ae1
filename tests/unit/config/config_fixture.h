/* Loads from texts, and what came of it. */
#ifndef HR_TEST_CONFIG_FIXTURE_H
#define HR_TEST_CONFIG_FIXTURE_H

#include <headrace/config.h>

#define FIXTURE_FILES_MAX 4

struct fixture {
    struct hr_config_options
        options; /* files are filled in; no_environment unless `environment` is given */
    const char *texts[FIXTURE_FILES_MAX], *env_texts[FIXTURE_FILES_MAX];
    /* Out. */
    char paths[FIXTURE_FILES_MAX][64], env_paths[FIXTURE_FILES_MAX][64];
    int result;
    struct hr_error error;
    hr_config_problems *problems;
    hr_config *config;
};

/* Writes the texts to files, loads, and removes the files. */
void fixture_load(struct fixture *fixture);
void fixture_free(struct fixture *fixture);

/* The text at a path; NULL: there is no such node, or it is of another type. */
const char *fixture_text(const struct fixture *fixture, const char *path, enum hr_config_type type);
/* Whether a problem is at that place of a file and its message has the words. Line 0: at
 * any. */
bool fixture_says(const struct fixture *fixture, unsigned line, unsigned column, const char *words);
/* Whether a problem is about that variable or setting, and its message has the words. */
bool fixture_blames(const struct fixture *fixture, const char *name, const char *words);

#endif
