/* Settings: the profile that counts, and what variables and its keys say. */
#include "aws_settings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "environment.h"
#include "settings_table.h"
#include "writer.h"

/* ---- The profile. */

/* The profile's name, and where it is from. */
static const char *choose(const char *option, const char **source) {
    static const char *const variables[] = {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"};
    *source = "the option profile";
    if (option) return option;
    for (size_t i = 0; i < 2; i++) {
        *source = variables[i];
        const char *name = hr__environment(variables[i]);
        if (name) return name;
    }
    *source = NULL;
    return "default";
}

static int load(struct hr_error *error, struct hr__profiles **profiles) {
    struct hr__profile_paths *paths = malloc(sizeof *paths);
    if (!paths) return hr_error_set(error, -ENOMEM, "no memory for profiles");
    int err = hr__profile_paths(error, paths);
    if (!err) err = hr__profiles_load(paths, error, profiles);
    free(paths);
    return err;
}

int hr__s3_settings_init(const char *profile, struct hr_error *error,
                         struct hr__s3_settings *settings) {
    struct hr__s3_settings made = {.profiles = NULL};
    const char *name = choose(profile, &made.profile_source);
    if (name[0]) {
        int err = load(error, &made.profiles);
        if (err) return err;
        made.profile = (struct hr__profile){made.profiles, HR__PROFILE_PROFILE, hr_slice_of(name)};
        made.profile_missing = made.profile_source && !hr__profile_exists(&made.profile);
    }
    if (made.profile_missing && profile) {
        int err = hr__s3_settings_refuse(&made, error);
        hr__s3_settings_deinit(&made);
        return err;
    }
    *settings = made;
    return 0;
}

void hr__s3_settings_deinit(struct hr__s3_settings *settings) {
    hr__profiles_free(settings->profiles);
    *settings = (struct hr__s3_settings){.profiles = NULL};
}

int hr__s3_settings_refuse(const struct hr__s3_settings *settings, struct hr_error *error) {
    assert(settings->profile_missing);
    const struct hr__profiles *profiles = settings->profiles;
    return hr_error_set(error, HR_ERR_S3_PROFILE,
                        "%s \"%.60s\": no such profile in %.60s, nor %.60s",
                        settings->profile_source, settings->profile.name.data,
                        hr__profiles_path(profiles, HR__PROFILE_CONFIG),
                        hr__profiles_path(profiles, HR__PROFILE_CREDENTIALS));
}

/* ---- Looking up. */

/* An empty text counts as none; but an empty bundle would trust nobody, or everybody. */
static bool counts(enum hr__s3_setting setting, const char *text) {
    return text && (text[0] || setting == HR__S3_CA_BUNDLE);
}

struct hr__s3_value hr__s3_setting(const struct hr__s3_settings *settings,
                                   enum hr__s3_setting setting) {
    const struct hr__s3_setting_row *row = &hr__s3_setting_rows[setting];
    for (size_t i = 0; i < 2 && row->variables[i]; i++) {
        const char *text = getenv(row->variables[i]);
        if (counts(setting, text)) return (struct hr__s3_value){text, row->variables[i], NULL, 0};
    }
    struct hr__profile_value found;
    for (size_t i = 0; settings->profiles && i < 2 && row->keys[i]; i++)
        if (hr__profile_get(&settings->profile, row->keys[i], &found) &&
            counts(setting, found.text.data))
            return (struct hr__s3_value){found.text.data, row->keys[i], found.path, found.line};
    return (struct hr__s3_value){NULL, NULL, NULL, 0};
}

const char *hr__s3_value_source(const struct hr__s3_value *value, char *into) {
    struct hr__writer out = hr__writer(into, HR__S3_SOURCE_MAX - 1);
    hr__put_text(&out, value->name);
    if (value->path) {
        hr__put_text(&out, " of ");
        size_t size = strlen(value->path), room = HR__S3_SOURCE_MAX - 80;
        bool long_path = size > room;
        if (long_path) hr__put_text(&out, "…"); /* the end of a path says most */
        hr__put_text(&out, long_path ? value->path + size - room : value->path);
        hr__put_byte(&out, ':');
        hr__put_u64(&out, value->line);
    }
    *out.at = 0;
    return into;
}

/* ---- Kinds. */

static int refuse(const struct hr__s3_value *value, const char *wanted, struct hr_error *error) {
    char source[HR__S3_SOURCE_MAX];
    return hr_error_set(error, HR_ERR_S3_PROFILE, "%s \"%.40s\" is none of: %s",
                        hr__s3_value_source(value, source), value->text, wanted);
}

int hr__s3_setting_flag(const struct hr__s3_settings *settings, enum hr__s3_setting setting,
                        struct hr_error *error, bool *flag) {
    const struct hr__s3_setting_row *row = &hr__s3_setting_rows[setting];
    assert(row->kind == HR__S3_SETTING_FLAG);
    struct hr__s3_value value = hr__s3_setting(settings, setting);
    bool yes = value.text && strcasecmp(value.text, "true") == 0;
    if (value.text && !yes && strcasecmp(value.text, "false") != 0)
        return refuse(&value, "true, false", error);
    *flag = value.text ? yes : row->standard != 0;
    return 0;
}

int hr__s3_setting_count(const struct hr__s3_settings *settings, enum hr__s3_setting setting,
                         struct hr_error *error, unsigned *count) {
    const struct hr__s3_setting_row *row = &hr__s3_setting_rows[setting];
    assert(row->kind == HR__S3_SETTING_NUMBER);
    struct hr__s3_value value = hr__s3_setting(settings, setting);
    unsigned number = 0;
    for (const char *at = value.text; at && *at; at++) {
        unsigned digit = (unsigned)*at - '0';
        number = number * 10 + digit;
        if (digit <= 9 && number <= row->count_max) continue;
        number = 0;
        break;
    }
    if (value.text && number == 0) {
        char wanted[32];
        struct hr__writer out = hr__writer(wanted, sizeof wanted - 1);
        hr__put_text(&out, "1 to ");
        hr__put_u64(&out, row->count_max);
        *out.at = 0;
        return refuse(&value, wanted, error);
    }
    *count = value.text ? number : row->standard;
    return 0;
}

int hr__s3_setting_word(const struct hr__s3_settings *settings, enum hr__s3_setting setting,
                        struct hr_error *error, unsigned *word) {
    const struct hr__s3_setting_row *row = &hr__s3_setting_rows[setting];
    assert(row->kind == HR__S3_SETTING_WORD);
    struct hr__s3_value value = hr__s3_setting(settings, setting);
    struct hr_slice rest = hr_slice_of(row->words), one, text = hr_slice_of(value.text);
    for (unsigned i = 0; hr_slice_cut(&rest, ' ', &one); i++) {
        if (value.text && !hr_slice_equal_nocase(one, text)) continue;
        *word = i;
        return 0;
    }
    return refuse(&value, row->words, error);
}
