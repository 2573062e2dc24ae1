/* Reads the system's tables of media types. */
#include "media_type.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

/* A media type that may stand in a header field. */
static bool keep(const char *text, char type[MEDIA_TYPE_SIZE]) {
    size_t size = strlen(text);
    if (size >= MEDIA_TYPE_SIZE || !strchr(text, '/') || strpbrk(text, " \t;,\"\r\n")) return false;
    memcpy(type, text, size + 1);
    return true;
}

/* How well a pattern fits, the best first: the Shared MIME-info Database's weight, the longer
 * pattern, and the one whose letters are the same in case too. */
struct fit {
    unsigned long weight;
    size_t size;
    bool exact;
};

static bool better(const struct fit *a, const struct fit *b) {
    if (a->weight != b->weight) return a->weight > b->weight;
    if (a->size != b->size) return a->size > b->size;
    return a->exact && !b->exact;
}

/* WEIGHT:TYPE:PATTERN[:FLAGS], as the next of its parts. */
static char *part(char **line) {
    char *begin = *line;
    if (!begin) return NULL;
    char *colon = strchr(begin, ':');
    if (colon) *colon = '\0';
    *line = colon ? colon + 1 : NULL;
    return begin;
}

static void try_glob(char *line, const char *name, struct fit *best, char type[MEDIA_TYPE_SIZE]) {
    char *weight = part(&line), *media = part(&line), *pattern = part(&line), *flags = line;
    if (!pattern || *weight == '#' || !*pattern) return;
    bool sensitive = flags && strstr(flags, "cs");
    struct fit fit = {strtoul(weight, NULL, 10), strlen(pattern), fnmatch(pattern, name, 0) == 0};
    if (!fit.exact && (sensitive || fnmatch(pattern, name, FNM_CASEFOLD) != 0)) return;
    if (better(&fit, best) && keep(media, type)) *best = fit;
}

bool media_type_in_globs(const char *table, const char *name, char type[MEDIA_TYPE_SIZE]) {
    struct fit best = {0, 0, false};
    FILE *file = fopen(table, "re");
    if (!file) return false;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        try_glob(line, name, &best, type);
    }
    free(line);
    fclose(file);
    return best.size > 0;
}

/* Whether the name ends in a dot and this extension. */
static bool ends_in(const char *name, const char *extension) {
    size_t size = strlen(name), more = strlen(extension);
    return size > more && name[size - more - 1] == '.' &&
           strcasecmp(name + size - more, extension) == 0;
}

/* The next word at *at, ended there; NULL: none. */
static char *word(char **at) {
    char *begin = *at + strspn(*at, " \t\r"), *end = begin + strcspn(begin, " \t\r");
    *at = end + (*end != '\0');
    *end = '\0';
    return *begin ? begin : NULL;
}

bool media_type_in_list(const char *table, const char *name, char type[MEDIA_TYPE_SIZE]) {
    size_t best = 0, room = 0;
    FILE *file = fopen(table, "re");
    if (!file) return false;
    char *line = NULL;
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "#\n")] = '\0';
        char *at = line, *media = word(&at), *extension;
        while (media && (extension = word(&at)))
            if (strlen(extension) > best && ends_in(name, extension) && keep(media, type))
                best = strlen(extension);
    }
    free(line);
    fclose(file);
    return best > 0;
}

/* The table below one of the folders, separated by colons, that `list` names. */
static bool in_folders(const char *list, const char *below, const char *name,
                       char type[MEDIA_TYPE_SIZE]) {
    char table[PATH_SIZE];
    while (*list) {
        size_t size = strcspn(list, ":");
        int length = snprintf(table, sizeof table, "%.*s%s", (int)size, list, below);
        if (size > 0 && length > 0 && (size_t)length < sizeof table &&
            media_type_in_globs(table, name, type))
            return true;
        list += size + (list[size] == ':');
    }
    return false;
}

static const char *variable(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

bool media_type_of(const char *path, char type[MEDIA_TYPE_SIZE]) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *home = variable("XDG_DATA_HOME", NULL);
    if (!*name) return false;
    if (home ? in_folders(home, "/mime/globs2", name, type)
             : in_folders(variable("HOME", ""), "/.local/share/mime/globs2", name, type))
        return true;
    /* Registered types before those that desktops have made up for themselves. */
    return media_type_in_list("/etc/mime.types", name, type) ||
           in_folders(variable("XDG_DATA_DIRS", "/usr/local/share:/usr/share"), "/mime/globs2",
                      name, type);
}
