/* Reads a customer key of SSE-C. */
#include "s3_customer_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/encode.h>

#include "output.h"

#define KEY_TEXT_MAX 64 /* 44 of base64, and the end of a line */

int s3_customer_key_check(const char *text, char *why, size_t why_size) {
    if (strncmp(text, "file:", 5) == 0 && text[5]) return 0;
    if (strncmp(text, "env:", 4) == 0 && text[4]) return 0;
    snprintf(why, why_size,
             "it takes file:PATH or env:NAME, so that no key stands in the process list");
    return -1;
}

/* The first bytes of a file; a negative code. */
static ssize_t read_file(const char *path, char text[KEY_TEXT_MAX]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t used = 0, count = 1;
    if (fd < 0) return -errno;
    while (count > 0 && used < KEY_TEXT_MAX) {
        count = read(fd, text + used, (size_t)(KEY_TEXT_MAX - used));
        if (count < 0 && errno == EINTR)
            count = 1;
        else if (count > 0)
            used += count;
    }
    int err = count < 0 ? -errno : 0;
    close(fd);
    return err ? err : used;
}

/* 32 bytes as they are, or base64 of so many with a line's end behind it. */
static bool decode(const char *text, size_t size, struct s3_customer_key *key) {
    size_t decoded = 0;
    if (size == sizeof key->bytes) {
        memcpy(key->bytes, text, size);
        return true;
    }
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r')) size--;
    return hr_base64_decode(hr_slice_bytes(text, size), key->bytes, sizeof key->bytes, &decoded) ==
               0 &&
           decoded == sizeof key->bytes;
}

static int use(const char *place, const char *text, size_t size, struct s3_customer_key *key) {
    key->given = decode(text, size, key);
    if (key->given) return EXIT_DONE;
    output_complain("--sse-c: %s has no key of %d bytes, as they are or in base64", place,
                    HR_S3_CUSTOMER_KEY_SIZE);
    return EXIT_USAGE;
}

static int read_variable(const char *place, struct s3_customer_key *key) {
    const char *value = getenv(place + 4);
    if (value) return use(place, value, strlen(value), key);
    output_complain("--sse-c: the environment has no %s", place + 4);
    return EXIT_USAGE;
}

int s3_customer_key_read(const char *place, struct s3_customer_key *key) {
    char text[KEY_TEXT_MAX];
    *key = (struct s3_customer_key){.given = false};
    if (!place) return EXIT_DONE;
    if (strncmp(place, "env:", 4) == 0) return read_variable(place, key);
    ssize_t size = read_file(place + 5, text);
    int code = EXIT_USAGE;
    if (size < 0)
        output_complain("--sse-c: cannot read %s: %s", place + 5, hr_error_text((int)size));
    else
        code = use(place, text, (size_t)size, key);
    explicit_bzero(text, sizeof text);
    return code;
}

const void *s3_customer_key_bytes(const struct s3_customer_key *key) {
    return key->given ? key->bytes : NULL;
}

void s3_customer_key_wipe(struct s3_customer_key *key) {
    explicit_bzero(key, sizeof *key);
}
