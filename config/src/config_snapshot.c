/* Reading a configuration: nodes by their path, and where they came from. */
#include "config_snapshot.h"

#include <stdlib.h>

#include <config/config_attached.h>

void hr_config_free(hr_config *config) {
    if (!config || __atomic_sub_fetch(&config->owners, 1, __ATOMIC_ACQ_REL) > 0) return;
    if (config->attached) config->attached_free(config->attached);
    hr__config_tree_free(&config->tree);
    free(config->memo);
    free(config->sources);
    free(config);
}

void *hr__config_attached(const hr_config *config, void *(*make)(void), void (*drop)(void *)) {
    hr_config *owner = (hr_config *)(uintptr_t)config;
    void *attached = __atomic_load_n(&owner->attached, __ATOMIC_ACQUIRE), *none = NULL;
    if (attached) return attached;
    void *made = make();
    if (!made) return NULL;
    __atomic_store_n(&owner->attached_free, drop, __ATOMIC_RELAXED);
    if (__atomic_compare_exchange_n(&owner->attached, &none, made, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return made;
    drop(made);
    return none;
}

const void *hr_config_values(const hr_config *config) {
    return config ? config->values : NULL;
}

const hr_config *hr_config_hold(const hr_config *config) {
    __atomic_fetch_add((uint32_t *)(uintptr_t)&config->owners, 1, __ATOMIC_RELAXED);
    return config;
}

const struct hr_config_node *hr_config_root(const hr_config *config) {
    return config ? config->tree.root : NULL;
}

const struct hr_config_node *
hr_config_child(const hr_config *config, const struct hr_config_node *node, struct hr_slice key) {
    return config && node ? hr__config_get(&config->tree, node, key) : NULL;
}

const struct hr_config_node *hr_config_find(const hr_config *config, const char *path) {
    if (!config || !path) return NULL;
    struct hr__config_memo **memo = &((hr_config *)(uintptr_t)config)->memo;
    return hr__config_memo_find(memo, &config->tree, path);
}

void hr_config_origin_of(const hr_config *config, const struct hr_config_node *node,
                         struct hr_config_origin *origin) {
    *origin = (struct hr_config_origin){.name = NULL};
    if (!config || !node || node->place.source >= config->source_count) return;
    const struct hr__config_source *source = &config->sources[node->place.source];
    origin->kind = source->kind;
    origin->name = source->name;
    origin->line = node->place.line;
    origin->column = node->place.column;
}
