/* AWS's files: a text, cut at a NUL into config and credentials, is refused or read; what is found
 * lies inside, and each sub-property belongs to a property. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"

static void look(void *user, struct hr_slice name) {
    struct hr__profile profile = {user, HR__PROFILE_PROFILE, name};
    struct hr__profile_value value, outer;
    if (!hr__profile_exists(&profile)) abort();
    static const char *const names[] = {"region", "s3.addressing_style", "a.b", "a"};
    for (size_t i = 0; i < 4; i++) {
        if (!hr__profile_get(&profile, names[i], &value)) continue;
        if (value.line == 0 || value.text.size > HR__PROFILE_VALUE_MAX) abort();
        if (strlen(value.text.data) != value.text.size) abort();
        if (i == 2 && !hr__profile_get(&profile, "a", &outer)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hr_slice rest = hr_slice_bytes((const char *)data, size);
    struct hr__profile_texts texts = {{{NULL, 0}, {NULL, 0}}};
    struct hr__profiles *profiles = NULL;
    struct hr_error error = {0};
    hr_slice_cut(&rest, 0, &texts.text[HR__PROFILE_CONFIG]);
    texts.text[HR__PROFILE_CREDENTIALS] = rest;
    int err = hr__profiles_parse(&texts, &error, &profiles);
    if (err && (err != HR_ERR_S3_PROFILE || profiles || !error.message[0])) abort();
    if (!err) hr__profiles_each(profiles, HR__PROFILE_PROFILE, look, profiles);
    hr__profiles_free(profiles);
    return 0;
}
