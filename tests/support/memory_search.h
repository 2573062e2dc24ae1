/* Whether a secret lies anywhere in this process's memory: heap, stacks of threads that have ended;
 * and in a core that the kernel writes of it. The secret itself is kept hidden, so that only copies
 * are found. */
#ifndef TEST_MEMORY_SEARCH_H
#define TEST_MEMORY_SEARCH_H

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_KEY  0x5a
#define MEMORY_SIZE (1 << 20)           /* read at a time */
#define MEMORY_MAX  (UINT64_C(1) << 29) /* larger mappings are a sanitizer's shadow */

struct hidden {
    unsigned char bytes[128];
    size_t size;
};

/* "PREFIX" and 20 letters by chance, hidden. */
static inline struct hidden hidden_make(const char *prefix) {
    struct hidden hidden = {.size = 0};
    unsigned char random[20];
    if (getentropy(random, sizeof random)) abort();
    for (; prefix[hidden.size]; hidden.size++)
        hidden.bytes[hidden.size] = (unsigned char)prefix[hidden.size] ^ MEMORY_KEY;
    for (size_t i = 0; i < sizeof random; i++)
        hidden.bytes[hidden.size++] = (unsigned char)('a' + random[i] % 26) ^ MEMORY_KEY;
    return hidden;
}

/* Into `text`, which the caller wipes. */
static inline char *hidden_show(const struct hidden *hidden, char *text) {
    for (size_t i = 0; i < hidden->size; i++) text[i] = (char)(hidden->bytes[i] ^ MEMORY_KEY);
    text[hidden->size] = '\0';
    return text;
}

static unsigned char memory_window[MEMORY_SIZE];

static inline unsigned memory_count(const struct hidden *hidden, size_t size, uint64_t base,
                                    const char *where) {
    const unsigned char *at = memory_window, *end = memory_window + size;
    unsigned found = 0;
    while (at + hidden->size <= end && (at = memchr(at, hidden->bytes[0] ^ MEMORY_KEY,
                                                    (size_t)(end - at) - hidden->size + 1))) {
        size_t same = 1;
        while (same < hidden->size && (at[same] ^ MEMORY_KEY) == hidden->bytes[same]) same++;
        if (same == hidden->size) {
            found++;
            fprintf(stderr, "a secret at %lx in %s",
                    (unsigned long)(base + (uint64_t)(at - memory_window)), where);
        }
        at++;
    }
    return found;
}

static inline unsigned memory_of(int memory, const struct hidden *hidden, uint64_t begin,
                                 uint64_t end, const char *where) {
    uint64_t own = (uintptr_t)memory_window;
    unsigned found = 0;
    while (begin < end) {
        size_t size = end - begin < MEMORY_SIZE ? (size_t)(end - begin) : MEMORY_SIZE;
        if (begin < own + MEMORY_SIZE && begin + size > own) {
            begin =
                begin < own ? (begin + size > own ? own + MEMORY_SIZE : begin) : own + MEMORY_SIZE;
            continue;
        }
        ssize_t got = pread(memory, memory_window, size, (off_t)begin);
        if (got <= 0) {
            begin += size;
            continue;
        }
        found += memory_count(hidden, (size_t)got, begin, where);
        begin += (size_t)got > hidden->size ? (size_t)got - hidden->size + 1 : (size_t)got;
        if ((size_t)got < 2 * hidden->size) begin = end;
    }
    return found;
}

/* How many copies there are. Says on standard error where. */
static inline unsigned memory_holds(const struct hidden *hidden) {
    FILE *maps = fopen("/proc/self/maps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    unsigned found = 0;
    if (!maps || memory < 0) abort();
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) != 3) continue;
        if (rights[0] != 'r' || rights[1] != 'w' || end - begin > MEMORY_MAX) continue;
        found += memory_of(memory, hidden, begin, end, line);
    }
    fclose(maps);
    close(memory);
    return found;
}

/* A core of a copy of this process, opened and already unlinked; -1: this system writes none into
 * the working folder. */
static inline int memory_core(void) {
    char folder[] = "/tmp/core-XXXXXX";
    int core = -1, status;
    const struct rlimit whole = {RLIM_INFINITY, RLIM_INFINITY};
    if (!mkdtemp(folder)) abort();
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (chdir(folder) || setrlimit(RLIMIT_CORE, &whole)) _exit(1);
        abort();
    }
    if (child < 0 || waitpid(child, &status, 0) != child) abort();
    DIR *files = opendir(folder);
    if (!files) abort();
    for (struct dirent *file; (file = readdir(files));) {
        if (file->d_name[0] == '.') continue;
        core = openat(dirfd(files), file->d_name, O_RDONLY | O_CLOEXEC);
        unlinkat(dirfd(files), file->d_name, 0);
    }
    closedir(files);
    rmdir(folder);
    return core;
}

/* Where the memory begins in a core. Before it stand the registers: of the vector registers those
 * that a C library copies with keep the last bytes that went through them, until others do. */
static inline off_t memory_core_begin(int core) {
    Elf64_Ehdr head;
    Elf64_Phdr part;
    off_t begin = -1;
    if (pread(core, &head, sizeof head, 0) != sizeof head || head.e_phentsize != sizeof part)
        abort();
    for (unsigned i = 0; i < head.e_phnum; i++) {
        off_t at = (off_t)(head.e_phoff + i * sizeof part);
        if (pread(core, &part, sizeof part, at) != sizeof part) abort();
        if (part.p_type == PT_LOAD && (begin < 0 || (off_t)part.p_offset < begin))
            begin = (off_t)part.p_offset;
    }
    return begin < 0 ? 0 : begin;
}

/* How many copies there are in the memory of what `memory_core` gave. */
static inline unsigned memory_core_holds(int core, const struct hidden *hidden) {
    unsigned found = 0;
    off_t at = memory_core_begin(core);
    ssize_t got;
    while ((got = pread(core, memory_window, MEMORY_SIZE, at)) > (ssize_t)hidden->size) {
        found += memory_count(hidden, (size_t)got, (uint64_t)at, "the core\n");
        at += got - (ssize_t)hidden->size + 1;
    }
    return found;
}

#endif
