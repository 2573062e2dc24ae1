/* Which options are keys, and where they stand. */
#include "own_keys.h"

#include <assert.h>
#include <string.h>

bool own_is_key(const struct option *option) {
    if (option->of_call || option->type == OPTION_ARGUMENT) return false;
    return option->type == OPTION_FLAG || option->placeholder;
}

void own_key(const struct option *option, char key[OWN_KEY_SIZE]) {
    size_t size = strlen(option->name);
    assert(size < OWN_KEY_SIZE);
    for (size_t i = 0; i <= size; i++) key[i] = option->name[i] == '-' ? '_' : option->name[i];
}

struct own_maps own_maps_of(const struct command *command) {
    struct own_maps maps = {.verb = hr_slice_of(command->path)};
    hr_slice_cut(&maps.verb, ' ', &maps.family);
    return maps;
}

void own_path(const struct command *command, const struct option *option, bool family,
              char path[OWN_PATH_SIZE]) {
    struct own_maps maps = own_maps_of(command);
    char key[OWN_KEY_SIZE];
    own_key(option, key);
    bool verb = !family && maps.verb.size > 0;
    snprintf(path, OWN_PATH_SIZE, "%.*s%s%.*s.%s", (int)maps.family.size, maps.family.data,
             verb ? "." : "", verb ? (int)maps.verb.size : 0, verb ? maps.verb.data : "", key);
}

const struct option *own_find(const struct command *command, const struct option *option,
                              const struct option_group **group) {
    for (*group = command->groups; (*group)->title; (*group)++)
        for (const struct option *at = (*group)->options; at->name; at++)
            if (own_is_key(at) && strcmp(at->name, option->name) == 0) return at;
    return NULL;
}
