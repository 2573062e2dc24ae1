/* The kinds of sinks that there are. */
#ifndef HR_LOG_SINK_CLASSES_H
#define HR_LOG_SINK_CLASSES_H

#include "log_sink.h"

extern const struct hr__log_sink_class hr__log_sink_file;
extern const struct hr__log_sink_class hr__log_sink_stream; /* standard error and output */
extern const struct hr__log_sink_class hr__log_sink_callback;
extern const struct hr__log_sink_class hr__log_sink_journal;
extern const struct hr__log_sink_class hr__log_sink_syslog;

#endif
