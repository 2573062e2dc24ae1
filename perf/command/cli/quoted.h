/* Texts of others on a terminal or in JSON: nothing in them acts on either. */
#ifndef COMMAND_QUOTED_H
#define COMMAND_QUOTED_H

#include <stdbool.h>
#include <stdio.h>

#include <headrace/slice.h>

/* Controls escaped; quotes and backslashes too where it stands in quotes. A byte that is no UTF-8
 * becomes U+FFFD. */
void quoted_escape(FILE *out, struct hr_slice text, bool in_quotes);

/* A JSON string, with its quotes. */
void quoted_put(FILE *out, struct hr_slice text);

#endif
