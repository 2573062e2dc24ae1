/* The simulated kernel as a whole: made and ended, luck, clock, trace, complaints. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <base/clock_source.h>
#include <headrace/clock.h>

#include "kernel_core.h"

struct sim_kernel sim__kernel;
static struct sim_kernel *const kernel = &sim__kernel;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hr_engine_tuning tuning;

void sim__lock(void) {
    pthread_mutex_lock(&lock);
}

void sim__unlock(void) {
    pthread_mutex_unlock(&lock);
}

void sim__wait(pthread_cond_t *changed, const struct timespec *until) {
    if (until)
        pthread_cond_timedwait(changed, &lock, until);
    else
        pthread_cond_wait(changed, &lock);
}

void *sim__allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) abort();
    return memory;
}

void *sim__grow(void *memory, size_t size) {
    void *grown = realloc(memory, size);
    if (!grown) abort();
    return grown;
}

/* Luck: SplitMix64 (Steele, Lea, Flood 2014). */

uint64_t sim_random(void) {
    uint64_t random = kernel->random += UINT64_C(0x9e3779b97f4a7c15);
    random = (random ^ random >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    random = (random ^ random >> 27) * UINT64_C(0x94d049bb133111eb);
    return random ^ random >> 31;
}

uint64_t sim__below(uint64_t limit) {
    return limit ? sim_random() % limit : 0;
}

bool sim_chance(uint16_t of_65536) {
    return of_65536 && (sim_random() & 0xffff) < of_65536;
}

void sim_faults_set(const struct sim_faults *faults) {
    kernel->options.faults = *faults;
}

/* Time. */

uint64_t sim_now_ns(void) {
    return kernel->options.live ? hr_clock_monotonic_ns() : kernel->now_ns;
}

static uint64_t wall_ns(void) {
    return SIM_WALL_NS + kernel->now_ns + (uint64_t)kernel->wall_offset_ns;
}

static const struct hr_clock_source virtual_clock = {sim_now_ns, wall_ns};

/* Told to people. */

void sim_trace(const char *format, ...) {
    FILE *trace = kernel->options.trace;
    if (!trace) return;
    uint64_t since_ns = sim_now_ns() - SIM_BOOT_NS;
    fprintf(trace, "%6" PRIu64 ".%09" PRIu64 " ", since_ns / 1000000000u, since_ns % 1000000000u);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(trace, format, arguments);
    va_end(arguments);
    fputc('\n', trace);
}

void sim__complain(const char *format, ...) {
    char text[sizeof kernel->complaint];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sim_trace("COMPLAINT: %s", text);
    if (!kernel->complaint[0]) memcpy(kernel->complaint, text, sizeof text);
}

const char *sim_complaint(void) {
    return kernel->complaint[0] ? kernel->complaint : NULL;
}

struct sim_leftovers sim_leftovers(void) {
    return (struct sim_leftovers){
        .descriptors = kernel->descriptors_open - kernel->files_open,
        .operations = kernel->records_used + kernel->records_lost,
        .lent_buffers = kernel->buffers_lent + kernel->buffers_lost,
        .files_open = kernel->files_open,
    };
}

/* From beginning to end. */

const struct hr_engine_tuning *sim_tuning(void) {
    return &tuning;
}

void sim_open(const struct sim_options *options) {
    *kernel = (struct sim_kernel){
        .open = true,
        .options = *options,
        .now_ns = SIM_BOOT_NS,
        .random = options->seed,
    };
    kernel->next_port = (uint16_t)(32768 + sim__below(16384));
    tuning = (struct hr_engine_tuning){
        .backend = &sim__backend,
        .sockets = &sim__sockets,
        .seed = options->live ? 0 : options->seed,
        .stepped = !options->live,
    };
    hr__clock_source = options->live ? NULL : &virtual_clock;
}

/* What was left open is let go of, so that a world that ends early loses no memory. */
void sim_close(void) {
    for (unsigned i = 0; i < kernel->descriptor_capacity; i++)
        if (kernel->descriptors[i]) sim__descriptor_close(SIM_DESCRIPTOR_FIRST + (int)i);
    sim__events_forget(NULL);
    sim__files_free();
    for (struct sim_record *record = kernel->records, *next; record; record = next) {
        next = record->next;
        free(record);
    }
    free(kernel->events);
    free(kernel->descriptors);
    *kernel = (struct sim_kernel){.open = false};
    hr__clock_source = NULL;
}
