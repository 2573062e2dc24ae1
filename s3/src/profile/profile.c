/* The set of both files of AWS: loading, and looking up sections and properties. */
#include "profile.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/text.h>

#include "profile_file.h"

struct hr__profiles {
    struct hr__profile_file files[2]; /* by origin */
};

static struct hr__profiles *make(struct hr_error *error) {
    struct hr__profiles *profiles = calloc(1, sizeof *profiles);
    if (!profiles) hr_error_set(error, -ENOMEM, "no memory for profiles");
    for (int i = 0; profiles && i < 2; i++) profiles->files[i].origin = (enum hr__profile_origin)i;
    return profiles;
}

void hr__profiles_free(struct hr__profiles *profiles) {
    if (!profiles) return;
    for (int i = 0; i < 2; i++) hr__profile_file_deinit(&profiles->files[i]);
    free(profiles);
}

static int parse(struct hr__profiles *made, struct hr_error *error,
                 struct hr__profiles **profiles) {
    int err = 0;
    for (int i = 0; !err && i < 2; i++)
        if (made->files[i].text) err = hr__profile_parse(&made->files[i], error);
    if (err)
        hr__profiles_free(made);
    else
        *profiles = made;
    return err;
}

int hr__profiles_load(const struct hr__profile_paths *paths, struct hr_error *error,
                      struct hr__profiles **profiles) {
    struct hr__profiles *made = make(error);
    if (!made) return -ENOMEM;
    for (int i = 0; i < 2; i++) {
        struct hr__profile_file *file = &made->files[i];
        hr_text_copy(file->path, sizeof file->path, hr_slice_of(paths->path[i]));
        int err = hr__profile_file_read(file, paths->named[i], error);
        if (!err) continue;
        hr__profiles_free(made);
        return err;
    }
    return parse(made, error, profiles);
}

/* A copy of a text in place of a file's. */
static int copy(struct hr__profile_file *file, struct hr_slice text, struct hr_error *error) {
    static const char *const names[2] = {"(config)", "(credentials)"};
    hr_text_copy(file->path, sizeof file->path, hr_slice_of(names[file->origin]));
    if (text.size > HR__PROFILE_FILE_MAX)
        return hr_error_set(error, HR_ERR_S3_PROFILE, "%s: is larger than 1 MiB", file->path);
    int err = hr__profile_file_init(file, text.size);
    if (err) return hr_error_set(error, err, "no memory for %s", file->path);
    if (text.size > 0) memcpy(file->text, text.data, text.size);
    file->size = text.size;
    return 0;
}

int hr__profiles_parse(const struct hr__profile_texts *texts, struct hr_error *error,
                       struct hr__profiles **profiles) {
    struct hr__profiles *made = make(error);
    if (!made) return -ENOMEM;
    for (int i = 0; i < 2; i++) {
        int err = copy(&made->files[i], texts->text[i], error);
        if (!err) continue;
        hr__profiles_free(made);
        return err;
    }
    return parse(made, error, profiles);
}

/* ---- Looking up. */

const char *hr__profiles_path(const struct hr__profiles *profiles, enum hr__profile_origin origin) {
    return profiles->files[origin].path;
}

static bool is_of(const struct hr__profile_section *section, const struct hr__profile *profile) {
    return section->kind == (int)profile->kind && hr_slice_equal(section->name, profile->name);
}

bool hr__profile_exists(const struct hr__profile *profile) {
    for (int i = 0; i < 2; i++) {
        const struct hr__profile_file *file = &profile->profiles->files[i];
        for (size_t at = 0; at < file->section_count; at++)
            if (is_of(&file->sections[at], profile)) return true;
    }
    return false;
}

/* The last property of this name in the sections of the profile; NULL: there is none. */
static const struct hr__profile_property *
find(const struct hr__profile_file *file, const struct hr__profile *profile, struct hr_slice name) {
    for (size_t at = file->property_count; at-- > 0;) {
        const struct hr__profile_property *property = &file->properties[at];
        if (!property->nested && hr_slice_equal(property->name, name) &&
            is_of(&file->sections[property->section], profile))
            return property;
    }
    return NULL;
}

/* The last sub-property of this name: they stand right behind theirs. */
static const struct hr__profile_property *find_nested(const struct hr__profile_file *file,
                                                      const struct hr__profile_property *outer,
                                                      struct hr_slice name) {
    const struct hr__profile_property *end = file->properties + file->property_count, *found = NULL;
    for (const struct hr__profile_property *at = outer + 1; at < end && at->nested; at++)
        if (hr_slice_equal_nocase(at->name, name)) found = at;
    return found;
}

/* A name in two at its dot. */
struct path {
    struct hr_slice outer, nested; /* nested: empty where there is no dot */
};

static struct path path_of(const char *name) {
    const char *dot = strchr(name, '.');
    if (!dot) return (struct path){.outer = hr_slice_of(name)};
    return (struct path){hr_slice_bytes(name, (size_t)(dot - name)), hr_slice_of(dot + 1)};
}

/* Whether the file has the property; with it, its sub-property of the path or itself, or NULL. */
static bool look_up(const struct hr__profile_file *file, const struct hr__profile *profile,
                    const struct path *path, const struct hr__profile_property **found) {
    const struct hr__profile_property *outer = find(file, profile, path->outer);
    *found = outer && path->nested.size > 0 ? find_nested(file, outer, path->nested) : outer;
    return outer != NULL;
}

static bool show(const struct hr__profile_file *file, const struct hr__profile_property *property,
                 struct hr__profile_value *value) {
    if (!property) return false;
    assert(property->text.data[property->text.size] == 0);
    *value = (struct hr__profile_value){property->text, file->origin, file->path, property->line};
    return true;
}

bool hr__profile_get_from(const struct hr__profile *profile, enum hr__profile_origin origin,
                          const char *name, struct hr__profile_value *value) {
    const struct hr__profile_file *file = &profile->profiles->files[origin];
    const struct hr__profile_property *found;
    struct path path = path_of(name);
    look_up(file, profile, &path, &found);
    return show(file, found, value);
}

bool hr__profile_get(const struct hr__profile *profile, const char *name,
                     struct hr__profile_value *value) {
    const struct hr__profile_file *file = &profile->profiles->files[HR__PROFILE_CREDENTIALS];
    const struct hr__profile_property *found;
    struct path path = path_of(name);
    if (!look_up(file, profile, &path, &found)) {
        file = &profile->profiles->files[HR__PROFILE_CONFIG];
        look_up(file, profile, &path, &found);
    }
    return show(file, found, value);
}

void hr__profiles_each(const struct hr__profiles *profiles, enum hr__profile_kind kind,
                       void (*on_section)(void *user, struct hr_slice name), void *user) {
    for (int i = 0; i < 2; i++) {
        const struct hr__profile_file *file = &profiles->files[i];
        for (size_t at = 0; at < file->section_count; at++)
            if (file->sections[at].kind == (int)kind) on_section(user, file->sections[at].name);
    }
}
