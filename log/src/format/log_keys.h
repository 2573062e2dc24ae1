/* The keys that a line has already: no two of them are equal. */
#ifndef HR_LOG_KEYS_H
#define HR_LOG_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

struct hr__log_key {
    const char *at; /* in the line, as it is shown there */
    uint64_t line;  /* an entry of an earlier line is an empty one */
    uint32_t size, hash;
    uint32_t object; /* 0: of the line itself; else of an object within it */
};

struct hr__log_keys {
    struct hr__log_key *slots;
    uint32_t capacity; /* a power of two */
    uint32_t used, objects;
    uint64_t line;
    bool fixed; /* no memory is asked for */
};

int hr__log_keys_open(struct hr__log_keys *keys);
/* With room for the keys of all but a strange record, and no more of it later. */
int hr__log_keys_open_fixed(struct hr__log_keys *keys);
void hr__log_keys_close(struct hr__log_keys *keys);

/* A new line begins: it has no keys yet. */
void hr__log_keys_begin(struct hr__log_keys *keys);
/* A number for an object of this line, whose keys are its own. */
uint32_t hr__log_keys_object(struct hr__log_keys *keys);
/* Adds a key, whose bytes stay where they are until the line is complete. False: it is there
 * already. Without memory for more of them it is taken for a new one. */
bool hr__log_keys_add(struct hr__log_keys *keys, uint32_t object, struct hr_slice shown);

#endif
