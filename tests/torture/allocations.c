/* The C library's allocator, in front of the real one: libraries' calls come here too. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

/* Libraries are to find these. Built without sanitizers: they run before those are set up. */
#pragma GCC visibility push(default)

#define REAL_OF(name, result, parameters, arguments)                                               \
    result __interceptor_##name parameters __attribute__((weak)); /* a sanitizer's */              \
    result __libc_##name parameters;                                                               \
    static result real_##name parameters {                                                         \
        return __interceptor_##name ? __interceptor_##name arguments : __libc_##name arguments;    \
    }
REAL_OF(malloc, void *, (size_t size), (size))
REAL_OF(calloc, void *, (size_t count, size_t size), (count, size))
REAL_OF(realloc, void *, (void *memory, size_t size), (memory, size))
REAL_OF(memalign, void *, (size_t alignment, size_t size), (alignment, size))

static bool refused(const void *caller) {
    if (!fault_here(FAULT_ALLOCATION, caller, NULL)) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return refused(__builtin_return_address(0)) ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return refused(__builtin_return_address(0)) ? NULL : real_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    return refused(__builtin_return_address(0)) ? NULL : real_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size) {
    if (refused(__builtin_return_address(0)) || (size > 0 && count > SIZE_MAX / size)) return NULL;
    return real_realloc(memory, count * size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return refused(__builtin_return_address(0)) ? NULL : real_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (refused(__builtin_return_address(0))) return ENOMEM;
    void *made = real_memalign(alignment, size);
    if (!made) return ENOMEM;
    *memory = made;
    return 0;
}

char *strndup(const char *text, size_t size_max) {
    if (refused(__builtin_return_address(0))) return NULL;
    size_t size = strnlen(text, size_max);
    char *copy = real_malloc(size + 1);
    if (!copy) return NULL;
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

char *strdup(const char *text) {
    if (refused(__builtin_return_address(0))) return NULL;
    size_t size = strlen(text) + 1;
    char *copy = real_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

#pragma GCC visibility pop
