/* The durable mode of a file sink: O_DIRECT, space allocated ahead, fdatasync every few
 * milliseconds; lines leave the rings when they are on the disk. All on the drain's reactor but for
 * open and close. */
#ifndef HR_LOG_DURABLE_H
#define HR_LOG_DURABLE_H

#include "log_sink.h"

struct hr__log_durable;

/* `go_on` is called when an operation of its own has ended. 0, -ENOMEM, or -EACCES: the file's end
 * cannot be read. */
int hr__log_durable_open(struct hr__log_sink *sink, uint32_t sync_ms,
                         void (*go_on)(struct hr__log_sink *sink),
                         struct hr__log_durable **durable);
void hr__log_durable_close(struct hr__log_durable *durable);
/* The sink has another target now. */
void hr__log_durable_begin_file(struct hr__log_durable *durable);
/* Writes the buffer's piece, as hr__log_buffer_write does. */
void hr__log_durable_write(struct hr__log_durable *durable, struct hr__log_buffer *buffer);
/* A piece has been written, and the target's offset is behind it. */
void hr__log_durable_wrote(struct hr__log_durable *durable);
/* Whether the sink may go over to another file: nothing is on its way, and all is on the disk.
 * Where it is not, a sync begins. */
bool hr__log_durable_settle(struct hr__log_durable *durable);
/* Whether an operation of its own is on its way. */
bool hr__log_durable_busy(const struct hr__log_durable *durable);
/* The log is being closed: writes are asked to end, and a last sync begins. */
void hr__log_durable_stop(struct hr__log_durable *durable);

#endif
