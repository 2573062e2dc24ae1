/* Resources that this process uses and may use. */
#ifndef PERF_RESOURCES_H
#define PERF_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

/* User and system time of all threads of this process, none of its children's. */
uint64_t perf_cpu_ns(void);

/* Forgets the peak of resident memory so far. False where the kernel does not allow it: the peak is
 * then the process's whole life's. */
bool perf_rss_peak_reset(void);
uint64_t perf_rss_peak_bytes(void);

/* Resident memory of this process now, as the kernel keeps its sum. */
uint64_t perf_rss_bytes(void);

/* Memory of this process, counted by the kernel page by page: a field of /proc/self/smaps_rollup,
 * "Rss", "Pss", "Private_Dirty". 0: it does not tell. */
uint64_t perf_memory_bytes(const char *field);

/* Descriptors that are open, and threads that run. 0: the kernel does not tell. */
unsigned perf_descriptors(void);
unsigned perf_threads(void);

/* Raises the soft limit of open files to `needed`. 0, or -EMFILE with the hard limit in *hard. */
int perf_files_raise(uint64_t needed, uint64_t *hard);
/* Raises it as far as the hard limit allows. */
void perf_files_raise_all(void);

/* Cores that this process may run on. */
unsigned perf_cores(void);
/* Takes the first `count` cores away from this process, where some are left. */
void perf_cores_leave(unsigned count);

#endif
