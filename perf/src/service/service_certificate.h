/* A certificate for 127.0.0.1, made on the spot: what a store with TLS needs for an hour. */
#ifndef PERF_SERVICE_CERTIFICATE_H
#define PERF_SERVICE_CERTIFICATE_H

#include <headrace/error.h>

struct perf_service_certificate {
    const char *certificate_path, *key_path; /* PEM; the key is its owner's alone to read */
};

/* Writes both files. 0, or a negative code with `error`. */
int perf_service_certificate_make(const struct perf_service_certificate *paths,
                                  struct hr_error *error);

#endif
