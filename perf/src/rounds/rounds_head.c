/* The harness, the date, the machine and the library, as JSON. */
#include "rounds_head.h"

#include <sys/utsname.h>

#include <headrace/clock.h>
#include <headrace/version.h>

#include "json_put.h"
#include "resources.h"
#include "run_environment.h"

void perf_rounds_head(struct hr_json_writer *json, const char *harness, uint64_t started_at_ms) {
    struct utsname kernel;
    char started[HR_DATE_ISO_SIZE];
    json_put_text(json, "harness", harness);
    hr_date_iso(started_at_ms, started);
    json_put_text(json, "started_at", started);
    if (uname(&kernel) == 0) {
        json_put_text(json, "kernel", kernel.release);
        json_put_text(json, "machine", kernel.machine);
    }
    json_put_text(json, "headrace", hr_version_string());
    json_put_u64(json, "cores", perf_cores());
    perf_environment_json(json);
}
