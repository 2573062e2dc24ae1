/* Going over a command line as the parser does, without setting anything. */
#include "shown_words.h"

#include <string.h>

#include <headrace/text.h>

#include "shown.h"

#define HIDDEN "***"

struct line {
    char *text;
    size_t size;
};

static void add(struct line *line, struct hr_slice more) {
    line->size += hr_text_copy(line->text + line->size, SHOWN_WORDS_MAX - line->size, more);
}

/* Quotes where a shell would need them. */
static void add_value(struct line *line, const char *word) {
    const char *shown = strstr(word, "://") ? shown_url(word) : word;
    bool plain = *shown && strcspn(shown, " \t\n\"'\\$&|;<>()*?") == strlen(shown);
    if (!plain) add(line, hr_slice_of("'"));
    add(line, hr_slice_of(shown));
    if (!plain) add(line, hr_slice_of("'"));
}

static void add_word(struct line *line, const char *word) {
    add(line, hr_slice_of(" "));
    add_value(line, word);
}

/* --NAME, --NAME=VALUE: the option whose value is the next word, or NULL. */
static const struct option *add_long(struct line *line, const struct command *command,
                                     const char *word) {
    size_t size = strcspn(word, "=");
    const struct option *option =
        size > 2 ? option_find(command, hr_slice_bytes(word + 2, size - 2), 0) : NULL;
    add(line, hr_slice_of(" "));
    if (!word[size]) {
        add(line, hr_slice_of(word));
        return option && option_takes_value(option) ? option : NULL;
    }
    add(line, hr_slice_bytes(word, size + 1));
    if (option && option->secret)
        add(line, hr_slice_of(HIDDEN));
    else
        add_value(line, word + size + 1);
    return NULL;
}

/* -f, -fL, -oVALUE, -fLo VALUE: the same. */
static const struct option *add_letters(struct line *line, const struct command *command,
                                        const char *word) {
    add(line, hr_slice_of(" -"));
    for (const char *at = word + 1; *at; at++) {
        const struct option *option = option_find(command, (struct hr_slice){0}, *at);
        add(line, hr_slice_bytes(at, 1));
        if (!option || !option_takes_value(option)) continue;
        if (!at[1]) return option;
        if (option->secret)
            add(line, hr_slice_of(HIDDEN));
        else
            add_value(line, at + 1);
        return NULL;
    }
    return NULL;
}

static void add_all(struct line *line, const struct command *command, int argc, char **argv) {
    const struct option *open = NULL; /* the one whose value comes next */
    bool over = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (open && open->secret)
            add(line, hr_slice_of(" " HIDDEN));
        else if (open || over || word[0] != '-' || !word[1])
            add_word(line, word);
        else if (word[1] == '-' && word[2]) {
            open = add_long(line, command, word);
            continue;
        } else if (word[1] == '-') {
            over = true;
            add_word(line, word);
        } else {
            open = add_letters(line, command, word);
            continue;
        }
        open = NULL;
    }
}

void shown_words(const struct command *command, int argc, char **argv, char text[SHOWN_WORDS_MAX]) {
    struct line line = {text, 0};
    text[0] = '\0';
    add(&line, hr_slice_of("headrace "));
    add(&line, hr_slice_of(command->path));
    add_all(&line, command, argc, argv);
    if (line.size + 4 > SHOWN_WORDS_MAX)
        hr_text_copy(text + SHOWN_WORDS_MAX - 4, 4, hr_slice_of("..."));
}
