/* The four figures before and after, and what has changed. */
#include "calibration.h"

#include <math.h>

#include "calibration_samples.h"
#include "json_put.h"

static const struct figure {
    const char *key, *title, *unit;
    double by; /* of the unit */
} figures[PERF_CALIBRATION_FIGURES] = {
    [PERF_CALIBRATION_LOOP] = {"loop_per_s", "bare loop", "M/s", 1e6},
    [PERF_CALIBRATION_MEMCPY] = {"memcpy_bytes_per_s", "memcpy", "MB/s", 1e6},
    [PERF_CALIBRATION_DISK] = {"disk_syncs_per_s", "disk", "syncs/s", 1},
    [PERF_CALIBRATION_LOOPBACK] = {"loopback_trips_per_s", "loopback", "round trips/s", 1},
};

void perf_calibrate(const char *folder, struct perf_calibration *made) {
    made->rates[PERF_CALIBRATION_LOOP] = perf_calibrate_loop();
    made->rates[PERF_CALIBRATION_MEMCPY] = perf_calibrate_memcpy();
    made->rates[PERF_CALIBRATION_DISK] = perf_calibrate_disk(folder);
    made->rates[PERF_CALIBRATION_LOOPBACK] = perf_calibrate_loopback();
}

double perf_calibration_change(const struct perf_calibrations *both,
                               enum perf_calibration_figure figure) {
    double before = both->before.rates[figure], after = both->after.rates[figure];
    return before > 0 && after > 0 ? after / before - 1 : 0;
}

enum perf_calibration_figure perf_calibration_most(const struct perf_calibrations *both) {
    enum perf_calibration_figure most = PERF_CALIBRATION_LOOP;
    for (unsigned i = 1; i < PERF_CALIBRATION_FIGURES; i++)
        if (fabs(perf_calibration_change(both, i)) > fabs(perf_calibration_change(both, most)))
            most = i;
    return most;
}

void perf_calibration_warning(const struct perf_calibrations *both,
                              char text[PERF_CALIBRATION_TEXT]) {
    enum perf_calibration_figure most = perf_calibration_most(both);
    const struct figure *figure = &figures[most];
    double change = fabs(perf_calibration_change(both, most));
    text[0] = '\0';
    if (change > PERF_CALIBRATION_DRIFT)
        snprintf(text, PERF_CALIBRATION_TEXT,
                 "the machine changed by %.0f %% during the run: %s %.0f -> %.0f %s", 100 * change,
                 figure->title, both->before.rates[most] / figure->by,
                 both->after.rates[most] / figure->by, figure->unit);
}

static void print_rates(FILE *out, const char *when, const struct perf_calibration *made) {
    fprintf(out, "machine %s: ", when);
    for (unsigned i = 0; i < PERF_CALIBRATION_FIGURES; i++) {
        fprintf(out, "%s%s ", i ? ", " : "", figures[i].title);
        if (made->rates[i] < 0)
            fputs("not measured", out);
        else
            fprintf(out, "%.0f %s", made->rates[i] / figures[i].by, figures[i].unit);
    }
    fputc('\n', out);
}

void perf_calibration_text(FILE *out, const struct perf_calibrations *both) {
    char warning[PERF_CALIBRATION_TEXT];
    print_rates(out, "before", &both->before);
    print_rates(out, "after", &both->after);
    perf_calibration_warning(both, warning);
    if (*warning) fprintf(out, "%s\n", warning);
}

static void put_rates(struct hr_json_writer *json, const char *name,
                      const struct perf_calibration *made) {
    json_put_object(json, name);
    for (unsigned i = 0; i < PERF_CALIBRATION_FIGURES; i++) {
        if (made->rates[i] < 0)
            json_put_null(json, figures[i].key);
        else
            json_put_double(json, figures[i].key, made->rates[i], 3);
    }
    hr_json_end(json);
}

void perf_calibration_json(struct hr_json_writer *json, const struct perf_calibrations *both) {
    char warning[PERF_CALIBRATION_TEXT];
    if (!both) {
        json_put_null(json, "calibration");
        return;
    }
    perf_calibration_warning(both, warning);
    json_put_object(json, "calibration");
    put_rates(json, "before", &both->before);
    put_rates(json, "after", &both->after);
    json_put_double(json, "change",
                    fabs(perf_calibration_change(both, perf_calibration_most(both))), 4);
    json_put_text(json, "warning", *warning ? warning : NULL);
    hr_json_end(json);
}
