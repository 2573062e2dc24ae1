/* Whether a transfer is paused. */
#ifndef HR_S3_TRANSFER_PAUSE_H
#define HR_S3_TRANSFER_PAUSE_H

#include <headrace/s3_transfer.h>

/* Of an upload's or download's paused_. Any thread. */
bool hr__transfer_is_paused(const uint32_t *paused);

#endif
