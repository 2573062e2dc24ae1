#include "config_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t write_files(const char *const *texts, char (*paths)[64], const char **files) {
    size_t count = 0;
    for (; count < FIXTURE_FILES_MAX && texts[count]; count++) {
        memcpy(paths[count], "/tmp/hr-config-XXXXXX", sizeof "/tmp/hr-config-XXXXXX");
        FILE *file = fdopen(mkstemp(paths[count]), "w");
        cr_assert(file);
        fputs(texts[count], file);
        fclose(file);
        files[count] = paths[count];
    }
    return count;
}

void fixture_load(struct fixture *fixture) {
    const char *files[FIXTURE_FILES_MAX], *env_files[FIXTURE_FILES_MAX];
    size_t count = write_files(fixture->texts, fixture->paths, files);
    size_t env_count = write_files(fixture->env_texts, fixture->env_paths, env_files);
    if (count > 0) {
        fixture->options.files = files;
        fixture->options.file_count = count;
    }
    if (env_count > 0) {
        fixture->options.env_files = env_files;
        fixture->options.env_file_count = env_count;
    }
    if (!fixture->options.environment) fixture->options.no_environment = true;
    fixture->result =
        hr_config_load(&fixture->options, &fixture->problems, &fixture->error, &fixture->config);
    for (size_t i = 0; i < count; i++) unlink(fixture->paths[i]);
    for (size_t i = 0; i < env_count; i++) unlink(fixture->env_paths[i]);
    if (count > 0) fixture->options.files = NULL;
    if (env_count > 0) fixture->options.env_files = NULL;
}

void fixture_free(struct fixture *fixture) {
    hr_config_problems_free(fixture->problems);
    hr_config_free(fixture->config);
}

const char *fixture_text(const struct fixture *fixture, const char *path,
                         enum hr_config_type type) {
    const struct hr_config_node *node = hr_config_find(fixture->config, path);
    return node && hr_config_type_of(node) == type ? hr_config_text(node).data : NULL;
}

bool fixture_says(const struct fixture *fixture, unsigned line, unsigned column,
                  const char *words) {
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(fixture->problems, i)); i++)
        if ((line == 0 || (problem->origin.line == line && problem->origin.column == column)) &&
            strstr(problem->message, words))
            return true;
    return false;
}

bool fixture_blames(const struct fixture *fixture, const char *name, const char *words) {
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(fixture->problems, i)); i++)
        if (problem->origin.name && strcmp(problem->origin.name, name) == 0 &&
            strstr(problem->message, words))
            return true;
    return false;
}
