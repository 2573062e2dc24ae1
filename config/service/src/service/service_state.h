/* A service: its parts, and what is waited for. */
#ifndef HR_SERVICE_STATE_H
#define HR_SERVICE_STATE_H

#include <signal.h>

#include <headrace/service.h>

struct hr_service_s {
    struct hr_service_options options;
    struct hr_config_options load;
    hr_config_watch *watch;
    struct hr_config_reader reader; /* of the thread that polls */
    hr_engine *engine;
    hr_log *log;
    hr_http_client *http; /* NULL: without */
    hr_s3_client *s3;     /* NULL: without */
    int ready_fd, stop_fd;
    int signal_fd;           /* -1: signals are the program's */
    sigset_t signals_before; /* where they are not */
};

/* ---- service_follow.c */
/* Loads, and follows from now on. As hr_config_watch_new. */
int hr__service_watch(hr_service *service, hr_config_problems **problems, struct hr_error *error);
/* Loads again whether files have changed or not, and has the log open its files again. */
void hr__service_reload(hr_service *service);
/* Writes warnings of a load into the log. */
void hr__service_log_problems(hr_service *service, const hr_config_problems *problems);

/* ---- service_wait.c */
/* Opens what is waited for. -EMFILE and its like. */
int hr__service_wait_open(hr_service *service);
/* Waits for the watch, too. */
int hr__service_wait_watch(hr_service *service);
/* Signals are as they were. */
void hr__service_wait_close(hr_service *service);

#endif
