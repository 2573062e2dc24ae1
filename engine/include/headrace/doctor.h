/* The doctor: facts about this kernel, this container and their limits, each with a verdict. */
#ifndef HEADRACE_DOCTOR_H
#define HEADRACE_DOCTOR_H

#include <stddef.h>
#include <stdint.h>

#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hr_doctor_verdict { HR_DOCTOR_OK, HR_DOCTOR_NOTE, HR_DOCTOR_FAIL };

struct hr_doctor_item {
    const char *name; /* stable: "kernel", "io_uring", "epoll", "backend", "memlock", … */
    enum hr_doctor_verdict verdict; /* FAIL: an engine cannot run here */
    char value[160];                /* what was found */
    char remedy[256];               /* what to do about it; empty when OK */
    uint64_t reserved[2];
};

/* Looks at the machine (a real operation through io_uring and one through epoll) and fills up to
 * `capacity` items. "backend" is what an engine would run on and why; where that is epoll, a
 * refused io_uring is a NOTE. Returns how many there are, which may be more than `capacity`. Blocks
 * for some milliseconds. Any thread. */
HR_API size_t hr_doctor(struct hr_doctor_item *items, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
