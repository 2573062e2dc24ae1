/* Fills memory with what a producer gives, a piece a turn. Reactor thread. */
#ifndef HR_S3_PART_READER_H
#define HR_S3_PART_READER_H

#include <engine/reactor.h>
#include <headrace/body.h>

/* Zeroed but for the first three. */
struct hr__part_reader {
    struct hr_reactor *reactor;
    const struct hr_source *source; /* a producer */
    /* The part is full, or the source has ended: 0 with `filled` bytes; else what the producer
     * returned, HR_ERR_SOURCE_SHORT (it ended before its size), -EOVERFLOW (it says that it has
     * written beyond the end), or what it was stopped with. From the reactor's FIFO. */
    void (*on_filled)(struct hr__part_reader *reader, int result);
    uint64_t taken; /* of all parts */
    bool ended;     /* nothing comes behind `taken` */
    char *memory;
    size_t capacity, filled;
    bool reads;  /* between begin and on_filled */
    bool paused; /* the producer has pushed back */
    int stop_reason;
    struct hr_task task;
};

/* `capacity` bytes at least 1; not where it has ended. */
void hr__part_reader_begin(struct hr__part_reader *reader, char *memory, size_t capacity);
void hr__part_reader_resume(struct hr__part_reader *reader);
/* on_filled comes with `reason`; not where it does not read. */
void hr__part_reader_stop(struct hr__part_reader *reader, int reason);

#endif
