/* Masking the values of query parameters that are credentials. */
#include "url_masked.h"

#include <string.h>
#include <strings.h>

#include <headrace/url.h>

static const char *const credentials[] = {"X-Amz-Signature=", "X-Amz-Credential=",
                                          "X-Amz-Security-Token=", "Signature=", "AWSAccessKeyId="};

/* The size of the name that begins here, its '=' in it; 0: it is none of them. */
static size_t credential_at(const char *text) {
    for (size_t i = 0; i < sizeof credentials / sizeof *credentials; i++) {
        size_t size = strlen(credentials[i]);
        if (strncasecmp(text, credentials[i], size) == 0) return size;
    }
    return 0;
}

/* In place: a value is as long as "***", or all of its bytes become '*'. */
static void mask(char *value) {
    size_t size = strcspn(value, "&#"), stars = size < 3 ? size : 3;
    memset(value, '*', stars);
    memmove(value + stars, value + size, strlen(value + size) + 1);
}

const char *perf_url_masked(const char *text, char *shown, size_t capacity) {
    hr_url_show(hr_slice_of(text), shown, capacity);
    if (capacity == 0) return shown;
    for (char *at = strpbrk(shown, "?&"); at; at = strpbrk(at, "?&")) {
        size_t name = credential_at(++at);
        if (name > 0) mask(at + name);
    }
    return shown;
}
