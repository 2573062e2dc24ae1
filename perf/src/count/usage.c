/* Looks at memory and CPU, step by step. */
#include "usage.h"

#include <assert.h>
#include <string.h>

#include "resources.h"

#define SECOND_NS 1000000000u

void perf_usage_begin(struct perf_usage *usage, uint64_t now_ns) {
    *usage = (struct perf_usage){
        .started_ns = now_ns, .looked_ns = now_ns, .cpu_ns = perf_cpu_ns(), .step_s = 1};
}

void perf_usage_resume(struct perf_usage *usage, uint64_t now_ns, uint64_t before_ns) {
    assert(usage->step_s > 0);
    usage->started_ns = usage->looked_ns = now_ns;
    usage->cpu_ns = perf_cpu_ns();
    usage->before_ns = before_ns;
}

static void add(struct perf_usage_step *into, const struct perf_usage_step *from) {
    if (from->rss_bytes > into->rss_bytes) into->rss_bytes = from->rss_bytes;
    into->cpu_ns += from->cpu_ns;
}

static void widen(struct perf_usage *usage) {
    uint32_t used = (usage->used + 1) / 2;
    for (uint32_t i = 0; i < used; i++) {
        usage->steps[i] = usage->steps[2 * i];
        if (2 * i + 1 < usage->used) add(&usage->steps[i], &usage->steps[2 * i + 1]);
    }
    memset(usage->steps + used, 0, (usage->used - used) * sizeof *usage->steps);
    usage->used = used;
    usage->step_s *= 2;
}

/* The CPU since the look before falls into the step of the time in the middle. */
void perf_usage_record(struct perf_usage *usage, uint64_t now_ns, uint64_t rss_bytes,
                       uint64_t cpu_ns) {
    assert(now_ns >= usage->looked_ns && usage->step_s > 0);
    uint64_t middle = usage->looked_ns + (now_ns - usage->looked_ns) / 2;
    uint64_t second = (middle - usage->started_ns + usage->before_ns) / SECOND_NS;
    while (second / usage->step_s >= PERF_SERIES_STEPS) widen(usage);
    uint32_t index = (uint32_t)(second / usage->step_s);
    if (index >= usage->used) usage->used = index + 1;
    add(&usage->steps[index], &(struct perf_usage_step){rss_bytes, cpu_ns - usage->cpu_ns});
    usage->looked_ns = now_ns;
    usage->cpu_ns = cpu_ns;
}

void perf_usage_look(struct perf_usage *usage, uint64_t now_ns) {
    perf_usage_record(usage, now_ns, perf_rss_bytes(), perf_cpu_ns());
}

struct perf_usage_step perf_usage_of(const struct perf_usage *usage, uint64_t second,
                                     uint32_t seconds) {
    struct perf_usage_step sum = {.rss_bytes = 0};
    uint32_t steps = 0;
    assert(seconds > 0);
    for (uint64_t at = second; at < second + seconds && usage->step_s > 0; at += usage->step_s) {
        uint64_t index = at / usage->step_s;
        if (index >= usage->used) break;
        add(&sum, &usage->steps[index]);
        steps++;
    }
    if (steps == 0) return sum;
    uint64_t begin_s = second / usage->step_s * usage->step_s, looked_ns = usage->looked_ns;
    uint64_t covered_ns = looked_ns - usage->started_ns + usage->before_ns - begin_s * SECOND_NS;
    uint64_t whole_ns = (uint64_t)steps * usage->step_s * SECOND_NS;
    if (covered_ns > whole_ns) covered_ns = whole_ns;
    sum.cpu_ns = covered_ns ? (uint64_t)((double)sum.cpu_ns * SECOND_NS / (double)covered_ns) : 0;
    return sum;
}
