/* Configuration: YAML files, variables and explicit settings, merged into one tree in which every
 * value knows where it came from. Nothing in it is changed after it has been loaded, so any number
 * of threads may read it without a lock. */
#ifndef HEADRACE_CONFIG_H
#define HEADRACE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/export.h>
#include <headrace/slice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Where values come from. */

enum hr_config_origin_kind {
    HR_CONFIG_FROM_FILE,
    HR_CONFIG_FROM_VARIABLE,
    HR_CONFIG_FROM_SET,      /* hr_config_options.sets */
    HR_CONFIG_FROM_ENV_FILE, /* hr_config_options.env_files */
    HR_CONFIG_FROM_SECRET,   /* a file of hr_config_options.secrets_folder, or that a variable
                                NAME_FILE names */
};

struct hr_config_origin {
    enum hr_config_origin_kind kind;
    const char *name; /* the file's path, the variable's name, or the setting's path: no value */
    uint32_t line, column; /* of a file or .env file, from 1; columns count characters */
    uint64_t reserved[2];
};

/* ---- What is wrong. */

enum hr_config_severity { HR_CONFIG_ERROR, HR_CONFIG_WARNING };

struct hr_config_problem {
    enum hr_config_severity severity;
    struct hr_config_origin origin; /* name NULL: of no place */
    const char *path;               /* "database.pool.size"; "" is the whole document */
    const char *message;            /* what was found, and what is allowed */
    const char *line;               /* the line of the file, shortened; NULL: none */
    uint32_t caret;                 /* from 1, in characters of `line`, where it is */
    uint64_t reserved[2];
};

/* All that a load has found, in the order of the sources. The caller's. */
typedef struct hr_config_problems_s hr_config_problems;

/* NULL problems: none. Any thread. */
HR_API size_t hr_config_problems_count(const hr_config_problems *problems);
/* How many of one severity. Any thread. */
HR_API size_t hr_config_problems_of(const hr_config_problems *problems,
                                    enum hr_config_severity severity);
/* NULL: there are not so many. It lives as long as the problems. Any thread. */
HR_API const struct hr_config_problem *hr_config_problems_at(const hr_config_problems *problems,
                                                             size_t index);
/* Writes a problem as text of several lines, "FILE:LINE:COLUMN: error: …", the line and a caret
 * below it, with NUL, cut where it does not fit. Returns the bytes without NUL. `capacity` ≥ 4. Any
 * thread. */
HR_API size_t hr_config_problem_text(const struct hr_config_problem *problem, char *out,
                                     size_t capacity);
/* NULL: nothing. */
HR_API void hr_config_problems_free(hr_config_problems *problems);

/* ---- Loading. */

struct hr_config_schema; /* headrace/config_schema.h */

struct hr_config_limits {
    size_t file_bytes_max;    /* 0 is 16 MiB */
    uint32_t depth_max;       /* containers in one another, 0 is 64, at most 1,000 */
    uint32_t nodes_max;       /* values in all, those of aliases too; 0 is 1,000,000 */
    uint32_t alias_nodes_max; /* values made by aliases; 0 is 100,000 */
    uint32_t problems_max;    /* further ones are counted in one sentence; 0 is 100 */
    uint32_t
        pipe_wait_ms; /* for the end of a pipe, which secrets and .env files may be; 0 is 5,000 */
    uint64_t reserved[2];
};

/* Zeroed loads the environment alone. All of it is borrowed for the call. */
struct hr_config_options {
    const char *const *files; /* YAML, later ones win; of a path that ends with "/" all *.yaml and
                               *.yml in that folder, in the order of their names */
    size_t file_count;
    const char *prefix;             /* of variables, in any letter case; NULL is "ESPER_" */
    bool no_environment;            /* variables are not looked at */
    const char *const *environment; /* "NAME=value", ends with NULL; NULL is the process's */
    const char *const *sets;        /* "path=value", later ones win */
    size_t set_count;
    bool substitute;     /* ${NAME} and its kin in scalars of the files */
    bool empty_is_value; /* an empty variable is an empty string where a string is wanted */
    const struct hr_config_schema *schema; /* what may be there; NULL: anything */
    bool warn_old_yaml;                    /* plain values that YAML 1.1 reads in another way */
    const char *profile; /* "prod": service.prod.yaml counts right behind service.yaml of `files`,
                            where there is such a file; NULL: none */
    const char *const *env_files; /* below the environment, above the files; later ones win */
    size_t env_file_count;
    const char *secrets_folder; /* of files named by their keys, below .env files; NULL: none */
    bool secrets_optional;      /* that folder may be missing */
    bool strict;                /* files with secrets that others can read are refused */
    struct hr_config_limits limits;
    uint64_t reserved[8];
};

/* Immutable. */
typedef struct hr_config_s hr_config;

/* Loads. 0 and *config, which the caller releases; or HR_ERR_CONFIG with everything that is wrong
 * in *problems and the first of it in `error`; or -EINVAL (an option, or a field of the schema that
 * means nothing, which `error` names), -ENOMEM. *problems (NULL: not wanted) is the caller's in any
 * case, warnings of a good load too, and NULL where there is nothing to say. Blocks on files. Any
 * thread. */
HR_API int hr_config_load(const struct hr_config_options *options, hr_config_problems **problems,
                          struct hr_error *error, hr_config **config);
/* The last owner's frees it. NULL: nothing. Any thread. */
HR_API void hr_config_free(hr_config *config);
/* One more owner, who calls hr_config_free too. Any thread. */
HR_API const hr_config *hr_config_hold(const hr_config *config);

/* ---- Reading. Nodes live as long as their configuration. Any thread. */

enum hr_config_type {
    HR_CONFIG_NULL,
    HR_CONFIG_BOOL,
    HR_CONFIG_INT,
    HR_CONFIG_FLOAT,
    HR_CONFIG_STRING,
    HR_CONFIG_LIST,
    HR_CONFIG_MAP,
};

struct hr_config_node;

HR_API const struct hr_config_node *hr_config_root(const hr_config *config);
/* The node at a path: keys and list indices, parted by "."; a backslash takes the next character as
 * it is. NULL: there is none. "" is the root. */
HR_API const struct hr_config_node *hr_config_find(const hr_config *config, const char *path);
/* The child of a map called `key`. NULL: no such key, or no map. NULL node: NULL. */
HR_API const struct hr_config_node *
hr_config_child(const hr_config *config, const struct hr_config_node *node, struct hr_slice key);
/* The children of a list or a map, in the order of the file. NULL: no more. */
HR_API const struct hr_config_node *hr_config_first(const struct hr_config_node *node);
HR_API const struct hr_config_node *hr_config_next(const struct hr_config_node *node);
/* The list or map that it stands in, so that a tree can be walked without recursion. NULL: it is
 * the root, or NULL. */
HR_API const struct hr_config_node *hr_config_parent(const struct hr_config_node *node);
HR_API size_t hr_config_count(const struct hr_config_node *node);
/* Of a child of a map; else empty. With NUL behind it. */
HR_API struct hr_slice hr_config_key(const struct hr_config_node *node);
HR_API enum hr_config_type hr_config_type_of(const struct hr_config_node *node);
/* The scalar as it is written, of any type; with NUL behind it. Empty of lists and maps. */
HR_API struct hr_slice hr_config_text(const struct hr_config_node *node);
/* 0; -EINVAL: it is of another type (an integer is a float too), or NULL; -ERANGE: the number has
 * no room. */
HR_API int hr_config_bool(const struct hr_config_node *node, bool *value);
HR_API int hr_config_i64(const struct hr_config_node *node, int64_t *value);
HR_API int hr_config_u64(const struct hr_config_node *node, uint64_t *value);
HR_API int hr_config_double(const struct hr_config_node *node, double *value);
/* Whether it is a secret by the schema, or came from a file with one, or from a .env file without
 * the schema's saying that it is none: its text is to be shown nowhere. */
HR_API bool hr_config_is_secret(const struct hr_config_node *node);
/* Where it came from. */
HR_API void hr_config_origin_of(const hr_config *config, const struct hr_config_node *node,
                                struct hr_config_origin *origin);

#ifdef __cplusplus
}
#endif

#endif
