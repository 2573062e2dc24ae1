/* How fast this machine is at this hour, by four small loads: taken before and after a comparison,
 * they tell whether it was the same machine throughout. One thread at a time. */
#ifndef PERF_CALIBRATION_H
#define PERF_CALIBRATION_H

#include <stdio.h>

#include <headrace/json_write.h>

#define PERF_CALIBRATION_DRIFT 0.15 /* a larger change of a figure is told */

/* Each a rate: the median of many short samples, which take 0.15 s altogether. */
enum perf_calibration_figure {
    PERF_CALIBRATION_LOOP,     /* turns of a counting loop, per second */
    PERF_CALIBRATION_MEMCPY,   /* bytes copied from memory to memory, per second */
    PERF_CALIBRATION_DISK,     /* writes of 4 KiB with fdatasync, per second */
    PERF_CALIBRATION_LOOPBACK, /* round trips of a byte to another thread over TCP, per second */
    PERF_CALIBRATION_FIGURES
};

struct perf_calibration {
    double rates[PERF_CALIBRATION_FIGURES]; /* negative: it could not be measured */
};

/* Takes all four, 0.6 s. The file that is written stands in `folder`, has no name there, and goes
 * afterwards; a folder that cannot be written leaves the disk unmeasured. */
void perf_calibrate(const char *folder, struct perf_calibration *made);

/* Around a comparison. */
struct perf_calibrations {
    struct perf_calibration before, after;
};

/* The change of a figure as a share of what it was before, 0 where one of them is not known. */
double perf_calibration_change(const struct perf_calibrations *both,
                               enum perf_calibration_figure figure);
/* The figure that changed most, in either direction. */
enum perf_calibration_figure perf_calibration_most(const struct perf_calibrations *both);

#define PERF_CALIBRATION_TEXT 160
/* "the machine changed by 23 % during the run: bare loop 512 -> 395 M/s", or "". */
void perf_calibration_warning(const struct perf_calibrations *both,
                              char text[PERF_CALIBRATION_TEXT]);

/* A line of the figures, and one of the warning where there is one. */
void perf_calibration_text(FILE *out, const struct perf_calibrations *both);
/* The member "calibration" of the object that is open; null where `both` is NULL. */
void perf_calibration_json(struct hr_json_writer *json, const struct perf_calibrations *both);

#endif
