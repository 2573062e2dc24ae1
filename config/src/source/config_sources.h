/* The sources of a configuration: where its values come from, and how later ones win. */
#ifndef HR_CONFIG_SOURCES_H
#define HR_CONFIG_SOURCES_H

#include "config_node.h"
#include "config_problem.h"
#include "config_seen.h"
#include "config_shape.h"

/* The source of values that the schema gives. */
#define HR__CONFIG_DEFAULT UINT32_MAX

/* A file, a variable, a secret or a setting. */
struct hr__config_source {
    enum hr_config_origin_kind kind;
    const char *name;
    char *data; /* of a file, until the load ends */
    size_t size;
    uint32_t mode, owner; /* of a file */
    bool holds_secret;    /* a value that came from it is one */
};

/* The levels of sources; a higher one wins. */
enum hr__config_level {
    HR__CONFIG_FILES,
    HR__CONFIG_SECRETS,
    HR__CONFIG_ENV_FILES,
    HR__CONFIG_ENVIRONMENT,
    HR__CONFIG_SETS,
};

/* A variable of a .env file or of the environment. */
struct hr__config_variable {
    struct hr_slice name, text;
    struct hr__config_place place; /* of a .env file, where its name begins */
    bool is_path;                  /* of a file that has the value: NAME_FILE */
};

struct hr__config_variables {
    struct hr__config_variable *items;
    uint32_t count, room;
};

/* A path at which a field's value may be given, too: `was` and `alias`. */
struct hr__config_former {
    const struct hr__config_former *next;
    const char *path;
    const struct hr_config_field *field;
};

/* A load under way. */
struct hr__config_load {
    const struct hr_config_options *options;
    struct hr_config_limits limits; /* with the defaults in place of zeros */
    const char *const *environment;
    struct hr__config_tree tree;
    struct hr__config_source *sources; /* those that values came from */
    uint32_t source_count, source_room;
    struct hr__config_variables env_files;  /* of all .env files, by name; their text in scratch */
    const struct hr__config_former *former; /* all of them, in the scratch memory */
    struct hr__config_arena scratch;        /* for the load alone */
    size_t secret_bytes;                    /* that have been read */
    uint32_t exposed_count;                 /* files with secrets that others can read */
    struct hr__config_place exposed_first;  /* the first of them */
    struct hr__config_prints *seen;         /* of what is looked at; NULL: nobody wants to know */
    hr_config_problems *problems;
    const char *faulty; /* a sentence about the schema, which means nothing; NULL: it does */
    void *values;       /* the struct of the schema */
    size_t substituted; /* bytes that came out of references */
    bool unread;        /* a file could not be read to its end: nobody knows what is missing */
    bool no_memory;
};

/* Its number; the name is copied. Without memory no_memory is set, and the number means nothing. */
uint32_t hr__config_source_add(struct hr__config_load *load, enum hr_config_origin_kind kind,
                               struct hr_slice name);
/* A new child of a map that has no such key; the name stays the caller's. NULL: no memory. */
struct hr_config_node *hr__config_make(struct hr__config_load *load, struct hr_config_node *map,
                                       const char *name, enum hr_config_type type,
                                       struct hr__config_place place);
/* A source as a whole. */
static inline struct hr__config_place hr__config_all_of(uint32_t source) {
    return (struct hr__config_place){.source = source};
}
/* An error at a place, about a node where it is not NULL. `text`: all of the file, of which the
 * line is quoted; data NULL: nothing is. */
void hr__config_refuse(struct hr__config_load *load, struct hr__config_place place,
                       const struct hr_config_node *node, struct hr_slice text, const char *format,
                       ...) __attribute__((format(printf, 5, 6)));
void hr__config_warn(struct hr__config_load *load, struct hr__config_place place,
                     const struct hr_config_node *node, struct hr_slice text, const char *format,
                     ...) __attribute__((format(printf, 5, 6)));

/* A problem of a node, at its place, or at the place of its key where it is a map or a list, or no
 * field of the schema; the line is shown unless the node is a secret. */
void hr__config_problem(struct hr__config_load *load, enum hr_config_severity severity,
                        const struct hr_config_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* config_file.c. */
struct hr__config_reading {
    size_t bytes_max;
    const char *limit; /* the name of that limit */
    uint32_t pipe_ms;  /* how long a pipe is waited for; 0: a pipe is refused */
};
struct hr__config_file {
    char *data;
    size_t size;
    uint64_t device, inode;
    uint32_t mode, owner;
};
/* All of a regular file, or of a pipe; hr__config_file_free. 0, or a negative code with a sentence.
 */
int hr__config_file_read(const char *path, const struct hr__config_reading *reading,
                         struct hr__config_file *file, struct hr_error *error);
/* The text is wiped. */
void hr__config_file_free(struct hr__config_file *file);
/* config_pipe.c. As hr__config_file_read, of an open pipe that does not block. */
int hr__config_pipe_read(int fd, const struct hr__config_reading *reading,
                         struct hr__config_file *file, struct hr_error *error);

/* config_folder.c. Names of a folder, in the order of their bytes, in the scratch memory. */
struct hr__config_names {
    const char **items;
    uint32_t count, room; /* free(items) */
};
/* The names of its YAML files. 0, or a negative code with a sentence. */
int hr__config_folder_list(struct hr__config_load *load, const char *folder,
                           struct hr__config_names *names, struct hr_error *error);

/* config_substitute.c. Replaces the references in all scalars below `root` and in it. */
void hr__config_substitute(struct hr__config_load *load, struct hr_config_node *root,
                           struct hr_slice text);

/* config_variables.c. */
void hr__config_variable_add(struct hr__config_load *load, struct hr__config_variables *variables,
                             const struct hr__config_variable *variable);
/* In the order of their names, and of a name the last alone: it counts. Warns where one file has
 * both. */
void hr__config_variables_sort(struct hr__config_load *load,
                               struct hr__config_variables *variables);
/* The value of a variable for a reference: that of the environment, else that of the .env files.
 * Data NULL: it is not set, or empty, and *veil stays as it is. */
struct hr_slice hr__config_variable(const struct hr__config_load *load, struct hr_slice name,
                                    enum hr__config_veil *veil);
/* Assigns the variables that have the prefix, in the order of their names. */
void hr__config_take_env_files(struct hr__config_load *load);
void hr__config_take_environment(struct hr__config_load *load);

/* config_env_file.c. Reads one .env file into load->env_files. */
void hr__config_env_file_read(struct hr__config_load *load, const char *path);

/* config_secret.c. The value in a file, without one line end at its end; hr__config_file_free.
 * False: it has been refused, at that place. */
bool hr__config_secret_read(struct hr__config_load *load, struct hr__config_place place,
                            const char *path, struct hr__config_file *file);
/* Refuses files with secrets that others may have written, and warns of those that others can read.
 * At the end of a load. */
void hr__config_secrets_judge(struct hr__config_load *load);

/* config_secret_folder.c. Assigns the files of options->secrets_folder. */
void hr__config_take_secrets(struct hr__config_load *load);

/* config_merge.c. Puts a later document over `tree.root`, which may be NULL: maps are merged, all
 * else is replaced. */
void hr__config_merge(struct hr__config_load *load, struct hr_config_node *document);

/* config_assign.c. Sets the value at a path of keys to what the text of a variable or setting
 * means there. */
struct hr__config_assignment {
    struct hr__config_place place;
    struct hr_slice text;
    enum hr__config_level level;
    bool lower;  /* keys that are not there yet are written in lower case */
    bool secret; /* its text is shown nowhere */
    const struct hr__config_variable
        *variable; /* the text is of the file that it names, and nothing
                      else of its level may set the key; NULL: none */
};
/* Whether a text may be the items of a list, parted by commas. NULL: no. */
static inline bool hr__config_is_scalar_list(const struct hr_config_field *field) {
    return field && field->kind == HR_LIST && field->item != HR_STRUCT;
}
/* config_former.c. Collects the second paths of the schema. */
void hr__config_formers_take(struct hr__config_load *load);
struct hr__config_former_query {
    const struct hr_slice *above; /* the keys that lead to it */
    size_t count;
    struct hr_slice step;
    bool last; /* nothing comes behind it */
    bool no_case;
};
/* Whether one of them goes through that key: *step as it is written there, and *field where it ends
 * there, else NULL. */
bool hr__config_former_find(const struct hr__config_load *load,
                            const struct hr__config_former_query *query, struct hr_slice *step,
                            const struct hr_config_field **field);
/* config_set.c. Of a node: by its field, or else by the value that it has. */
void hr__config_set(struct hr__config_load *load, struct hr_config_node *node,
                    const struct hr__config_assignment *assignment);
/* Of a variable: levels are parted by "__", words by "_" as the keys that exist have them. */
void hr__config_assign_variable(struct hr__config_load *load, struct hr_slice name,
                                const struct hr__config_assignment *assignment);
/* The key of such a name: whether tree or schema have it, and whether a text can be its value. */
enum hr__config_meaning { HR__CONFIG_NO_KEY, HR__CONFIG_VALUE, HR__CONFIG_CONTAINER };
enum hr__config_meaning hr__config_variable_means(const struct hr__config_load *load,
                                                  struct hr_slice name);
/* Of a setting: a path as of hr_config_find. */
void hr__config_assign_path(struct hr__config_load *load, struct hr_slice path,
                            const struct hr__config_assignment *assignment);

#endif
