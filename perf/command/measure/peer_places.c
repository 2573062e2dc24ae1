/* Finding peers by their names. */
#include "peer_places.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer_program.h"

#define LISTED_MAX 300

static void folder_of(const struct beside_values *values, char folder[PATH_MAX]) {
    if (values->peers)
        snprintf(folder, PATH_MAX, "%s", values->peers);
    else
        perf_peer_folder(folder);
}

/* "s3_boto3.py" is peer boto3 of kind s3. False: it is none. */
static bool peer_of(const char *file, const char *kind, char name[PEER_NAME_MAX]) {
    size_t size = strlen(kind);
    if (strncmp(file, kind, size) != 0 || file[size] != '_') return false;
    snprintf(name, PEER_NAME_MAX, "%s", file + size + 1);
    char *dot = strrchr(name, '.');
    if (dot && strcmp(dot, ".py") == 0) *dot = '\0';
    return name[0] && !strchr(name, '.');
}

static int by_text(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The names of those that are there, for a complaint. */
static void list_peers(const char *folder, const char *kind, char listed[LISTED_MAX]) {
    struct dirent **files = NULL;
    int count = scandir(folder, &files, NULL, by_text);
    size_t size = 0;
    listed[0] = '\0';
    for (int i = 0; i < count; i++) {
        char name[PEER_NAME_MAX];
        if (peer_of(files[i]->d_name, kind, name) && size + sizeof name + 2 < LISTED_MAX)
            size +=
                (size_t)snprintf(listed + size, LISTED_MAX - size, "%s%s", size ? ", " : "", name);
        free(files[i]);
    }
    free(files);
}

static bool is_there(struct peer_place *place, const char *folder, const char *kind,
                     const char *end) {
    char path[sizeof place->path];
    snprintf(path, sizeof path, "%.*s/%s_%s%s", PATH_MAX - 1, folder, kind, place->name, end);
    memcpy(place->path, path, sizeof path);
    return access(path, R_OK) == 0;
}

static int find_named(const char *folder, const char *kind, struct peer_place *place) {
    char listed[LISTED_MAX];
    place->python = is_there(place, folder, kind, ".py");
    if (place->python || is_there(place, folder, kind, "")) return EXIT_DONE;
    list_peers(folder, kind, listed);
    output_complain("--beside: there is no peer '%s' for bench %s in %s; there %s: %s", place->name,
                    kind, folder, *listed ? "are" : "is", *listed ? listed : "none");
    return EXIT_USAGE;
}

/* A program of the user's own. */
static int take_path(const char *path, struct peer_place *place) {
    size_t size = strlen(path);
    snprintf(place->path, sizeof place->path, "%s", path);
    place->python = size > 3 && strcmp(path + size - 3, ".py") == 0;
    if (access(path, R_OK) == 0) return EXIT_DONE;
    output_complain("--beside: there is no program %s", path);
    return EXIT_USAGE;
}

static int take_word(const char *word, const char *folder, const char *kind,
                     struct peer_place *place) {
    const char *slash = strrchr(word, '/');
    const char *name = slash ? slash + 1 : word;
    if (strlen(name) >= sizeof place->name || !*name) {
        output_complain("--beside: '%.60s' names no program", word);
        return EXIT_USAGE;
    }
    memcpy(place->name, name, strlen(name) + 1);
    return slash ? take_path(word, place) : find_named(folder, kind, place);
}

int peer_places_find(const struct beside_values *values, const char *kind,
                     struct peer_places *places) {
    char word[PATH_MAX];
    int code = EXIT_DONE;
    places->count = 0;
    folder_of(values, places->folder);
    for (const char *at = values->names; *at && !code; at += strspn(at, ",")) {
        size_t size = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)size, at);
        at += size;
        if (size == 0) continue;
        if (places->count == PERF_BESIDE_MAX - 1) {
            output_complain("--beside: more than %d programs", PERF_BESIDE_MAX - 1);
            return EXIT_USAGE;
        }
        code = take_word(word, places->folder, kind, &places->list[places->count++]);
    }
    if (code || places->count > 0) return code;
    output_complain("--beside: no program is named");
    return EXIT_USAGE;
}
