/* The commands: one table, one file a command. */
#ifndef COMMAND_COMMANDS_H
#define COMMAND_COMMANDS_H

#include "options.h"

extern const struct command command_http;
extern const struct command command_serve_s3;
extern const struct command command_proxy_faults;
extern const struct command command_s3_ls;
extern const struct command command_s3_cp;
extern const struct command command_s3_cat;
extern const struct command command_s3_rm;
extern const struct command command_s3_sync;
extern const struct command command_s3_du;
extern const struct command command_s3_find;
extern const struct command command_s3_mb;
extern const struct command command_s3_rb;
extern const struct command command_s3_stat;
extern const struct command command_s3_presign;
extern const struct command command_s3_tag;
extern const struct command command_s3_versions;
extern const struct command command_s3_uploads;
extern const struct command command_s3_whoami;
extern const struct command command_s3_api;
extern const struct command command_s3_probe;
extern const struct command command_s3_health;
extern const struct command command_s3_exists;
extern const struct command command_bench_s3;
extern const struct command command_bench_http;
extern const struct command command_bench_log;
extern const struct command command_bench_config;
extern const struct command command_bench_service;
extern const struct command command_report;
extern const struct command command_log_cat;
extern const struct command command_log_ctl;
extern const struct command command_log_recover;
extern const struct command command_config_check;
extern const struct command command_config_show;
extern const struct command command_config_get;
extern const struct command command_config_diff;
extern const struct command command_config_schema;
extern const struct command command_suite;
extern const struct command command_doctor;
extern const struct command command_man;
extern const struct command command_completion;

#endif
