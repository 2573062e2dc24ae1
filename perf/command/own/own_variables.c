/* Picks the variables of a command: the others with the prefix are those of services. */
#include "own_variables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "own_keys.h"

#define PREFIX "ESPER_"

/* Takes `word` off the front of a name in any letter case. */
static bool skip_word(struct hr_slice *name, struct hr_slice word) {
    if (name->size < word.size || strncasecmp(name->data, word.data, word.size) != 0) return false;
    *name = hr_slice_bytes(name->data + word.size, name->size - word.size);
    return true;
}

/* "_" or "__" between two levels. */
static bool skip_level(struct hr_slice *name, struct hr_slice word) {
    if (!skip_word(name, word) || name->size < 2 || name->data[0] != '_') return false;
    size_t signs = name->data[1] == '_' ? 2 : 1;
    *name = hr_slice_bytes(name->data + signs, name->size - signs);
    return true;
}

/* KEY, or KEY_FILE, which names the file that has the value. */
static bool ends_with_key(struct hr_slice name, const struct option *option) {
    char key[OWN_KEY_SIZE];
    own_key(option, key);
    if (!skip_word(&name, hr_slice_of(key))) return false;
    return name.size == 0 || (skip_word(&name, hr_slice_of("_FILE")) && name.size == 0);
}

static bool names_option(struct hr_slice name, const struct command *command) {
    for (const struct option_group *group = command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++)
            if (own_is_key(option) && ends_with_key(name, option)) return true;
    return false;
}

/* Whether it is FAMILY_KEY or FAMILY_VERB_KEY. */
static bool concerns(const char *variable, const struct command *command) {
    struct own_maps maps = own_maps_of(command);
    struct hr_slice name = hr_slice_bytes(variable, strcspn(variable, "="));
    if (!skip_word(&name, hr_slice_of(PREFIX)) || !skip_level(&name, maps.family)) return false;
    if (names_option(name, command)) return true;
    return maps.verb.size > 0 && skip_level(&name, maps.verb) && names_option(name, command);
}

int own_variables_of(const struct command *command, char *const *environment,
                     const char ***variables) {
    size_t count = 0, taken = 0;
    *variables = NULL;
    for (char *const *at = environment; at && *at; at++) count += concerns(*at, command);
    if (count == 0) return 0;
    const char **list = calloc(count + 1, sizeof *list);
    if (!list) return -1;
    for (char *const *at = environment; *at; at++)
        if (concerns(*at, command)) list[taken++] = *at;
    *variables = list;
    return 0;
}
