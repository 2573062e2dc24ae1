/* One of the shared cases of HTTP answers, and whether what a client saw of it is what it wants. */
#ifndef TEST_HTTP1_CASE_H
#define TEST_HTTP1_CASE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct http_case {
    const json_t *json; /* borrowed */
    const char *name, *method;
    bool strict, choice; /* neither: only has to end */
    bool held;           /* the server keeps the connection open behind the bytes */
    char *bytes;
    size_t size;
};

/* What a client saw. Texts are NUL-terminated. */
struct http_seen {
    bool ok;
    int status;
    const char *body;
    size_t body_size;
    const char *fields;  /* of the final head, "name: value\n" each */
    const char *interim; /* "100 102 " */
};

void http_case_init(struct http_case *one, const json_t *json);
void http_case_deinit(struct http_case *one);

/* NULL, or what is not as the case wants it. `disputed` cases pass. */
const char *http_case_grade(const struct http_case *one, const struct http_seen *seen);

/* "reuse" of the case: 1, 0, or -1 where it says nothing. */
int http_case_reuse(const struct http_case *one);

#endif
