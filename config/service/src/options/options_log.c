/* The options of a log and of its sinks. */
#include "options_log.h"

#define SINK struct hr_log_sink

const struct hr_config_choice hr__log_levels[] = {
    {"DEBUG", HR_LOG_DEBUG},       {"INFO", HR_LOG_INFO},    {"WARNING", HR_LOG_WARNING},
    {"WARN", HR_LOG_WARNING},      {"ERROR", HR_LOG_ERROR},  {"CRITICAL", HR_LOG_CRITICAL},
    {"OFF", HR_LOG_OFF},           {"debug", HR_LOG_DEBUG},  {"info", HR_LOG_INFO},
    {"warning", HR_LOG_WARNING},   {"warn", HR_LOG_WARNING}, {"error", HR_LOG_ERROR},
    {"critical", HR_LOG_CRITICAL}, {"off", HR_LOG_OFF},      {.name = NULL}};
const struct hr_config_choice hr__log_fulls[] = {
    {"drop", HR_LOG_FULL_DROP}, {"wait", HR_LOG_FULL_WAIT}, {.name = NULL}};

/* ---- Sinks. */

static const struct hr_config_choice kinds[] = {
    {"file", HR_LOG_SINK_FILE},     {"stderr", HR_LOG_SINK_STDERR},
    {"stdout", HR_LOG_SINK_STDOUT}, {"journald", HR_LOG_SINK_JOURNALD},
    {"syslog", HR_LOG_SINK_SYSLOG}, {.name = NULL}};
static const struct hr_config_choice formats[] = {{"text", HR_LOG_FORMAT_TEXT},
                                                  {"structured", HR_LOG_FORMAT_TEXT},
                                                  {"json", HR_LOG_FORMAT_JSON},
                                                  {"logfmt", HR_LOG_FORMAT_LOGFMT},
                                                  {.name = NULL}};
static const struct hr_config_choice names[] = {{"esper", HR_LOG_NAMES_ESPER},
                                                {"ecs", HR_LOG_NAMES_ECS},
                                                {"otel", HR_LOG_NAMES_OTEL},
                                                {.name = NULL}};
static const struct hr_config_choice times[] = {
    {"iso", HR_LOG_TIME_ISO}, {"esper", HR_LOG_TIME_ESPER}, {.name = NULL}};
static const struct hr_config_choice digits[] = {{"3", 3}, {"6", 6}, {"9", 9}, {.name = NULL}};
static const struct hr_config_choice compressions[] = {{"none", HR_LOG_COMPRESSION_NONE},
                                                       {"gzip", HR_LOG_COMPRESSION_GZIP},
                                                       {"zstd", HR_LOG_COMPRESSION_ZSTD},
                                                       {.name = NULL}};
static const struct hr_config_choice rotateds[] = {
    {"numbered", HR_LOG_ROTATED_NUMBERED}, {"dated", HR_LOG_ROTATED_DATED}, {.name = NULL}};

static const struct hr_config_field sink_fields[] = {
    HR_FIELD(SINK, kind, HR_CHOICE, .choices = kinds, .required = true, .doc = "Where lines go."),
    HR_FIELD(SINK, format, HR_CHOICE, .choices = formats, .doc = "Their form; text."),
    HR_FIELD(SINK, names, HR_CHOICE, .choices = names,
             .doc = "The names of the parts that every line has; esper."),
    HR_FIELD(SINK, time, HR_CHOICE, .choices = times, .doc = "The form of their time; iso."),
    HR_FIELD(SINK, time_digits, HR_CHOICE, .choices = digits,
             .doc = "Digits of a second, behind the point; 3."),
    HR_FIELD(SINK, local_time, HR_BOOL, .doc = "Times of this machine's time zone, else of UTC."),
    HR_FIELD(SINK, source, HR_BOOL, .doc = "Lines show file and line of the call."),
    HR_FIELD(SINK, colours, HR_BOOL, .doc = "Levels are coloured, on a terminal."),
    HR_FIELD(SINK, level, HR_CHOICE, .choices = hr__log_levels,
             .doc = "Records below it are not for this sink; all are."),
    HR_FIELD(SINK, logger, HR_STRING, .length_min = 1,
             .doc = "Pattern of names of logs, of which * is any text; all logs."),
    HR_FIELD(SINK, path, HR_STRING, .length_min = 1,
             .doc = "The file; of journald and syslog a socket, of syslog also udp://ADDRESS:PORT "
                    "or tcp://ADDRESS:PORT."),
    HR_FIELD(SINK, mode, HR_UINT, .min = 1, .max = 0777,
             .doc = "Mode of a new file, as 0o640; that."),
    HR__BYTES("rotate_size", SINK, rotate_bytes, HR__BYTES_MAX,
              .doc = "A file is rotated before it is larger; never."),
    HR__PERIOD_S("rotate_interval", SINK, rotate_s,
                 .doc = "And at each multiple of this, as 1h or 1d; never."),
    HR_FIELD(SINK, local_rotation, HR_BOOL, .doc = "By this machine's time zone, else by UTC."),
    HR_FIELD(SINK, compression, HR_CHOICE, .choices = compressions,
             .doc = "Of rotated files; none."),
    HR_NAMED("rotated_names", SINK, rotated_names, HR_CHOICE, .choices = rotateds,
             .doc = "Their names; numbered."),
    HR__COUNT("keep_files", SINK, keep_files, UINT32_MAX, .doc = "So many of them; all."),
    HR__COUNT("keep_days", SINK, keep_days, UINT32_MAX, .doc = "So long; for ever."),
    HR__PERIOD("durable", SINK, durable_ms,
               .doc = "What is written is on the disk so much later; when the kernel likes."),
    HR_FIELD(SINK, identifier, HR_STRING, .length_min = 1,
             .doc = "Name of the program, of journald and syslog; its own."),
    HR__COUNT("facility", SINK, facility, 23, .doc = "Of syslog; 1, user."),
};

const struct hr_config_schema hr__log_sink_schema = {HR_FIELDS(sink_fields), .size = sizeof(SINK)};

/* ---- The log. */

static const struct hr_config_field fields[] = {
    HR_FIELD(struct hr_log_options, name, HR_STRING, .restart = true, .length_min = 1,
             .doc = "Of the log; headrace."),
    HR_FIELD(struct hr_log_options, level, HR_CHOICE, .choices = hr__log_levels,
             .doc = "Records below it are not taken; INFO."),
    HR_COUNTED("sinks", struct hr_log_options, sinks, sink_count, SINK, HR_STRUCT,
               .schema = &hr__log_sink_schema, .length_max = HR_LOG_SINKS_MAX, .restart = true,
               .doc = "Where lines go; standard error."),
    HR_FIELD(struct hr_log_options, control_path, HR_PATH, .restart = true,
             .doc = "The socket of headrace log ctl; none."),
    HR_FIELD(struct hr_log_options, unstarted, HR_BOOL, .restart = true,
             .doc = "Nothing is written before the program starts it."),
    HR__LOG_ROWS(struct hr_log_options, ),
};

const struct hr_config_schema hr_log_schema = {
    .title = "log", HR_FIELDS(fields), .size = sizeof(struct hr_log_options)};
