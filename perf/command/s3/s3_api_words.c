/* Reads METHOD, /BUCKET/KEY, NAME=VALUE and 'Name: value'. */
#include "s3_api_words.h"

#include <ctype.h>
#include <string.h>

#include <headrace/text.h>

#include "shown.h"

int s3_api_header_check(const char *text, char *why, size_t why_size) {
    size_t name = strcspn(text, ":");
    if (name > 0 && text[name] == ':') return 0;
    snprintf(why, why_size, "'%.60s' is not 'Name: value'", text);
    return -1;
}

int s3_api_query_check(const char *text, char *why, size_t why_size) {
    if (*text && *text != '=') return 0;
    snprintf(why, why_size, "'%.60s' is not NAME or NAME=VALUE", text);
    return -1;
}

static int read_method(const char *text, char method[S3_API_METHOD_MAX + 1]) {
    size_t size = strlen(text);
    bool letters = size > 0 && size <= S3_API_METHOD_MAX;
    for (size_t i = 0; letters && i < size; i++) {
        letters = isalpha((unsigned char)text[i]) != 0;
        method[i] = (char)toupper((unsigned char)text[i]);
    }
    if (!letters) return output_usage("s3 api", "'%.40s' is no method", shown_argument(text));
    method[size] = '\0';
    return EXIT_DONE;
}

static int refuse_path(const char *path, const char *why) {
    return output_usage("s3 api", "'%.200s': %s", shown_argument(path), why);
}

/* "/", "/BUCKET", "/BUCKET/KEY"; the key is everything behind its slash, as it stands. */
static int read_path(const char *path, bool literal, struct s3_place *place) {
    place->bucket[0] = place->key[0] = '\0';
    if (*path != '/') return refuse_path(path, "the path is /, /BUCKET or /BUCKET/KEY");
    if (!literal && strchr(path, '?'))
        return refuse_path(path,
                           "parameters are given by --query NAME=VALUE; with --literal '?' is "
                           "a byte of the key");
    const char *bucket = path + 1;
    size_t size = strcspn(bucket, "/");
    const char *key = bucket[size] ? bucket + size + 1 : "";
    if (size == 0 && *key) return refuse_path(path, "it has a key and no bucket");
    if (size >= sizeof place->bucket)
        return refuse_path(path, hr_error_text(HR_ERR_S3_BUCKET_INVALID));
    if (strlen(key) >= sizeof place->key)
        return refuse_path(path, "the key is longer than S3's 1024 bytes");
    hr_text_copy(place->bucket, sizeof place->bucket, hr_slice_bytes(bucket, size));
    memcpy(place->key, key, strlen(key) + 1);
    return EXIT_DONE;
}

void s3_api_query_read(const struct option_list *list, struct hr_s3_query *query) {
    for (size_t i = 0; i < list->count; i++) {
        struct hr_slice value = hr_slice_of(list->items[i]), name;
        bool valued = strchr(list->items[i], '=') != NULL;
        hr_slice_cut(&value, '=', &name);
        query[i] = (struct hr_s3_query){
            name, valued ? hr_slice_bytes(value.data ? value.data : "", value.size)
                         : hr_slice_bytes(NULL, 0)};
    }
}

void s3_api_headers_read(const struct option_list *list, struct hr_http_field *fields) {
    for (size_t i = 0; i < list->count; i++) {
        struct hr_slice value = hr_slice_of(list->items[i]), name;
        hr_slice_cut(&value, ':', &name);
        fields[i] = (struct hr_http_field){name, hr_slice_trim(value)};
    }
}

static int read_query(const struct option_list *list, struct s3_api_words *words) {
    if (list->count > HR_S3_QUERY_COUNT_MAX)
        return output_usage("s3 api", "--query: %zu parameters, the limit is %d", list->count,
                            HR_S3_QUERY_COUNT_MAX);
    s3_api_query_read(list, words->query);
    words->query_count = list->count;
    return EXIT_DONE;
}

static void read_headers(const struct option_list *list, struct s3_api_words *words) {
    s3_api_headers_read(list, words->fields);
    words->field_count = list->count;
}

int s3_api_words_read(const struct s3_api_line *line, struct s3_api_words *words) {
    words->query_count = words->field_count = 0;
    int code = read_method(line->method, words->method);
    if (!code) code = read_path(line->path, line->literal, &words->place);
    if (!code) code = read_query(line->query, words);
    if (!code) read_headers(line->headers, words);
    return code;
}

void s3_api_words_use(const struct s3_api_words *words, struct hr_s3_request *request) {
    request->method = words->method;
    request->bucket = *words->place.bucket ? words->place.bucket : NULL;
    request->key = *words->place.key ? words->place.key : NULL;
    request->query = words->query;
    request->query_count = words->query_count;
    request->fields = words->fields;
    request->field_count = words->field_count;
}
