/* S3 URIs of the command line. */
#include "s3_place.h"

#include <stddef.h>
#include <string.h>

#include <headrace/s3.h>
#include <headrace/text.h>

#include "json_put.h"
#include "shown.h"

bool s3_place_is(const char *text) {
    return strncmp(text, "s3://", 5) == 0;
}

/* The first byte of `key` that would be a wildcard; NUL: none. */
static char wildcard_in(struct hr_slice key, enum s3_place_need need) {
    for (size_t i = 0; i < key.size; i++) {
        const char *rest = key.data + i + 1;
        size_t left = key.size - i - 1;
        if (key.data[i] == '*') return '*';
        if (need != S3_PLACE_REMOVAL) continue;
        if (key.data[i] == '?') return '?';
        if (key.data[i] == '[' && left > 1 && memchr(rest + 1, ']', left - 1)) return '[';
    }
    return '\0';
}

static int refuse_wildcard(const char *text, char wildcard) {
    output_complain("'%s': wildcards are not part of this version, so '%c' is refused; with "
                    "--literal it is a byte of the key like any other",
                    text, wildcard);
    return EXIT_USAGE;
}

int s3_place_read(const char *text, enum s3_place_need need, bool literal, struct s3_place *place) {
    struct hr_s3_uri uri = {{0}, {0}};
    bool object = need == S3_PLACE_OBJECT || need == S3_PLACE_REMOVAL;
    int err = hr_s3_parse_uri(hr_slice_of(text), &uri);
    if (err && !(err == HR_ERR_S3_URI_KEY && !object)) {
        output_complain("'%s': %s", shown_argument(text), hr_error_text(err));
        return EXIT_USAGE;
    }
    struct hr_slice bucket = uri.bucket, key = err ? hr_slice_bytes(NULL, 0) : uri.key;
    if (need == S3_PLACE_BUCKET && key.size) {
        output_complain("'%s': a bucket is wanted (s3://BUCKET), this has a key",
                        shown_argument(text));
        return EXIT_USAGE;
    }
    char wildcard = literal ? '\0' : wildcard_in(bucket, S3_PLACE_REMOVAL);
    if (!literal && !wildcard) wildcard = wildcard_in(key, need);
    if (wildcard) return refuse_wildcard(text, wildcard);
    if (bucket.size >= sizeof place->bucket) {
        output_complain("'%s': %s", shown_argument(text), hr_error_text(HR_ERR_S3_BUCKET_INVALID));
        return EXIT_USAGE;
    }
    if (key.size >= sizeof place->key) {
        output_complain("the key of %zu bytes is longer than S3's 1024", key.size);
        return EXIT_USAGE;
    }
    hr_text_copy(place->bucket, sizeof place->bucket, bucket);
    memcpy(place->key, key.size ? key.data : "", key.size);
    place->key[key.size] = '\0';
    return EXIT_DONE;
}

const struct option s3_table[] = {
    {"json", NULL, OPTION_FLAG, offsetof(struct s3_values, json), .help = "Print one JSON object"},
    {.name = NULL}};

int s3_place_open(const struct command_call *call, enum s3_place_need need, struct s3_place *place,
                  struct session *session) {
    const struct s3_values *values = call->values;
    int code = s3_place_read(call->arguments[0], need, values->connection.literal, place);
    return code ? code : session_open(session, &values->connection, values->json);
}

void s3_place_begin_json(const struct s3_place *place, const char *entries,
                         char window[OUTPUT_WINDOW], struct hr_json_writer *json) {
    output_json_init(json, window, stdout);
    hr_json_object(json);
    json_put_text(json, "bucket", place->bucket);
    json_put_text(json, "prefix", place->key);
    json_put_array(json, entries);
}
