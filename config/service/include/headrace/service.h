/* A service from one configuration: log, engine and clients, made by one call and ended by one. The
 * configuration is followed: by SIGHUP, and as its files change. */
#ifndef HEADRACE_SERVICE_H
#define HEADRACE_SERVICE_H

#include <headrace/config_esper.h>
#include <headrace/config_watch.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_service_s;
typedef struct hr_service_s hr_service;

struct hr_service_options {
    /* Read at each load: it and all that it points to stay until the service is closed. Its schema
     * has a struct that begins with a struct hr_esper; NULL is hr_esper_schema. */
    const struct hr_config_options *config;
    uint32_t poll_ms;  /* how often files are looked at; 0 is 1,000 */
    bool without_http; /* no HTTP client is made */
    bool without_s3;   /* no S3 client is made */
    bool own_signals;  /* SIGHUP, SIGINT and SIGTERM are the program's */
    /* A reload has taken effect, on the thread that polls. Levels and the changeable options of the
     * clients are those of the new one by then. All it is given is lent for the call. */
    void (*on_change)(void *user, const struct hr_config_change *changes, size_t count);
    void *user;
    uint64_t reserved[6];
};

/* Loads, and makes an engine, a log on it, and the clients. Warnings of the load are in the log;
 * a load that took longer than performance.load_time_max is one. Blocks SIGHUP, SIGINT and SIGTERM
 * on the calling thread, unless they are the program's: so call it before other threads are made.
 * 0 and *service, which the caller closes; HR_ERR_CONFIG with all that is wrong in *problems (NULL:
 * not wanted), which are the caller's; or as hr_engine_new, hr_log_new, hr_http_client_new and
 * hr_s3_client_new, and `error` names the part. Blocks. */
HR_API int hr_service_new(const struct hr_service_options *options, hr_config_problems **problems,
                          struct hr_error *error, hr_service **service);
/* Ends clients, log and engine, in this order; nothing of it is used any more, and no thread is
 * inside of hr_config_get's configuration. Blocks until requests in progress have ended. Returns
 * what hr_log_close does. The signals are as before. NULL: 0. The thread of hr_service_new. */
HR_API int hr_service_close(hr_service *service);

/* The parts, which are the service's. Any thread. */
HR_API hr_engine *hr_service_engine(const hr_service *service);
HR_API hr_log *hr_service_log(const hr_service *service);
HR_API hr_http_client *hr_service_http(const hr_service *service); /* NULL: without */
HR_API hr_s3_client *hr_service_s3(const hr_service *service);     /* NULL: without */
HR_API hr_config_watch *hr_service_watch(const hr_service *service);

/* Waits, and follows signals and files, until SIGINT or SIGTERM comes or hr_service_stop is called:
 * returns that signal's number, or 0. The thread of hr_service_new. */
HR_API int hr_service_run(hr_service *service);
/* Any thread. */
HR_API void hr_service_stop(hr_service *service);

/* For a loop of the program's: a descriptor, the service's, that is readable when hr_service_poll
 * has something to do; it never waits, and returns SIGINT or SIGTERM once that has come, else 0. A
 * reload that fails leaves all as it is, and is an ERROR in the log. The thread of
 * hr_service_new. */
HR_API int hr_service_fd(const hr_service *service);
HR_API int hr_service_poll(hr_service *service);

/* The configuration in force of the process's service, the one that was made last; NULL: there is
 * none. It lives until this thread's next call or its end; so a thread that keeps asking sees each
 * reload. Two loads and a comparison, as long as nothing has changed. Any thread. */
HR_API const hr_config *hr_config_get(void);

#ifdef __cplusplus
}
#endif

#endif
