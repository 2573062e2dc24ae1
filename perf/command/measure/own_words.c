/* Reading the own command line. */
#include "own_words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX (1u << 20)

/* Options of a comparison. */
static const struct {
    const char *name;
    bool has_value;
} left_out[] = {{"--beside", true},         {"--rounds", true},     {"--peers", true},
                {"--python", true},         {"--json", true},       {"--alpha", true},
                {"--difference", true},     {"--rounds-max", true}, {"--until-stable", false},
                {"--no-calibration", false}};
/* How many words go: 0, 1 ("--rounds=3") or 2. */
static unsigned words_left_out(const char *word) {
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        size_t size = strlen(left_out[i].name);
        if (strncmp(word, left_out[i].name, size) != 0) continue;
        if (word[size] == '=') return 1;
        if (word[size] == '\0') return left_out[i].has_value ? 2 : 1;
    }
    return 0;
}

static int read_text(struct own_words *own, size_t *size) {
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t count = 0;
    *size = 0;
    own->text = malloc(TEXT_MAX + 1);
    if (own->text) {
        while (*size < TEXT_MAX && (count = read(fd, own->text + *size, TEXT_MAX - *size)) > 0)
            *size += (size_t)count;
        own->text[*size] = '\0';
    }
    int err = !own->text ? -ENOMEM : count < 0 ? -errno : *size == TEXT_MAX ? -E2BIG : 0;
    close(fd);
    return err;
}

int own_words_make(struct own_words *own, const char *const *more) {
    size_t size = 0, count = 0;
    *own = (struct own_words){.text = NULL};
    int err = read_text(own, &size);
    if (err) return err;
    unsigned skip = 1; /* the program */
    own->words[count++] = "/proc/self/exe";
    for (char *word = own->text; word < own->text + size; word += strlen(word) + 1) {
        if (skip == 0) skip = words_left_out(word);
        if (skip > 0) {
            skip--;
            continue;
        }
        if (count == OWN_WORDS_MAX) return -E2BIG;
        own->words[count++] = word;
    }
    for (; *more; more++) {
        if (count == OWN_WORDS_MAX) return -E2BIG;
        own->words[count++] = *more;
    }
    return 0;
}

void own_words_free(struct own_words *own) {
    free(own->text);
    own->text = NULL;
}
