/* A file that holds one secret. Nothing of its text gets into a problem, and no value of a
 * variable, which may be the secret itself by mistake. */
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/text.h>

#include "config_sources.h"

#define SECRETS_BYTES_MAX ((size_t)16 << 20) /* of all secrets of a load */

static void refuse(struct hr__config_load *load, struct hr__config_place place, const char *why) {
    bool named = place.source < load->source_count &&
                 load->sources[place.source].kind != HR_CONFIG_FROM_VARIABLE;
    hr__config_refuse(load, place, NULL, hr_slice_bytes(NULL, 0), "%s%s",
                      named ? "" : "the file that it names: ", why);
}

/* The owner is this process's user, or root, as whom Kubernetes and Docker mount secrets. */
static bool check_owner(struct hr__config_load *load, struct hr__config_place place,
                        const struct hr__config_file *file) {
    const char *why = NULL;
    if (file->owner != geteuid() && file->owner != 0)
        why = "another user owns it, and may have written it: chown it to this process's user";
    else if (file->mode & S_IWOTH)
        why = "all users can write it: chmod o-w";
    if (why) refuse(load, place, why);
    return !why;
}

static bool check_readers(struct hr__config_load *load, struct hr__config_place place,
                          const struct hr__config_file *file) {
    if (!(file->mode & (S_IROTH | S_IWGRP))) return true;
    if (load->options->strict) {
        refuse(load, place, "others can read it, or its group write it: chmod g-w,o-r");
        return false;
    }
    if (load->exposed_count++ == 0) load->exposed_first = place;
    return true;
}

static bool check_text(struct hr__config_load *load, struct hr__config_place place,
                       const struct hr__config_file *file) {
    const char *why = NULL;
    if (!hr_utf8_valid(hr_slice_bytes(file->data, file->size)))
        why = "it is not UTF-8";
    else if (file->size > 0 && memchr(file->data, '\0', file->size))
        why = "it has a NUL";
    if (why) refuse(load, place, why);
    return !why;
}

static void drop_line_end(struct hr__config_file *file) {
    if (file->size == 0 || file->data[file->size - 1] != '\n') return;
    file->size--;
    if (file->size > 0 && file->data[file->size - 1] == '\r') file->size--;
}

bool hr__config_secret_read(struct hr__config_load *load, struct hr__config_place place,
                            const char *path, struct hr__config_file *file) {
    const struct hr__config_reading reading = {SECRETS_BYTES_MAX - load->secret_bytes,
                                               "of 16 MiB for all secrets",
                                               load->limits.pipe_wait_ms};
    struct hr_error error;
    if (hr__config_file_read(path, &reading, file, &error)) {
        refuse(load, place, error.message);
        return false;
    }
    if (check_owner(load, place, file) && check_readers(load, place, file) &&
        check_text(load, place, file)) {
        load->secret_bytes += file->size;
        drop_line_end(file);
        return true;
    }
    hr__config_file_free(file);
    return false;
}

/* YAML and .env files. A secret's own file has been judged before it was read. */
static void judge_files(struct hr__config_load *load) {
    for (uint32_t i = 0; i < load->source_count; i++) {
        const struct hr__config_source *source = &load->sources[i];
        const struct hr__config_file file = {.mode = source->mode, .owner = source->owner};
        if (!source->holds_secret || !S_ISREG(source->mode)) continue;
        if (check_owner(load, hr__config_all_of(i), &file))
            check_readers(load, hr__config_all_of(i), &file);
    }
}

void hr__config_secrets_judge(struct hr__config_load *load) {
    judge_files(load);
    struct hr__config_place place = load->exposed_first;
    const char *what = "a file with a secret, which others can read or its group can write";
    if (load->exposed_count == 1)
        hr__config_warn(load, place, NULL, hr_slice_bytes(NULL, 0), "%s: chmod g-w,o-r", what);
    else if (load->exposed_count > 1)
        hr__config_warn(load, place, NULL, hr_slice_bytes(NULL, 0), "%s, as %u more: chmod g-w,o-r",
                        what, load->exposed_count - 1);
}
