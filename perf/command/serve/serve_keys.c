/* The file of keys: read into memory that is wiped, and cut into words. */
#include "serve_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/sigv4.h>

#include "output.h"
#include "shown.h"

#define FILE_BYTES_MAX ((size_t)1 << 19)
#define WORDS_MAX      3 /* of a line */

struct place {
    const char *path;
    size_t line;
    bool json;
};

static bool refuse(const struct place *place, const char *why) {
    output_failed_as(EXIT_USAGE, place->json, -EINVAL, "%s:%zu: %s", shown_argument(place->path),
                     place->line, why);
    return false;
}

static bool cannot_read(const struct place *place, int err) {
    output_failed_as(EXIT_USAGE, place->json, err, "cannot read the keys in %s: %s",
                     shown_argument(place->path), hr_error_text(err));
    return false;
}

/* Whoever may write the file says who is let in, and whoever may read it is. */
static bool check_mode(const struct place *place, int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0) return cannot_read(place, -errno);
    if ((status.st_mode & (S_IWGRP | S_IROTH | S_IWOTH)) == 0) return true;
    output_failed_as(EXIT_USAGE, place->json, -EPERM,
                     "%s holds secrets, and others may read or write it (mode %03o): chmod 600 it",
                     shown_argument(place->path), (unsigned)status.st_mode & 0777);
    return false;
}

/* To the end, with a NUL behind. */
static bool read_all(const struct place *place, int fd, struct serve_keys *keys) {
    keys->text = malloc(FILE_BYTES_MAX + 1);
    if (!keys->text) return cannot_read(place, -ENOMEM);
    for (;;) {
        ssize_t got = read(fd, keys->text + keys->size, FILE_BYTES_MAX - keys->size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(place, -errno);
        if (got == 0) break;
        keys->size += (size_t)got;
    }
    if (keys->size == FILE_BYTES_MAX) return cannot_read(place, -EFBIG);
    keys->text[keys->size] = '\0';
    if (memchr(keys->text, '\0', keys->size)) return cannot_read(place, -EBADMSG);
    return true;
}

/* The words of a line, cut in place; WORDS_MAX + 1: there are more. */
static size_t cut_words(char *line, char *words[WORDS_MAX + 1]) {
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r", &rest); word && count <= WORDS_MAX;
         word = strtok_r(NULL, " \t\r", &rest))
        words[count++] = word;
    return count;
}

static bool is_there(const struct serve_keys *keys, const char *access_key) {
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->keys[i].access_key, access_key) == 0) return true;
    return false;
}

static bool add_line(const struct place *place, char *line, struct serve_keys *keys) {
    char *words[WORDS_MAX + 1];
    size_t count = cut_words(line, words);
    if (count == 0 || words[0][0] == '#') return true;
    if (count != 2 && count != WORDS_MAX)
        return refuse(place, "a line is ACCESS SECRET, or ACCESS SECRET read-only");
    if (count == WORDS_MAX && strcmp(words[2], "read-only") != 0)
        return refuse(place, "the third word of a line is read-only, or there is none");
    if (strlen(words[0]) > S3_SERVER_ACCESS_KEY_MAX || strchr(words[0], ','))
        return refuse(place, "an access key has at most 128 bytes, and no comma");
    if (strlen(words[1]) > HR_SIGV4_SECRET_MAX)
        return refuse(place, "the secret is longer than 256 bytes");
    if (keys->count == S3_SERVER_KEYS_MAX) return refuse(place, "more than 1000 keys");
    if (is_there(keys, words[0])) return refuse(place, "this access key is there already");
    keys->keys[keys->count++] = (struct s3_server_key){
        .access_key = words[0], .secret_key = words[1], .read_only = count == WORDS_MAX};
    return true;
}

static bool parse(struct place *place, struct serve_keys *keys) {
    keys->keys = calloc(S3_SERVER_KEYS_MAX, sizeof *keys->keys);
    if (!keys->keys) return cannot_read(place, -ENOMEM);
    char *next = keys->text;
    while (next) {
        char *line = next, *end = strchr(line, '\n');
        if (end) *end = '\0';
        next = end ? end + 1 : NULL;
        place->line++;
        if (!add_line(place, line, keys)) return false;
    }
    return keys->count > 0 || refuse(place, "no key in the file");
}

bool serve_keys_read(const char *path, bool json, struct serve_keys *keys) {
    struct place place = {.path = path, .json = json};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_read(&place, -errno);
    bool ok = check_mode(&place, fd) && read_all(&place, fd, keys);
    close(fd);
    if (ok) ok = parse(&place, keys);
    if (!ok) serve_keys_free(keys);
    return ok;
}

void serve_keys_free(struct serve_keys *keys) {
    if (keys->text) explicit_bzero(keys->text, keys->size);
    free(keys->text);
    free(keys->keys);
    *keys = (struct serve_keys){.count = 0};
}
