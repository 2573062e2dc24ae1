/* Words of a command line: white space, quotes, backslashes. */
#include "shell_words.h"

#include <errno.h>
#include <stdbool.h>

struct split {
    struct hr_slice rest;
    char *at, *end;
    bool full;
};

static void put(struct split *split, char byte) {
    if (split->at == split->end)
        split->full = true;
    else
        *split->at++ = byte;
}

static char next(struct split *split) {
    char byte = split->rest.data[0];
    split->rest = hr_slice_bytes(split->rest.data + 1, split->rest.size - 1);
    return byte;
}

/* Up to the closing quote. In double quotes a backslash escapes those and itself alone. */
static int quoted(struct split *split, char quote) {
    while (split->rest.size > 0) {
        char byte = next(split);
        if (byte == quote) return 0;
        if (quote == '"' && byte == '\\') {
            if (split->rest.size == 0) return -EINVAL;
            byte = next(split);
            if (byte != '"' && byte != '\\') put(split, '\\');
        }
        put(split, byte);
    }
    return -EINVAL;
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static int word(struct split *split) {
    while (split->rest.size > 0 && !is_space(split->rest.data[0])) {
        char byte = next(split);
        int err = 0;
        if (byte == '\'' || byte == '"') {
            err = quoted(split, byte);
        } else if (byte == '\\') {
            if (split->rest.size == 0) return -EINVAL;
            put(split, next(split));
        } else {
            put(split, byte);
        }
        if (err) return err;
    }
    put(split, 0);
    return 0;
}

int hr__words_split(struct hr_slice command, struct hr__words *words) {
    struct split split = {command, words->memory, words->memory + words->capacity, false};
    words->count = 0;
    if (command.size > 0 && memchr(command.data, 0, command.size)) return -EINVAL;
    for (;;) {
        while (split.rest.size > 0 && is_space(split.rest.data[0])) next(&split);
        if (split.rest.size == 0) break;
        if (words->count == HR__WORDS_MAX) return -E2BIG;
        words->words[words->count++] = split.at;
        int err = word(&split);
        if (err || split.full) return err ? err : -E2BIG;
    }
    words->words[words->count] = NULL;
    return 0;
}
