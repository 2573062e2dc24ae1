/* The schema of a configuration: a table of fields that describes a struct of the program's. The
 * loader checks everything against it, fills the struct, and knows the names of variables by it.
 *
 *   struct service { const char *name; uint32_t workers; struct pool pool; };
 *   static const struct hr_config_field fields[] = {
 *       HR_FIELD(struct service, name, HR_STRING, .required = true, .doc = "of the service"),
 *       HR_FIELD(struct service, workers, HR_UINT, .min = 1, .max = 1024, .default_value = "4"),
 *       HR_FIELD(struct service, pool, HR_STRUCT, HR_FIELDS(pool_fields)),
 *   };
 *   static const struct hr_config_schema schema = HR_SCHEMA(struct service, fields);
 *
 * Tables are constant and outlive all that is loaded with them. */
#ifndef HEADRACE_CONFIG_SCHEMA_H
#define HEADRACE_CONFIG_SCHEMA_H

#include <headrace/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kind of a field, and the member that it fills. */
enum hr_config_kind {
    HR_STRING,   /* const char *, or struct hr_slice; NULL where there is no value */
    HR_BOOL,     /* bool */
    HR_INT,      /* a signed integer of 1, 2, 4 or 8 bytes */
    HR_UINT,     /* an unsigned one */
    HR_DOUBLE,   /* double */
    HR_DURATION, /* "250ms", "1m30s", "0": an unsigned integer, milliseconds or `unit_ns` */
    HR_SIZE,     /* "8MiB", "10MB", "512": an unsigned integer, bytes */
    HR_CHOICE,   /* one of `choices`: an int or enum */
    HR_URL,      /* scheme://host…: const char * */
    HR_ENDPOINT, /* host:port or [v6]:port: const char * */
    HR_PATH,     /* of a file, not empty: const char * */
    HR_SECRET,   /* const char *; shown nowhere */
    HR_STRUCT,   /* a struct, by `fields` */
    HR_LIST, /* struct hr_config_items, or a pointer and a size_t behind it: of `item`, by `fields`
                where that is HR_STRUCT */
    HR_MAP,  /* struct hr_config_items: of structs by `fields`, of which one may be an HR_KEY */
    HR_KEY,  /* const char *: the key of an entry of an HR_MAP */
    HR_OPEN, /* const struct hr_config_node *: anything; NULL where there is no value */
};

/* Items of a list or entries of a map, one behind the other. */
struct hr_config_items {
    void *items; /* NULL where count is 0 */
    size_t count;
};

struct hr_config_choice {
    const char *name;
    int value;
};

struct hr_config_field {
    const char *name; /* the key, in lower case */
    enum hr_config_kind kind;
    size_t offset, size; /* of the member */
    /* Of the value where it is not given, as text; NULL: zero, and no value. */
    const char *default_value;
    bool required; /* a value has to be given; not with a default */
    bool optional; /* of an HR_STRUCT: where it is not given, all of it is zero and nothing in it is
                      required */
    bool open;     /* of a struct, or of items that are some: keys that no field has may be in it */
    bool restart;  /* a change counts after a restart only */
    /* Bounds where min < max: of a number, of a duration in its unit, of bytes. */
    double min, max;
    uint32_t length_min, length_max; /* bytes of a text, items of a list; max 0: no bound */
    const char *pattern; /* a text matches it as a whole: a POSIX extended regular expression */
    const struct hr_config_choice *choices; /* ends with a NULL name */
    uint64_t unit_ns;                       /* of a duration; 0 is 1,000,000 */
    uint64_t none; /* of an HR_UINT, HR_DURATION or HR_SIZE: the value of the text "none", whatever
                      the bounds; 0: there is no such text */
    enum hr_config_kind item;             /* of a list */
    const struct hr_config_field *fields; /* of a struct, or of each item */
    size_t field_count;
    const struct hr_config_schema *schema; /* its table in place of `fields`, not its `check` */
    size_t item_size;
    const char *was;   /* path of former days: taken, with a warning */
    const char *alias; /* another path: what is there counts here, too; an error where the two are
                          not the same */
    const char *doc;   /* one sentence */
    uint64_t reserved[2];
};

#define HR_FIELD(type, member, kind_, ...) HR_NAMED(#member, type, member, kind_, __VA_ARGS__)
/* With another key than the member's name. */
#define HR_NAMED(name_, type, member, kind_, ...)                                                  \
    {                                                                                              \
        .name = name_, .kind = kind_, .offset = offsetof(type, member),                            \
        .size = sizeof(((type *)0)->member), __VA_ARGS__                                           \
    }
#define HR_FIELDS(table) .fields = table, .field_count = sizeof(table) / sizeof((table)[0])
/* An HR_LIST into a pointer and the size_t member behind it. */
#define HR_COUNTED(name_, type, pointer, count, item_type, kind_, ...)                             \
    {                                                                                              \
        .name = name_, .kind = HR_LIST, .offset = offsetof(type, pointer),                         \
        .size =                                                                                    \
            sizeof(struct hr_config_items) +                                                       \
            0 * sizeof(                                                                            \
                    char[offsetof(type, count) == offsetof(type, pointer) + sizeof(void *) ? 1     \
                                                                                           : -1]), \
        HR_ITEMS(item_type, kind_), __VA_ARGS__                                                    \
    }
#define HR_ITEMS(type, kind_) .item = kind_, .item_size = sizeof(type)

/* Problems that the callback of a schema finds. */
struct hr_config_check;

struct hr_config_schema {
    const char *title;
    const struct hr_config_field *fields;
    size_t field_count;
    size_t size;       /* of the struct */
    bool open;         /* keys that no field has may be there */
    bool unknown_warn; /* a key that no field has is a warning */
    /* Called when all fields have their values, each good by itself, with what fields cannot say
     * alone. `values` is the struct. May be NULL. */
    void (*check)(const void *values, struct hr_config_check *check);
    uint64_t reserved[4];
};

#define HR_SCHEMA(type, table)                                                                     \
    { HR_FIELDS(table), .size = sizeof(type) }

/* From inside a schema's callback: a problem of the value at `path`, with its place. */
HR_API void hr_config_check_report(struct hr_config_check *check, enum hr_config_severity severity,
                                   const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The struct of the schema that `config` was loaded with, filled; it lives as long as the
 * configuration. NULL: it was loaded without. Any thread. */
HR_API const void *hr_config_values(const hr_config *config);

#ifdef __cplusplus
}
#endif

#endif
