/* What tests of the configuration's commands share: a configuration out of a text. */
#ifndef TESTS_CONFIG_COMMAND_FIXTURE_H
#define TESTS_CONFIG_COMMAND_FIXTURE_H

#include "command_fixture.h"

#include <headrace/config.h>

/* The caller frees it; a text that cannot be loaded fails the test. Its file is fixture_path(name).
 */
__attribute__((unused)) static hr_config *fixture_config(const char *name, const char *text) {
    const char *path = fixture_text(name, text);
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true};
    struct hr_error error;
    hr_config *config = NULL;
    cr_assert_eq(hr_config_load(&options, NULL, &error, &config), 0, "%s", error.message);
    return config;
}

/* What `call` writes to `out`, in one of four buffers. */
#define WRITTEN(...)                                                                               \
    ({                                                                                             \
        static char written_ring[4][4096];                                                         \
        static unsigned written_next;                                                              \
        char *written_text = written_ring[written_next++ % 4];                                     \
        FILE *out = fmemopen(written_text, sizeof written_ring[0], "w");                           \
        __VA_ARGS__;                                                                               \
        fputc('\0', out);                                                                          \
        fclose(out);                                                                               \
        (const char *)written_text;                                                                \
    })

#endif
