/* A configuration that has been loaded. */
#ifndef HR_CONFIG_SNAPSHOT_H
#define HR_CONFIG_SNAPSHOT_H

#include "config_sources.h"

struct hr_config_s {
    uint32_t owners; /* changed by any thread */
    struct hr__config_tree tree;
    struct hr__config_source *sources;
    uint32_t source_count;
    void *values;   /* the tree's; NULL: there is no schema */
    void *attached; /* made by any thread when it is first asked for, and freed with it */
    void (*attached_free)(void *attached);
};

#endif
