/* The set of keys that a line has already. */
#ifndef HR_LOG_KEYS_H
#define HR_LOG_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/slice.h>

struct hr__log_key {
    const char *at; /* where it stands in the line */
    uint64_t line;  /* a slot with the number of an earlier line is empty */
    uint32_t size, hash;
    uint32_t object; /* 0: of the line itself; else of an object within it */
};

struct hr__log_keys {
    struct hr__log_key *slots;
    uint32_t capacity; /* a power of two */
    uint32_t used, objects;
    uint64_t line;
    bool fixed; /* its memory does not grow */
};

/* 0 or -ENOMEM. */
int hr__log_keys_open(struct hr__log_keys *keys);
/* Opens a set that asks for no memory later: it has room for the keys of any usual record. */
int hr__log_keys_open_fixed(struct hr__log_keys *keys);
void hr__log_keys_close(struct hr__log_keys *keys);

/* Begins a new line, without keys. */
void hr__log_keys_begin(struct hr__log_keys *keys);
/* The number of a new object in this line; each object has keys of its own. */
uint32_t hr__log_keys_object(struct hr__log_keys *keys);
/* Adds a key, whose bytes stay where they are until the line is complete. False: it is there
 * already. A key for which there is no memory counts as new. */
bool hr__log_keys_add(struct hr__log_keys *keys, uint32_t object, struct hr_slice shown);

#endif
