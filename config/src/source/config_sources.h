/* The sources of a configuration: where its values come from, and how later ones win. */
#ifndef HR_CONFIG_SOURCES_H
#define HR_CONFIG_SOURCES_H

#include "config_node.h"
#include "config_problem.h"

/* The source of values that the schema gives. */
#define HR__CONFIG_DEFAULT UINT32_MAX

/* A file, a variable or a setting. */
struct hr__config_source {
    enum hr_config_origin_kind kind;
    const char *name;
    char *data; /* of a file, until the load ends */
    size_t size;
};

/* A load under way. */
struct hr__config_load {
    const struct hr_config_options *options;
    struct hr_config_limits limits; /* with the defaults in place of zeros */
    const char *const *environment;
    struct hr__config_tree tree;
    struct hr__config_source *sources; /* those that values came from */
    uint32_t source_count, source_room;
    hr_config_problems *problems;
    void *values;       /* the struct of the schema */
    size_t substituted; /* bytes that came out of references */
    bool no_memory;
};

/* Its number; the name is copied. Without memory no_memory is set, and the number means nothing. */
uint32_t hr__config_source_add(struct hr__config_load *load, enum hr_config_origin_kind kind,
                               const char *name);
/* An error about a node, or about a source alone where `node` is NULL. `text` as in a spot. */
void hr__config_refuse(struct hr__config_load *load, uint32_t source,
                       const struct hr_config_node *node, struct hr_slice text, const char *format,
                       ...) __attribute__((format(printf, 5, 6)));

/* A problem of a node, at its place, or at the place of its key where it is a map or a list, or no
 * field of the schema; the line is shown unless the node is a secret. */
void hr__config_problem(struct hr__config_load *load, enum hr_config_severity severity,
                        const struct hr_config_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* config_file.c. All of a regular file, which the caller frees. 0, or a negative code with a
 * sentence. */
int hr__config_file_read(const char *path, size_t bytes_max, char **data, size_t *size,
                         struct hr_error *error);

/* config_substitute.c. Replaces the references in all scalars below `root` and in it. */
void hr__config_substitute(struct hr__config_load *load, struct hr_config_node *root,
                           uint32_t source, struct hr_slice text);
/* The value of a variable; NULL: it is not set. */
const char *hr__config_variable(const char *const *environment, struct hr_slice name);

/* config_merge.c. Puts a later document over `tree.root`, which may be NULL: maps are merged, all
 * else is replaced. */
void hr__config_merge(struct hr__config_load *load, struct hr_config_node *document);

/* config_assign.c. Sets the value at a path of keys to what the text of a variable or setting
 * means there. */
struct hr__config_assignment {
    uint32_t source;
    struct hr_slice text;
    bool lower; /* keys that are not there yet are written in lower case */
};
/* Of a node: by its field, or else by the value that it has. */
void hr__config_set(struct hr__config_load *load, struct hr_config_node *node,
                    const struct hr__config_assignment *assignment);
/* Of a variable: levels are parted by "__", words by "_" as the keys that exist have them. */
void hr__config_assign_variable(struct hr__config_load *load, struct hr_slice name,
                                const struct hr__config_assignment *assignment);
/* Of a setting: a path as of hr_config_find. */
void hr__config_assign_path(struct hr__config_load *load, struct hr_slice path,
                            const struct hr__config_assignment *assignment);
/* Cuts the next step off a path; the characters that were escaped are in `step`, of `capacity`
 * bytes. False: there is none. -1 in *size: it does not fit. */
bool hr__config_path_step(const char **path, const char *end, char *step, size_t capacity,
                          size_t *size);

#endif
