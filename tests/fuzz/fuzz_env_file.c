/* Loading a .env file: whatever comes, each problem has its place, and each value is UTF-8. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/config.h>
#include <headrace/text.h>

#include "fuzz_document.h"

static void check_values(const hr_config *config) {
    const struct hr_config_node *node = hr_config_first(hr_config_root(config));
    for (; node; node = hr_config_next(node)) {
        struct hr_config_origin origin;
        hr_config_origin_of(config, node, &origin);
        if (origin.kind != HR_CONFIG_FROM_ENV_FILE || origin.line == 0 || origin.column == 0)
            abort();
        if (!hr_utf8_valid(hr_config_text(node))) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_document(data, size);
    const struct hr_config_options options = {
        .env_files = &path,
        .env_file_count = 1,
        .no_environment = true,
        .empty_is_value = true,
        .limits = {.nodes_max = 20000},
    };
    hr_config_problems *problems;
    struct hr_error error;
    hr_config *config = NULL;
    int result = hr_config_load(&options, &problems, &error, &config);
    for (size_t i = 0; i < hr_config_problems_count(problems); i++)
        if (hr_config_problems_at(problems, i)->line) abort(); /* none is quoted */
    if ((result == HR_ERR_CONFIG) != (hr_config_problems_of(problems, HR_CONFIG_ERROR) > 0))
        abort();
    if (result == 0) check_values(config);
    hr_config_problems_free(problems);
    hr_config_free(config);
    return 0;
}
