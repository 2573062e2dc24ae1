/* The table of schemas that have a name, and files. */
#include "schema_choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <headrace/config_esper.h>

#include "own.h"
#include "schema_entries.h"
#include "schema_tables.h"
#include "shown.h"
#include "wording.h"

#define NAMES_SIZE 200

static const struct hr_config_schema *esper_schema(void) {
    return &hr_esper_schema;
}

/* A line each; the function gives NULL where there is no memory. */
static const struct {
    const char *name;
    const struct hr_config_schema *(*schema)(void);
} named[] = {
    {"headrace", own_schema}, /* of the command itself */
    {"esper", esper_schema},
    {NULL, NULL},
};

/* The number of a name; -1: there is none such. */
static int find(const char *name) {
    for (int i = 0; named[i].name; i++)
        if (strcmp(named[i].name, name) == 0) return i;
    return -1;
}

/* A word that is no file. */
static bool is_unknown(const char *name) {
    return !strpbrk(name, "/.") && access(name, F_OK) != 0;
}

static int refuse_name(const char *name, struct hr_error *error) {
    char names[NAMES_SIZE] = "";
    size_t size = 0;
    for (size_t i = 0; named[i].name && size < sizeof names; i++)
        size += (size_t)snprintf(names + size, sizeof names - size, "%s, ", named[i].name);
    return hr_error_set(error, -EINVAL, "--schema: '%s' is none of %sand no file",
                        shown_argument(name), names);
}

int schema_choice_open(struct schema_choice *choice, const char *name, struct hr_error *error) {
    *choice = (struct schema_choice){.schema = NULL};
    if (!name) return 0;
    int known = find(name);
    if (known >= 0) choice->schema = named[known].schema();
    if (choice->schema) return 0;
    if (known >= 0) return hr_error_set(error, -ENOMEM, "no memory for the schema %s", name);
    if (is_unknown(name)) return refuse_name(name, error);
    if (schema_reading_open(&choice->reading, name) == 0 &&
        schema_tables_read(&choice->reading, &choice->made)) {
        choice->schema = &choice->made;
        schema_entries_enforce(&choice->reading);
        return 0;
    }
    int code = choice->reading.result == -ENOMEM ? -ENOMEM : -EINVAL;
    char message[sizeof choice->reading.error.message];
    const char *said = choice->reading.error.message;
    if (strstr(said, "(limits.")) { /* else it quotes the file, whose words are its own */
        wording_of_command(said, message, sizeof message);
        said = message;
    }
    hr_error_set(error, code, "--schema: %s", said);
    schema_choice_release(choice);
    return code;
}

void schema_choice_release(struct schema_choice *choice) {
    schema_entries_enforce(NULL);
    schema_reading_release(&choice->reading);
    choice->schema = NULL;
}
