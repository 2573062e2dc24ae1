/* Records of a log on standard output. */
#ifndef COMMAND_CAT_PRINT_H
#define COMMAND_CAT_PRINT_H

#include <stdio.h>

#include "cat_line.h"

/* TIME - NAME - LEVEL - MESSAGE [key=value …], as the logger writes it; no value can end the line
 * or reach the terminal. */
void cat_print_text(FILE *out, const struct cat_line *line, bool colours);
/* JSON is printed as it was. */
void cat_print_json(FILE *out, const struct cat_line *line);

#endif
