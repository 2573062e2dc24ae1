/* Paths of former days, and second ones, as the names of variables spell them. */
#include <stdlib.h>

#include "config_sources.h"

static void add(struct hr__config_load *load, const char *path,
                const struct hr_config_field *field) {
    struct hr__config_former *former = hr__config_allocate(&load->scratch, sizeof *former);
    load->no_memory |= !former;
    if (!path || !former) return;
    *former = (struct hr__config_former){load->former, path, field};
    load->former = former;
}

/* No struct holds itself: that level is left out. */
static void take_level(struct hr__config_load *load, const struct hr__config_table *level) {
    for (size_t i = 0; i < level->shape.count && !hr__config_table_is_seen(level); i++) {
        const struct hr_config_field *field = &level->shape.fields[i];
        const struct hr__config_table inner = {hr__config_shape_of(field), level, field};
        if (field->was) add(load, field->was, field);
        if (field->alias) add(load, field->alias, field);
        if (field->kind == HR_STRUCT) take_level(load, &inner);
    }
}

void hr__config_formers_take(struct hr__config_load *load) {
    const struct hr__config_table level = {.shape =
                                               hr__config_shape_of_schema(load->options->schema)};
    take_level(load, &level);
}

/* Cuts the steps off the front of a path. False: it does not begin with them. */
static bool cut_steps(struct hr_slice *path, const struct hr_slice *steps, size_t count) {
    struct hr_slice step;
    for (size_t i = 0; i < count; i++)
        if (!hr_slice_cut(path, '.', &step) || !hr_slice_equal(step, steps[i])) return false;
    return true;
}

static bool leads_on(const struct hr_config_field *field) {
    return field->kind == HR_STRUCT || field->kind == HR_MAP || field->kind == HR_OPEN;
}

static bool fits(const struct hr__config_former_query *query, struct hr_slice path,
                 const struct hr_config_field *field, struct hr_slice *next) {
    if (!cut_steps(&path, query->above, query->count) || !hr_slice_cut(&path, '.', next))
        return false;
    if (!(query->no_case ? hr_slice_equal_nocase : hr_slice_equal)(*next, query->step))
        return false;
    bool ends = path.size == 0;
    return query->last ? ends : !ends || leads_on(field);
}

bool hr__config_former_find(const struct hr__config_load *load,
                            const struct hr__config_former_query *query, struct hr_slice *step,
                            const struct hr_config_field **field) {
    for (const struct hr__config_former *former = load->former; former; former = former->next) {
        struct hr_slice next;
        if (!fits(query, hr_slice_of(former->path), former->field, &next)) continue;
        bool ends = next.data[next.size] == '\0';
        *step = next;
        *field = ends ? former->field : NULL;
        return true;
    }
    return false;
}
