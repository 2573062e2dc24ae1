/* The table of options of a comparison, and the readers of its rules. */
#include "beside_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settled.h"
#include "spread.h"

#define ALPHA_MAX 0.5

/* A decimal number that `end` stands behind. */
static int read_decimal(const char *text, double *number, const char **end) {
    char *after;
    errno = 0;
    *number = strtod(text, &after);
    *end = after;
    size_t digits = strspn(text, "0123456789.eE+-");
    return *text >= '0' && *text <= '9' && text + digits >= after && !errno ? 0 : -1;
}

int beside_read_alpha(const char *text, double *alpha) {
    const char *end;
    if (read_decimal(text, alpha, &end) != 0 || *end) return -1;
    return *alpha > 0 && *alpha <= ALPHA_MAX ? 0 : -1;
}

int beside_read_difference(const char *text, double *share) {
    const char *end;
    if (read_decimal(text, share, &end) != 0) return -1;
    if (*end && strcmp(end, "%") != 0) return -1;
    *share /= 100;
    return *share <= 1 ? 0 : -1;
}

static int check_alpha(const char *text, char *why, size_t why_size) {
    double alpha;
    if (beside_read_alpha(text, &alpha) == 0) return 0;
    snprintf(why, why_size, "'%.40s' is no probability over 0 and at most %g, as 0.05", text,
             ALPHA_MAX);
    return -1;
}

static int check_difference(const char *text, char *why, size_t why_size) {
    double share;
    if (beside_read_difference(text, &share) == 0) return 0;
    snprintf(why, why_size, "'%.40s' is no number of percent, 0 to 100, as 2%%", text);
    return -1;
}

#define VALUE(field) offsetof(struct beside_values, field)
const struct option beside_table[] = {
    {"beside", "NAME,...", OPTION_STRING, VALUE(names), .of_call = true,
     .help =
         "Measure these programs too, on the same work, in turn: names of programs in the folder "
         "of peers, or paths of programs that speak their protocol"},
    {"rounds", "N", OPTION_UINT, VALUE(rounds), .standard = "6", .min = 1, .max = PERF_ROUNDS_MAX,
     .help = "With --beside: how often each is run"},
    {"until-stable", NULL, OPTION_FLAG, VALUE(until_stable),
     .help = "With --beside: go on with rounds until the operations/s of the last 7 lie within "
             "7.5 %, of each program"},
    {"rounds-max", "N", OPTION_UINT, VALUE(rounds_max), .standard = "25",
     .min = PERF_SETTLED_POINTS, .max = PERF_ROUNDS_MAX,
     .help = "With --until-stable: rounds at most"},
    {"alpha", "P", OPTION_STRING, VALUE(alpha), .standard = "0.05", .check = check_alpha,
     .help = "With --beside: a difference has to be less likely by chance (Mann-Whitney)"},
    {"difference", "PERCENT", OPTION_STRING, VALUE(difference), .standard = "2%",
     .check = check_difference, .help = "With --beside: and has to be larger than this"},
    {"no-calibration", NULL, OPTION_FLAG, VALUE(no_calibration),
     .help = "With --beside: do not measure the machine itself before the rounds and after them"},
    {"peers", "DIR", OPTION_STRING, VALUE(peers),
     .help = "Where the programs for --beside are (default: those that were installed)"},
    {"python", "PROGRAM", OPTION_STRING, VALUE(python), .standard = "python3",
     .help = "The Python that has what peers in Python need"},
    {.name = NULL}};

struct perf_rules beside_rules(const struct beside_values *values) {
    struct perf_rules rules = PERF_RULES_STANDARD;
    beside_read_alpha(values->alpha, &rules.p_below);
    beside_read_difference(values->difference, &rules.share_above);
    return rules;
}

unsigned beside_rounds_max(const struct beside_values *values) {
    if (!values->until_stable) return 0;
    return (unsigned)(values->rounds_max > values->rounds ? values->rounds_max : values->rounds);
}
