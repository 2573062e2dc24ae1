#include "profile_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static char home[64], folder[80], config[96], credentials[96];

static bool is_ours(const char *variable) {
    static const char *const prefixes[] = {"AWS_", "S3_", "BOTOCORE_"};
    for (size_t i = 0; i < 3; i++)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return false;
}

void profile_variables_clear(void) {
    for (;;) {
        char name[128] = "";
        for (char **at = environ; *at && !name[0]; at++)
            if (is_ours(*at)) snprintf(name, sizeof name, "%.*s", (int)strcspn(*at, "="), *at);
        if (!name[0]) return;
        unsetenv(name);
    }
}

void profile_files_make(void) {
    profile_variables_clear();
    snprintf(home, sizeof home, "/tmp/profile.XXXXXX");
    cr_assert(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/.aws", home);
    snprintf(config, sizeof config, "%s/config", folder);
    snprintf(credentials, sizeof credentials, "%s/credentials", folder);
    cr_assert_eq(mkdir(folder, 0700), 0);
    setenv("HOME", home, 1);
}

void profile_files_remove(void) {
    profile_variables_clear();
    remove(config);
    remove(credentials);
    rmdir(folder);
    rmdir(home);
}

static void write_file(const char *path, const char *text) {
    remove(path);
    if (!text) return;
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

void profile_config_write(const char *text) {
    write_file(config, text);
}

void profile_credentials_write(const char *text) {
    write_file(credentials, text);
}

const char *profile_folder(void) {
    return folder;
}
