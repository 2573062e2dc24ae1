/* The config file and the credentials file of AWS: sections, properties, and where each stands.
 * Immutable once read; any thread. */
#ifndef HR_S3_PROFILE_H
#define HR_S3_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#define HR__PROFILE_FILE_MAX  ((size_t)1 << 20) /* bytes of a file */
#define HR__PROFILE_VALUE_MAX ((size_t)65536)   /* bytes of a value, with its continuations */
#define HR__PROFILE_LINES_MAX ((size_t)65536)   /* of a file */
#define HR__PROFILE_PATH_MAX  ((size_t)4096)    /* bytes of a file's path, its NUL too */
#define HR__PROFILE_NAME_MAX  ((size_t)128)     /* bytes of a profile's name that is asked for */

enum hr__profile_kind {
    HR__PROFILE_PROFILE = 0,     /* [profile NAME], [default]; [NAME] in the credentials file */
    HR__PROFILE_SSO_SESSION = 1, /* [sso-session NAME] */
    HR__PROFILE_SERVICES = 2,    /* [services NAME] */
};

enum hr__profile_origin {
    HR__PROFILE_CONFIG = 0,      /* AWS_CONFIG_FILE, else ~/.aws/config */
    HR__PROFILE_CREDENTIALS = 1, /* AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials */
};

/* Both files. Values may be secrets: their memory is in no core file, and is wiped when freed. */
struct hr__profiles;

/* A section of the set, which it borrows; its name is the caller's. All of a name count as one. */
struct hr__profile {
    const struct hr__profiles *profiles;
    enum hr__profile_kind kind;
    struct hr_slice name;
};

/* A property's value, borrowed from the set. */
struct hr__profile_value {
    struct hr_slice text; /* with a NUL behind it; it may be empty */
    enum hr__profile_origin origin;
    const char *path; /* of the file */
    unsigned line;    /* from 1 on */
};

/* The paths of both files, by HR__PROFILE_… of the origin. */
struct hr__profile_paths {
    char path[2][HR__PROFILE_PATH_MAX]; /* empty: none */
    bool named[2];                      /* by a variable, not the default */
};

/* From AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE and HOME; "~/" in front is HOME.
 * HR_ERR_S3_PROFILE: a path is too long. */
int hr__profile_paths(struct hr_error *error, struct hr__profile_paths *paths);

/* Reads both. A file that is missing is empty. HR_ERR_S3_PROFILE: it is no file, cannot be read, is
 * larger than a limit or malformed; the error names the path and the line, never a value. -ENOMEM.
 * The caller owns the result. Blocks as reading a file does. */
int hr__profiles_load(const struct hr__profile_paths *paths, struct hr_error *error,
                      struct hr__profiles **profiles);

/* The same from two texts, by origin, which are copied. */
struct hr__profile_texts {
    struct hr_slice text[2];
};
int hr__profiles_parse(const struct hr__profile_texts *texts, struct hr_error *error,
                       struct hr__profiles **profiles);

/* Wipes. NULL: nothing. */
void hr__profiles_free(struct hr__profiles *profiles);

/* The path that the file of this origin was read from; empty: there was none. */
const char *hr__profiles_path(const struct hr__profiles *profiles, enum hr__profile_origin origin);

/* Whether there is such a section, empty or not. */
bool hr__profile_exists(const struct hr__profile *profile);

/* A property, by its name in lower case ("region"), or a sub-property ("s3.addressing_style"; names
 * in front of the dot have none themselves). The credentials file wins over the config file, and in
 * a file the last one. False: there is none. */
bool hr__profile_get(const struct hr__profile *profile, const char *name,
                     struct hr__profile_value *value);
/* The same of one file: keys and token of a pair must stand in one. */
bool hr__profile_get_from(const struct hr__profile *profile, enum hr__profile_origin origin,
                          const char *name, struct hr__profile_value *value);

/* Calls back for each section of this kind, once for each time it stands in a file, in order. For
 * lists of names. */
void hr__profiles_each(const struct hr__profiles *profiles, enum hr__profile_kind kind,
                       void (*on_section)(void *user, struct hr_slice name), void *user);

#endif
