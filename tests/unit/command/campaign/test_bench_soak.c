/* Checkpoints: which options do not go with them. */
#include "command_fixture.h"

#include "bench_soak.h"
#include "output.h"

Test(bench_soak, contradictions_are_named) {
    static const struct {
        const char *checkpoint, *lone;
        uint64_t duration_ns;
        double ramp_from;
        const char *part; /* NULL: it is good */
    } rows[] = {{NULL, "fault", 0, 0, NULL},
                {"f", NULL, 1000, 0, NULL},
                {"f", "fault", 1000, 0, "--checkpoint and --fault exclude each other"},
                {"f", NULL, 0, 0, "--checkpoint needs --duration"},
                {"f", NULL, 1000, 5, "one rate"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench *bench = calloc(1, sizeof *bench);
        const struct soak_values values = {rows[i].checkpoint, 5000};
        int code = -1;
        bench->name = "bench x";
        bench->options.duration_ns = rows[i].duration_ns;
        bench->curve.ramp.from = rows[i].ramp_from;
        CAPTURE(code = bench_soak_check(&values, bench, rows[i].lone));
        cr_expect_eq(code, rows[i].part ? EXIT_USAGE : EXIT_DONE, "row %zu", i);
        cr_expect(!rows[i].part || strstr(captured_err, rows[i].part), "%s", captured_err);
        free(bench);
    }
}

Test(bench_soak, without_a_file_there_is_none) {
    struct bench *bench = calloc(1, sizeof *bench);
    cr_expect_eq(bench_soak_open(&(struct soak_values){NULL, 5000}, bench), EXIT_DONE);
    cr_expect_null(bench->soak);
    cr_expect_null(bench->measure);
    bench_soak_close(bench, true);
    free(bench);
}
