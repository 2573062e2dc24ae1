/* What the files of the simulated kernel share. All of it under one lock (sim_lock), which a
 * stepped kernel takes too, though nobody else wants it. */
#ifndef HR_SIM_KERNEL_CORE_H
#define HR_SIM_KERNEL_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include <engine/file.h>

#include "kernel.h"

#define SIM_WINDOW    65536u /* bytes on the way in one direction, at most; a power of two */
#define SIM_BOOT_NS   (UINT64_C(1000) * 1000000000u)
#define SIM_WALL_NS   (UINT64_C(1767225600) * 1000000000u) /* 2026-01-01 */
#define SIM_RETRY_NS  UINT64_C(1000000000)                 /* of a SYN at a full accept queue */
#define SIM_SILENT_NS (UINT64_C(127) * 1000000000u)        /* until a connect gives up, as Linux */
#define SIM_STEP_NS   2000 /* of virtual time that a step takes, at most */
#define SIM_NO_BUFFER (-1)

struct sim_record;
struct sim_queue {
    struct sim_record *first, *last;
};

/* What a descriptor stands for. It is in use as long as a descriptor or an operation has it, as in
 * Linux; pinned longer by what only remembers it. */
enum sim_object_kind { SIM_SOCKET, SIM_FILE };
struct sim_object {
    enum sim_object_kind kind;
    int fd; /* the last one it had, for traces; -1: none yet */
    unsigned users, pins;
    unsigned receiving, sending; /* operations whose final event nobody has collected */
    unsigned sent_delayed;       /* events of sends not in the completion queue yet */
    uint64_t sent_due_ns;        /* of the latest */
    /* A socket's: events on their way to a completion queue, and when the last comes. */
    unsigned delayed;
    uint64_t due_ns;
};

/* An operation that was asked. */
struct sim_record {
    struct hr_operation *operation; /* not touched once it is done */
    uint64_t id;
    struct sim_backend *backend;
    struct sim_object *object; /* NULL: none */
    struct sim_queue *queue;   /* where it waits */
    struct sim_record *next, *prev;
    struct sim_record *follower; /* linked behind it */
    uint64_t sum;                /* of the memory that is sent */
    uint64_t due_ns;             /* of its latest event; a socket's stands in the object */
    size_t moved;                /* MSG_WAITALL */
    int32_t result;
    unsigned delayed; /* events not in the completion queue yet */
    uint8_t kind;
    bool multi, link, linked, cancelled, done, begun;
};

struct sim_completion {
    struct hr_event event;
    struct sim_record *record;
};

struct sim_submission {
    struct sim_record *record; /* NULL: a cancel */
    uint64_t id;
};

struct sim_backend {
    struct hr_backend base;
    struct sim_backend *next;
    unsigned number;
    hr_engine *engine; /* NULL: nobody steps it */
    unsigned index;
    struct sim_submission *submissions;
    unsigned submission_count, entries;
    struct sim_record *chain; /* the last one submitted is linked to the next */
    struct sim_record **slots;
    unsigned slot_count;
    struct sim_completion *completions; /* a ring */
    unsigned first, count, capacity;
    unsigned completions_max; /* more than that is an overflow */
    bool dozing, woken;
    uint64_t armed_ns;
    pthread_cond_t changed; /* live */
    /* Lent buffers; free ones are a ring in the order of their return. */
    char *memory;
    uint16_t *free;
    uint32_t *used; /* bytes, + 1; 0: not lent */
    unsigned buffer_count, buffer_size, free_first, free_count;
};

enum sim_event_kind {
    SIM_EVENT_NONE,       /* its back end is gone */
    SIM_EVENT_ARRIVE,     /* the next segment of a pipe */
    SIM_EVENT_SYN,        /* a connect reaches its listener */
    SIM_EVENT_REFUSE,     /* ... or does not */
    SIM_EVENT_COMPLETION, /* a delayed one */
    SIM_EVENT_CANCEL,     /* a late one */
};

struct sim_event {
    uint64_t due_ns, seq;
    enum sim_event_kind kind;
    unsigned end; /* ARRIVE: the one that sent */
    int error;    /* REFUSE */
    union {
        struct sim_connection *connection;
        struct sim_socket *socket;
        struct sim_backend *backend;
    } of;
    struct sim_completion completion;
    uint64_t id; /* CANCEL */
};

struct sim_kernel {
    bool open;
    struct sim_options options;
    uint64_t now_ns, random, seq;
    int64_t wall_offset_ns;
    struct sim_backend *backends;
    unsigned backends_made;
    struct sim_event *events; /* a heap, by time and then by seq */
    unsigned event_count, event_capacity;
    struct sim_object **descriptors;
    unsigned descriptor_capacity, descriptors_open, files_open;
    struct sim_socket *listeners;
    struct sim_record *records; /* free ones */
    unsigned records_used, records_lost, buffers_lent, buffers_lost;
    uint16_t next_port;
    char complaint[256];
};

extern struct sim_kernel sim__kernel;

/* kernel.c */
void sim__lock(void);
void sim__unlock(void);
void sim__wait(pthread_cond_t *changed, const struct timespec *until); /* NULL: without end */
void *sim__allocate(size_t size);                                      /* zeroed; never NULL */
void *sim__grow(void *memory, size_t size);
uint64_t sim__below(uint64_t limit); /* random; 0 for 0 */
void sim__complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* kernel_events.c */
struct sim_event *sim__event_add(enum sim_event_kind kind, uint64_t delay_ns);
void sim__events_forget(const struct sim_backend *backend);
/* Live: what is due now. A stepped kernel leaves it to sim_step. */
void sim__run_due(void);
uint64_t sim__next_event_ns(void); /* HR_NO_DEADLINE: none */
uint64_t sim__latency(void);

/* kernel_operations.c */
struct sim_record *sim__record_new(struct sim_backend *backend, struct hr_operation *operation);
void sim__record_free(struct sim_record *record);
bool sim__receives(const struct sim_record *record);
bool sim__sends(const struct sim_record *record);
struct sim_record *sim__record_find(const struct sim_backend *backend, uint64_t id);
void sim__submit(struct sim_record *record);
void sim__cancel(struct sim_backend *backend, uint64_t id);
void sim__wait_in(struct sim_queue *queue, struct sim_record *record);
/* An event of a multishot. False: the completion queue is full, and that was its last one. */
bool sim__tell(struct sim_record *record, int32_t result, int buffer);
void sim__finish(struct sim_record *record, int32_t result, int buffer);
void sim__deliver(const struct sim_completion *completion);
/* The memory is what it was when it was asked to be sent, or a complaint. */
void sim__sum_check(struct sim_record *record);

/* kernel_backend.c */
extern const struct hr_backend_vtable sim__backend;
void sim__completion_add(struct sim_backend *backend, const struct sim_completion *completion);
int sim__buffer_take(struct sim_backend *backend, char **memory); /* or SIM_NO_BUFFER */
void sim__buffer_used(struct sim_backend *backend, int buffer, size_t size);
void sim__buffer_untake(struct sim_backend *backend, int buffer);

/* kernel_objects.c */
int sim__descriptor_new(struct sim_object *object);
struct sim_object *sim__descriptor(int fd); /* NULL: not open */
int sim__descriptor_close(int fd);
void sim__object_use(struct sim_object *object);
void sim__object_unuse(struct sim_object *object);
void sim__object_pin(struct sim_object *object);
void sim__object_unpin(struct sim_object *object);

/* sockets.c */
extern const struct hr_sockets sim__sockets;
void sim__socket_begin(struct sim_record *record); /* SOCKET, CONNECT, ACCEPT, SHUTDOWN, POLL, … */
void sim__socket_released(struct sim_object *object);
void sim__socket_syn(const struct sim_event *event);
void sim__socket_refused(const struct sim_event *event);

/* sockets_stream.c */
void sim__segment_arrives(const struct sim_event *event);

/* files.c */
void sim__file_begin(struct sim_record *record);
void sim__file_released(struct sim_object *object);
int sim__file_info(int fd, struct hr_file_info *info);
int sim__file_truncate(int fd, uint64_t size);
void sim__files_free(void);

#endif
