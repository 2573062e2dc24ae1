/* A configuration that follows its files. A reload reads everything anew and aside; a good one
 * takes the old one's place at once, a bad one changes nothing. Readers take no lock and never see
 * half of one. There is no hidden thread: the owner polls, in a loop of its own. */
#ifndef HEADRACE_CONFIG_WATCH_H
#define HEADRACE_CONFIG_WATCH_H

#include <headrace/config.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hr_config_watch_s hr_config_watch;

/* A value that a reload has changed, added or removed; a list counts as one value. */
struct hr_config_change {
    const char *path;
    const struct hr_config_node *before, *after; /* NULL: it was, or is, not there */
    bool restart; /* its field is marked so: it counts after a restart only */
    uint64_t reserved[2];
};

struct hr_config_watch_options {
    const struct hr_config_options
        *load; /* it and all that it points to stay until the watch is closed */
    /* How often files are looked at, whatever the kernel tells; 0 is 1,000. */
    uint32_t poll_ms;
    /* A reload has taken effect. All it is given is lent for the call. NULL: nobody wants to know.
     */
    void (*on_change)(void *user, const struct hr_config_change *changes, size_t count);
    /* A reload that was not asked for has failed, and the configuration of before stays. */
    void (*on_refused)(void *user, const hr_config_problems *problems,
                       const struct hr_error *error);
    void *user;
    /* A reload that was not asked for has taken effect, with warnings: behind on_change. */
    void (*on_warned)(void *user, const hr_config_problems *problems);
    uint64_t reserved[3];
};

/* Loads, as hr_config_load, and watches the folders of the files. Where the kernel has no inotify
 * to give, polling alone does it. -EINVAL, HR_ERR_CONFIG, -ENOMEM, -EMFILE. Any thread. */
HR_API int hr_config_watch_new(const struct hr_config_watch_options *options,
                               hr_config_problems **problems, struct hr_error *error,
                               hr_config_watch **watch);
/* Once all its readers are closed. NULL: nothing. */
HR_API void hr_config_watch_close(hr_config_watch *watch);

/* A descriptor that is readable when hr_config_watch_poll has something to look at. It is the
 * watch's. */
HR_API int hr_config_watch_fd(const hr_config_watch *watch);
/* Looks whether a file or folder of the last load is another one, or another in size or time, or is
 * there that was not, and reloads if so. A file that is away is waited for, for five times poll_ms;
 * then its absence counts as a change. 1: reloaded; 0: nothing has changed; else a reload has
 * failed, and on_refused was told. Never waits. One thread at a time, with hr_config_watch_reload.
 */
HR_API int hr_config_watch_poll(hr_config_watch *watch);
/* Reloads whether files have changed or not (SIGHUP). 0; or as hr_config_load, and the
 * configuration of before stays. */
HR_API int hr_config_watch_reload(hr_config_watch *watch, hr_config_problems **problems,
                                  struct hr_error *error);

/* Of one thread, in its memory: the configuration that it has seen last. */
struct hr_config_reader {
    hr_config_watch *watch;
    const uint64_t *now; /* the watch's count of reloads */
    uint64_t seen;       /* its value when `config` was in force */
    const hr_config *config;
    uint64_t reserved[1];
};

HR_API void hr_config_reader_open(hr_config_watch *watch, struct hr_config_reader *reader);
/* Goes over to the configuration in force. hr_config_read does it where that is needed. */
HR_API const hr_config *hr_config_reader_update(struct hr_config_reader *reader);
/* The configuration in force. It lives until this reader's next call; one that is not asked for
 * long keeps an old configuration. Two loads and a comparison, as long as nothing has changed. */
static inline const hr_config *hr_config_read(struct hr_config_reader *reader) {
    return __atomic_load_n(reader->now, __ATOMIC_ACQUIRE) == reader->seen
               ? reader->config
               : hr_config_reader_update(reader);
}
HR_API void hr_config_reader_close(struct hr_config_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
