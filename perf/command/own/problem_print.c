/* Prints problems of a configuration. */
#include "problem_print.h"

#include <stdio.h>

#include "quoted.h"

#define PROBLEM_SIZE 8192 /* of a path, a line and a message */

void problem_print(const struct hr_config_problem *problem) {
    char text[PROBLEM_SIZE];
    struct hr_slice rest = {text, hr_config_problem_text(problem, text, sizeof text)}, line;
    while (hr_slice_cut(&rest, '\n', &line)) {
        quoted_escape(stderr, line, false);
        fputc('\n', stderr);
    }
}
