/* A schema where values are null, empty, of former days, or of a file that is broken. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

struct pool {
    uint32_t size;
    uint64_t idle_ms;
};
struct limits {
    uint32_t timeout;
};
struct entry {
    const char *name;
    uint32_t max_conns;
};
struct program {
    const char *name;
    struct pool pool, spare;
    struct limits limits;
    struct hr_config_items hosts, things, entries;
    uint64_t idle_ms;
};
static const struct hr_config_field pool_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .default_value = "10", .was = "db.pool"),
    HR_FIELD(struct pool, idle_ms, HR_DURATION, .default_value = "1s"),
};
static const struct hr_config_field spare_fields[] = {
    HR_FIELD(struct pool, size, HR_UINT, .default_value = "10", .was = "spare_size"),
    HR_FIELD(struct pool, idle_ms, HR_DURATION, .default_value = "1s"),
};
static const struct hr_config_field limits_fields[] = {
    HR_FIELD(struct limits, timeout, HR_UINT, .was = "pool.timeout"),
};
static const struct hr_config_field entry_fields[] = {
    HR_FIELD(struct entry, name, HR_KEY),
    HR_FIELD(struct entry, max_conns, HR_UINT),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct program, name, HR_STRING, .required = true),
    HR_FIELD(struct program, pool, HR_STRUCT, HR_FIELDS(pool_fields)),
    HR_FIELD(struct program, spare, HR_STRUCT, HR_FIELDS(spare_fields), .optional = true),
    HR_FIELD(struct program, limits, HR_STRUCT, HR_FIELDS(limits_fields)),
    HR_FIELD(struct program, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING)),
    HR_FIELD(struct program, things, HR_LIST, HR_ITEMS(const struct hr_config_node *, HR_OPEN)),
    HR_FIELD(struct program, entries, HR_MAP, .item_size = sizeof(struct entry),
             HR_FIELDS(entry_fields)),
    HR_FIELD(struct program, idle_ms, HR_DURATION, .default_value = "5s"),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct program, fields);

static const struct program *values(const struct fixture *fixture) {
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return hr_config_values(fixture->config);
}

Test(config_schema_edges, null_is_no_item_of_a_list_of_texts) {
    struct fixture fixture = {.texts = {"name: x\nhosts: [a, ~, null]\n"},
                              .options.schema = &schema};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG, "it was the text \"~\"");
    cr_assert(fixture_says(&fixture, 2, 12, "null is there; allowed is a text"));
    fixture_free(&fixture);
}

Test(config_schema_edges, a_list_of_anything) {
    struct fixture fixture = {.texts = {"name: x\nthings: [a, {b: 1}]\n"},
                              .options.schema = &schema};
    fixture_load(&fixture);
    const struct hr_config_node **things = values(&fixture)->things.items;
    cr_assert_str_eq(hr_config_text(things[0]).data, "a");
    cr_assert_eq(hr_config_count(things[1]), 1);
    fixture_free(&fixture);
}

/* Each of the whole file, and no complaint of what only seems to be missing. */
Test(config_schema_edges, faults_of_yaml_and_of_the_schema_at_once) {
    struct fixture fixture = {.texts = {"hosts: []\nhosts: []\nname: x\nnmae: y\n"},
                              .options.schema = &schema};
    struct fixture broken = {.texts = {"name: [\n"}, .options.schema = &schema};
    fixture_load(&fixture);
    fixture_load(&broken);
    cr_assert(fixture_says(&fixture, 2, 1, "twice"));
    cr_assert(fixture_says(&fixture, 4, 1, "no such key"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 2);
    cr_assert_not(fixture_says(&broken, 0, 0, "required"), "name may be there");
    cr_assert_eq(hr_config_problems_count(broken.problems), 1);
    fixture_free(&fixture);
    fixture_free(&broken);
}

Test(config_schema_edges, old_paths_inside_of_maps_that_are_gone) {
    struct fixture fixture = {
        .texts = {"name: x\ndb: {pool: 7}\npool: {timeout: 8}\nspare_size: 9\n"},
        .options.schema = &schema};
    fixture_load(&fixture);
    const struct program *program = values(&fixture);
    cr_assert_eq(program->pool.size, 7, "db has nothing left, and is gone");
    cr_assert_eq(program->limits.timeout, 8, "though pool comes first");
    cr_assert_eq(program->spare.size, 9, "though spare is optional and not given");
    cr_assert_eq(program->spare.idle_ms, 1000);
    cr_assert_eq(hr_config_problems_of(fixture.problems, HR_CONFIG_WARNING), 3);
    cr_assert(fixture_says(&fixture, 2, 6, "old name: size"));
    fixture_free(&fixture);
}

static void check_items(const void *given, struct hr_config_check *check) {
    (void)given;
    hr_config_check_report(check, HR_CONFIG_ERROR, "hosts.1", "not this one");
    hr_config_check_report(check, HR_CONFIG_ERROR, "entries.a\\.b.max_conns", "nor this");
}

Test(config_schema_edges, a_check_names_items_and_keys_with_dots) {
    struct hr_config_schema checked = schema;
    checked.check = check_items;
    struct fixture fixture = {.texts = {"name: x\nhosts: [a, b]\nentries: {a.b: {max_conns: 1}}\n"},
                              .options.schema = &checked};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 2, 12, "not this one"));
    cr_assert(fixture_says(&fixture, 3, 28, "nor this"));
    fixture_free(&fixture);
}

Test(config_schema_edges, a_struct_of_the_name_that_its_field_had) {
    static const struct hr_config_field inner[] = {
        HR_FIELD(struct pool, size, HR_UINT, .was = "pool"),
    };
    static const struct hr_config_field outer[] = {
        HR_FIELD(struct program, pool, HR_STRUCT, HR_FIELDS(inner)),
    };
    static const struct hr_config_schema moved = HR_SCHEMA(struct program, outer);
    struct fixture empty = {.texts = {"pool: {}\n"}, .options.schema = &moved};
    struct fixture given = {.texts = {"pool: {size: 3}\n"}, .options.schema = &moved};
    fixture_load(&empty);
    fixture_load(&given);
    cr_assert_eq(values(&empty)->pool.size, 0, "it is put into nothing, least of all itself");
    cr_assert_eq(values(&given)->pool.size, 3);
    fixture_free(&empty);
    fixture_free(&given);
}

Test(config_schema_edges, empty_variables_of_other_kinds_than_texts_are_unset) {
    struct fixture fixture = {
        .options = {.schema = &schema,
                    .empty_is_value = true,
                    .environment =
                        ENVIRONMENT("ESPER_NAME=", "ESPER_IDLE_MS=", "ESPER_HOSTS=", "ESPER_POOL=",
                                    "ESPER_SPARE=", "ESPER_SPARE_IDLE_MS=")}};
    fixture_load(&fixture);
    const struct program *program = values(&fixture);
    cr_assert_str_eq(program->name, "");
    cr_assert_eq(program->idle_ms, 5000);
    cr_assert_eq(program->spare.size, 0, "an optional struct is not given by nothing");
    cr_assert_eq(hr_config_problems_count(fixture.problems), 0);
    fixture_free(&fixture);
}

Test(config_schema_edges, a_field_of_several_words_in_an_entry_that_is_new) {
    struct fixture fixture = {
        .texts = {"name: x\n"},
        .options = {.schema = &schema,
                    .environment = ENVIRONMENT("ESPER_ENTRIES_URZA_MAX_CONNS=5")}};
    fixture_load(&fixture);
    const struct entry *entry = values(&fixture)->entries.items;
    cr_assert_str_eq(entry->name, "urza");
    cr_assert_eq(entry->max_conns, 5);
    cr_assert_eq(hr_config_problems_count(fixture.problems), 0);
    fixture_free(&fixture);
}

Test(config_schema_edges, two_variables_of_one_key_are_warned_of) {
    struct fixture fixture = {
        .options = {.schema = &schema, .environment = ENVIRONMENT("ESPER_NAME=a", "esper_name=b")}};
    fixture_load(&fixture);
    cr_assert_str_eq(values(&fixture)->name, "b");
    cr_assert(fixture_blames(&fixture, "ESPER_NAME", "esper_name sets the same"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 1);
    fixture_free(&fixture);
}

Test(config_schema_edges, an_old_path_and_the_new_one_are_one_error) {
    struct fixture fixture = {.texts = {"name: x\ndb: {pool: 7}\npool: {size: 8}\n"},
                              .options.schema = &schema};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 2, 6, "old name of size, which is given too"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 1, "not db as well");
    fixture_free(&fixture);
}

Test(config_schema_edges, a_map_that_was_null_has_no_text) {
    struct fixture fixture = {
        .texts = {"name: x\npool: ~\nhosts: null\n"},
        .options = {.schema = &schema, .environment = ENVIRONMENT("ESPER_HOSTS=a")}};
    fixture_load(&fixture);
    cr_assert_str_eq(fixture_text(&fixture, "pool", HR_CONFIG_MAP), "");
    cr_assert_str_eq(fixture_text(&fixture, "hosts", HR_CONFIG_LIST), "");
    fixture_free(&fixture);
}

Test(config_schema_edges, an_enumeration_may_be_packed) {
    struct small {
        uint8_t level, after[7];
    };
    static const struct hr_config_choice levels[] = {{"low", 1}, {"high", 2}, {NULL, 0}};
    static const struct hr_config_field table[] = {
        HR_FIELD(struct small, level, HR_CHOICE, .choices = levels),
    };
    static const struct hr_config_schema small = {HR_FIELDS(table), .size = sizeof(struct small)};
    struct fixture choice = {.texts = {"level: high\n"}, .options.schema = &small};
    fixture_load(&choice);
    cr_assert_eq(choice.result, 0);
    cr_assert_eq(((const struct small *)hr_config_values(choice.config))->level, 2);
    fixture_free(&choice);
}

Test(config_schema_edges, the_bound_of_an_item_is_that_of_its_size) {
    struct ports {
        struct hr_config_items ports, levels;
    };
    static const struct hr_config_field table[] = {
        HR_FIELD(struct ports, ports, HR_LIST, HR_ITEMS(uint16_t, HR_UINT)),
        HR_FIELD(struct ports, levels, HR_LIST, HR_ITEMS(int8_t, HR_INT)),
    };
    static const struct hr_config_schema ports = HR_SCHEMA(struct ports, table);
    struct fixture fixture = {.texts = {"ports: [70000]\nlevels: [200]\n"},
                              .options.schema = &ports};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 1, 9, "an integer from 0 to 65535"));
    cr_assert(fixture_says(&fixture, 2, 10, "an integer from -128 to 127"));
    fixture_free(&fixture);
}
