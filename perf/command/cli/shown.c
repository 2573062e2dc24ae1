/* Showing URLs and arguments in messages. */
#include "shown.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "url_masked.h"

#define SHOWN_SIZE 201
#define RING_SIZE  8

static char *next_text(void) {
    static char ring[RING_SIZE][SHOWN_SIZE];
    static unsigned next;
    return ring[next++ % RING_SIZE];
}

const char *shown_url(const char *text) {
    return perf_url_masked(text, next_text(), SHOWN_SIZE);
}

const char *shown_argument(const char *text) {
    const char *sign = strrchr(text, '@'), *colon = strchr(text, ':'),
               *slashes = strstr(text, "//");
    bool is_key = strncmp(text, "s3://", 5) == 0;
    if (sign && !is_key && ((colon && colon < sign) || (slashes && slashes < sign)))
        return shown_url(text);
    char *shown = next_text();
    snprintf(shown, SHOWN_SIZE, "%s", text);
    return shown;
}
