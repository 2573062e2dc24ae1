/* Uploads that a killed run may have created without learning their names. On the upload's reactor.
 */
#ifndef HR_S3_UPLOAD_ORPHANS_H
#define HR_S3_UPLOAD_ORPHANS_H

#include "upload_state.h"

#define HR__ORPHANS_MAX     16  /* that are looked at */
#define HR__ORPHAN_BEFORE_S 30  /* that the clocks may be apart */
#define HR__ORPHAN_BEHIND_S 600 /* the longest that a create is asked for */

/* Aborts the uploads of exactly this key that were begun around `begun_s` and have no part. A store
 * that does not list uploads, or not to this user, has none. `on_done` comes, also where the upload
 * has failed meanwhile. */
void hr__upload_orphans_begin(struct hr__upload *upload, uint64_t begun_s,
                              void (*on_done)(struct hr__upload *upload));

#endif
