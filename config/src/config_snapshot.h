/* A configuration that has been loaded. */
#ifndef HR_CONFIG_SNAPSHOT_H
#define HR_CONFIG_SNAPSHOT_H

#include "config_memo.h"
#include "config_sources.h"

struct hr_config_s {
    uint32_t owners; /* changed by any thread */
    struct hr__config_tree tree;
    struct hr__config_source *sources;
    uint32_t source_count;
    void *values;   /* the tree's; NULL: there is no schema */
    void *attached; /* made by any thread when it is first asked for, and freed with it */
    void (*attached_free)(void *attached);
    struct hr__config_memo *memo; /* made by any thread; NULL: nothing was looked up yet */
};

/* As hr_config_load. *seen, which is empty, gets all that was looked at, of a load that fails, too;
 * NULL: nobody wants to know. */
int hr__config_load_seen(const struct hr_config_options *options, hr_config_problems **problems,
                         struct hr_error *error, hr_config **config,
                         struct hr__config_prints *seen);

#endif
