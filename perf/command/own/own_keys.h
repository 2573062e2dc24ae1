/* Options as keys of headrace.yaml. */
#ifndef COMMAND_OWN_KEYS_H
#define COMMAND_OWN_KEYS_H

#include "options.h"

#define OWN_KEY_SIZE  64
#define OWN_PATH_SIZE 160

/* Whether a configuration may have it. */
bool own_is_key(const struct option *option);

/* "max-redirs" is max_redirs. */
void own_key(const struct option *option, char key[OWN_KEY_SIZE]);

/* The maps in which the options of a command stand: "s3", and in it "cp". `verb` is empty where the
 * command has one word. */
struct own_maps {
    struct hr_slice family, verb;
};
struct own_maps own_maps_of(const struct command *command);

/* "s3.cp.spool_max", or "s3.spool_max" of the family. */
void own_path(const struct command *command, const struct option *option, bool family,
              char path[OWN_PATH_SIZE]);

/* The option that has the same key, with its group. NULL: none. */
const struct option *own_find(const struct command *command, const struct option *option,
                              const struct option_group **group);

#endif
