/* The request of `headrace http`: the method, the URLs, what options add to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <headrace/text.h>
#include <headrace/url.h>

#include "http_call.h"
#include "shown.h"

static const char *const known_methods[] = {"GET",   "HEAD",    "POST",  "PUT",      "DELETE",
                                            "PATCH", "OPTIONS", "TRACE", "PROPFIND", "QUERY"};

static int wrong(const char *what, const char *why) {
    return output_usage("http", "'%s' %s", shown_argument(what), why);
}

/* A method that is known, whatever its case; NULL: another word. */
static const char *known_method(const char *word) {
    for (size_t i = 0; i < sizeof known_methods / sizeof *known_methods; i++)
        if (hr_slice_equal_nocase(hr_slice_of(word), hr_slice_of(known_methods[i])))
            return known_methods[i];
    return NULL;
}

/* Characters of a method in capitals, and none of what makes a host or a path. */
static bool looks_like_method(const char *word) {
    return *word && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+^_`|~-")];
}

/* "http:/host" has one too, a malformed one: with another in front, what was meant as user and
 * password would be a path. "http:8080" is a host and its port. */
static bool has_scheme(const char *url) {
    const char *colon = strchr(url, ':');
    size_t size = colon ? (size_t)(colon - url) : 0;
    bool known = (size == 4 && strncasecmp(url, "http", 4) == 0) ||
                 (size == 5 && strncasecmp(url, "https", 5) == 0);
    if (known && !(colon[1] >= '0' && colon[1] <= '9')) return true;
    if (url[0] == '/' && url[1] == '/') return true;
    colon = strstr(url, "://");
    return colon && strcspn(url, "/?#") > (size_t)(colon - url);
}

/* A text that is JSON was meant as a body: curl's --json takes one. */
static bool looks_like_json(const char *text) {
    return *text == '{' ||
           (*text == '[' && (!strchr(text, ']') || !strchr(text, ':') || strchr(text, '"')));
}

static int refuse_json(const char *text) {
    return wrong(text, "stands where a URL is wanted: --json-body sends it, --json reports");
}

/* A method stands before URLs; a word that could be either is refused. */
static int read_method(const struct command_call *arguments, struct http_call *call) {
    const char *first = arguments->argument_count ? arguments->arguments[0] : "";
    const char *known = known_method(first);
    size_t count = arguments->argument_count;
    if (count == 0 || (count == 1 && known))
        return output_usage("http", "an argument is missing: [METHOD] URL");
    if (count == 1) return EXIT_DONE;
    if (looks_like_json(first)) return refuse_json(first);
    if (known || looks_like_method(first)) {
        call->urls.method = known ? known : first;
        return EXIT_DONE;
    }
    if (!*first || strpbrk(first, ".:/[?") || strcmp(first, "localhost") == 0) return EXIT_DONE;
    return wrong(first, "is no token of a known method, nor plainly a URL: write a method in "
                        "capitals, or the URL as http://HOST/");
}

static int add_url(struct http_call *call, const char *url) {
    if (looks_like_json(url)) return refuse_json(url);
    if (call->urls.count && known_method(url))
        return wrong(call->urls.list[0], "stands where the method is wanted");
    if (call->urls.count == HTTP_URLS_MAX) return wrong(url, "is one URL too many");
    call->urls.list[call->urls.count++] = url;
    return EXIT_DONE;
}

/* The method that options stand for. Two of them exclude each other, but -G with -I. */
static int method_of_options(struct http_call *call) {
    const struct http_values *values = call->values;
    bool data = values->body.data.count || values->body.text;
    const struct {
        bool given;
        const char *option, *method;
    } rows[] = {
        {values->request.head, "--head", "HEAD"},
        {values->body.uploads.count > 0, "--upload-file", "PUT"},
        {values->body.forms.count > 0, "--form", "POST"},
        {data && !values->body.get, "--data", "POST"},
        {values->body.file != NULL, "--body-file", "POST"},
        {values->body.get && !values->request.head, "--get", "GET"},
    };
    const char *option = NULL;
    call->urls.standard_method = "GET";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].given) continue;
        if (option)
            return output_usage("http", "%s and %s exclude each other: each says what is asked",
                                option, rows[i].option);
        option = rows[i].option;
        call->urls.standard_method = rows[i].method;
    }
    return EXIT_DONE;
}

int http_url_arguments(const struct command_call *arguments, struct http_call *call) {
    const struct http_values *values = call->values;
    int code = read_method(arguments, call);
    if (!code) code = method_of_options(call);
    for (size_t i = call->urls.method ? 1 : 0; !code && i < arguments->argument_count; i++)
        code = add_url(call, arguments->arguments[i]);
    if (code) return code;
    if (call->urls.method && values->request.method &&
        strcmp(call->urls.method, values->request.method) != 0)
        return wrong(call->urls.method, "and --request name two methods");
    if (values->request.method) call->urls.method = values->request.method;
    return EXIT_DONE;
}

const char *http_url_upload(const struct http_call *call) {
    const struct option_list *uploads = &call->values->body.uploads;
    return call->urls.index < uploads->count ? uploads->items[call->urls.index] : "";
}

const char *http_url_method(const struct http_call *call) {
    if (call->urls.method) return call->urls.method;
    bool upload = call->values->body.uploads.count > 0;
    return upload && !*http_url_upload(call) ? "GET" : call->urls.standard_method;
}

/* The bytes before the query and the fragment. */
static size_t path_end(const char *url) {
    return strcspn(url, "?#");
}

/* The place where the path begins, behind the host; the end of the text where there is none. */
static size_t path_begin(const char *url) {
    const char *slashes = strstr(url, "://");
    if (!slashes) return strlen(url); /* malformed: it is refused when it is whole */
    size_t host = (size_t)(slashes - url) + 3;
    return host + strcspn(url + host, "/?#");
}

struct hr_slice http_url_last_name(const char *url) {
    size_t begin = path_begin(url), end = path_end(url), at = end;
    while (at > begin && url[at - 1] != '/') at--;
    return hr_slice_bytes(url + at, end - at);
}

/* Puts `text` into the URL at `at`. */
static int insert(struct byte_buffer *url, size_t at, struct hr_slice text) {
    struct byte_buffer old = *url;
    *url = (struct byte_buffer){.data = NULL};
    int err = byte_buffer_add(url, hr_slice_bytes(old.data, at));
    if (!err) err = byte_buffer_add(url, text);
    if (!err) err = byte_buffer_add(url, hr_slice_bytes(old.data + at, old.size - at));
    byte_buffer_free(&old);
    return err;
}

/* -G: the data becomes part of the query, before a fragment. */
static int add_query(struct byte_buffer *url, const struct byte_buffer *data) {
    size_t end = strcspn(url->data, "#"), query = path_end(url->data);
    if (!data->size) return 0;
    int err = insert(url, end, hr_slice_bytes(data->data, data->size));
    bool begun = query + 1 == end || url->data[end - 1] == '&';
    const char *between = query == end ? "?" : begun ? "" : "&";
    if (!err) err = insert(url, end, hr_slice_of(between));
    return err;
}

/* -T to a URL whose path ends in '/' (or that has none): the file's name, percent-encoded. */
static int add_upload_name(struct byte_buffer *url, const char *file) {
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    size_t begin = path_begin(url->data), end = path_end(url->data);
    char encoded[3 * LOCAL_PATH_SIZE];
    if (strcmp(file, "-") == 0 || strcmp(file, ".") == 0) return 0;
    if (end > begin && url->data[end - 1] != '/') return 0;
    size_t size;
    int err =
        hr_percent_encode(hr_slice_of(name), HR_PERCENT_STRICT, encoded, sizeof encoded, &size);
    if (!err) err = insert(url, end, hr_slice_bytes(encoded, size));
    return !err && end == begin ? insert(url, end, hr_slice_of("/")) : err;
}

/* Bytes beyond ASCII in path and query are percent-encoded, as browsers do with what is pasted. */
static int encode_rest(struct byte_buffer *url) {
    struct byte_buffer old = *url;
    size_t at = path_begin(old.data);
    *url = (struct byte_buffer){.data = NULL};
    int err = byte_buffer_add(url, hr_slice_bytes(old.data, at));
    for (size_t step; at < old.size && !err; at += step) {
        char encoded[3 * 64];
        size_t size;
        step = old.size - at < 64 ? old.size - at : 64;
        err = hr_percent_encode(hr_slice_bytes(old.data + at, step), HR_PERCENT_ASCII, encoded,
                                sizeof encoded, &size);
        if (!err) err = byte_buffer_add(url, hr_slice_bytes(encoded, size));
    }
    byte_buffer_free(&old);
    return err;
}

static int check_url(const char *text) {
    struct hr_url parts;
    struct hr_error error = {0};
    if (hr_url_parse(hr_slice_of(text), &error, &parts) != 0) {
        output_complain("http: '%s': %s", shown_url(text), error.message);
        return EXIT_USAGE;
    }
    if (parts.userinfo.size)
        return output_usage("http",
                            "a URL with credentials stands in the process list: give --user");
    return EXIT_DONE;
}

int http_url_make(struct http_call *call, size_t index) {
    const struct http_values *values = call->values;
    const char *text = call->urls.list[index];
    struct byte_buffer *url = &call->urls.made;
    byte_buffer_free(url);
    int err = has_scheme(text) ? 0 : byte_buffer_add_text(url, "http://");
    if (!err) err = byte_buffer_add_text(url, text);
    if (!err && values->body.get) err = add_query(url, &call->data.text);
    if (!err && index < values->body.uploads.count && *values->body.uploads.items[index])
        err = add_upload_name(url, values->body.uploads.items[index]);
    if (!err) err = encode_rest(url);
    if (err) return output_failed(values->report.json, err, "the URL: %s", hr_error_text(err));
    return check_url(url->data);
}
