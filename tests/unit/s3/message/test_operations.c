#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "operations.h"
#include "s3_row.h"
#include "s3_rows.h"

static _Alignas(16) char memory[65536];

/* The HTTP client takes the parts instead of parsing the URL. */
static void assert_parts(const struct hr__s3_message *message) {
    const struct hr_url *made = &message->parts;
    struct hr_url url;
    cr_assert_eq(hr_url_parse(message->url, NULL, &url), 0, "%s", message->url.data);
    cr_assert(made->tls == url.tls && made->ipv6 == url.ipv6 && made->port == url.port, "%s",
              message->url.data);
    const struct hr_slice *parts[][2] = {
        {&made->host, &url.host},         {&made->authority, &url.authority},
        {&made->userinfo, &url.userinfo}, {&made->path, &url.path},
        {&made->query, &url.query},       {&made->target, &url.target},
        {&made->fragment, &url.fragment}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cr_assert(hr_slice_equal(*parts[i][0], *parts[i][1]), "%s: part %zu", message->url.data, i);
        cr_assert_eq(!parts[i][0]->data, !parts[i][1]->data, "%s: part %zu", message->url.data, i);
    }
}

static struct hr__s3_message write_for(const struct hr__s3_parameters *parameters,
                                       const char *endpoint_text,
                                       enum hr_s3_addressing addressing) {
    static struct hr__endpoint endpoint;
    struct hr__s3_message message;
    struct hr_error error = {0};
    struct hr__endpoint_settings settings = {.url = endpoint_text,
                                             .source = "endpoint",
                                             .region = "us-east-1",
                                             .addressing = addressing};
    cr_assert_eq(hr__endpoint_make(&settings, &error, &endpoint), 0);
    cr_assert_eq(hr__s3_check(parameters, &error), 0, "%s", error.message);
    cr_assert_eq(hr__s3_write(parameters, &endpoint, memory, sizeof memory, &message), 0);
    cr_assert_eq(message.url.data[message.url.size], 0);
    assert_parts(&message);
    return message;
}

static struct hr_slice field_of(const struct hr__s3_message *message, const char *name) {
    for (size_t i = 0; i < message->field_count; i++)
        if (hr_slice_equal_nocase(message->fields[i].name, hr_slice_of(name)))
            return message->fields[i].value;
    return hr_slice_bytes(NULL, 0);
}

Test(operations, keys_become_paths) {
    static const struct {
        const char *key, *path;
    } keys[] = {
        {"k", "/b/k"},
        {"a b+c%20&=?#.txt", "/b/a%20b%2Bc%2520%26%3D%3F%23.txt"},
        {"deep/er/ünïcödé", "/b/deep/er/%C3%BCn%C3%AFc%C3%B6d%C3%A9"},
        {"double//slash", "/b/double//slash"},
        {"/leading", "/b//leading"},
        {"./dot/../dots", "/b/./dot/../dots"},
        {"..", "/b/.."},
        {"tilde~-_.", "/b/tilde~-_."},
        {"\xff\x01\r\n", "/b/%FF%01%0D%0A"},
        {"trailing/", "/b/trailing/"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct hr__s3_parameters parameters = {.operation = &hr__s3_rows[HR__S3_GET].operation,
                                               .bucket = hr_slice_of("b"),
                                               .key = hr_slice_of(keys[i].key)};
        struct hr__s3_message message =
            write_for(&parameters, "http://h:9000", HR_S3_ADDRESSING_AUTO);
        cr_assert(hr_slice_equal(message.parts.path, hr_slice_of(keys[i].path)), "%.*s",
                  (int)message.parts.path.size, message.parts.path.data);
        cr_assert_null(message.parts.query.data);
        cr_assert(hr_slice_equal(field_of(&message, "host"), hr_slice_of("h:9000")));
    }
}

Test(operations, urls) {
    struct hr__s3_parameters parameters = {.operation = &hr__s3_rows[HR__S3_BUCKET_LIST].operation};
    struct hr__s3_message message = write_for(&parameters, "http://h", HR_S3_ADDRESSING_AUTO);
    cr_assert_str_eq(message.url.data, "http://h/");
    parameters = (struct hr__s3_parameters){.operation = &hr__s3_rows[HR__S3_BUCKET_HEAD].operation,
                                            .bucket = hr_slice_of("b")};
    message = write_for(&parameters, "http://h/base/", HR_S3_ADDRESSING_PATH);
    cr_assert_str_eq(message.url.data, "http://h/base/b");
    parameters.bucket = hr_slice_of("bucket");
    message = write_for(&parameters, "http://h", HR_S3_ADDRESSING_VIRTUAL);
    cr_assert_str_eq(message.url.data, "http://bucket.h/");
    struct hr__s3_details *details = NULL;
    struct hr__s3_adder add = {.details = &details};
    hr__add_query_text(&add, "delimiter", "/");
    hr__add_query_text(&add, "list-type", "2");
    hr__add_query_u64(&add, "max-keys", 10);
    hr__add_query_text(&add, "prefix", "a b/&");
    hr__add_query_text(&add, "start-after", "é");
    hr__add_query_text(&add, "version", NULL);
    hr__add_query_u64(&add, "versions", 0);
    cr_assert_eq(add.err, 0);
    const struct hr_s3_query own[] = {{hr_slice_of("x id"), hr_slice_of("1/+==")},
                                      {hr_slice_of("y"), hr_slice_bytes(NULL, 0)},
                                      {hr_slice_of("z"), hr_slice_of("")}};
    parameters = (struct hr__s3_parameters){.operation = &hr__s3_rows[HR__S3_LIST].operation,
                                            .bucket = hr_slice_of("b"),
                                            .details = details,
                                            .query = own,
                                            .query_count = 3};
    message = write_for(&parameters, "http://h", HR_S3_ADDRESSING_AUTO);
    cr_assert_str_eq(message.url.data,
                     "http://h/b?delimiter=%2F&list-type=2&max-keys=10&prefix=a%20b%2F%26&"
                     "start-after=%C3%A9&x%20id=1%2F%2B%3D%3D&y&z=");
    hr__s3_details_reset(details);
    struct hr__s3_operation tagging = hr__s3_rows[HR__S3_GET].operation;
    tagging.sub_resource = "tagging";
    parameters.operation = &tagging;
    parameters.query_count = 0;
    parameters.key = hr_slice_of("k");
    message = write_for(&parameters, "http://h", HR_S3_ADDRESSING_AUTO);
    cr_assert_str_eq(message.url.data, "http://h/b/k?tagging");
    hr__s3_details_free(details);
}

Test(operations, fields) {
    struct hr_s3_metadata metadata[] = {{"colour", "red"}, {"Empty", ""}};
    struct hr_http_field extra = {hr_slice_of("x-amz-acl"), hr_slice_of("private")};
    struct hr__s3_parameters parameters = {.operation = &hr__s3_rows[HR__S3_PUT].operation,
                                           .bucket = hr_slice_of("b"),
                                           .key = hr_slice_of("k"),
                                           .content_type = hr_slice_of("text/plain"),
                                           .metadata = metadata,
                                           .metadata_count = 2,
                                           .fields = &extra,
                                           .field_count = 1};
    struct hr__s3_message message = write_for(&parameters, "http://h", HR_S3_ADDRESSING_AUTO);
    cr_assert_eq(message.field_count, 5);
    cr_assert(hr_slice_equal(field_of(&message, "content-type"), hr_slice_of("text/plain")));
    cr_assert(hr_slice_equal(field_of(&message, "x-amz-meta-colour"), hr_slice_of("red")));
    cr_assert_eq(field_of(&message, "x-amz-meta-empty").size, 0);
    cr_assert(hr_slice_equal(field_of(&message, "x-amz-acl"), hr_slice_of("private")));
    static const struct {
        uint64_t first, last;
        const char *value;
    } ranges[] = {{0, 0, "bytes=0-0"},
                  {5, UINT64_MAX, "bytes=5-"},
                  {8388608, 16777215, "bytes=8388608-16777215"}};
    for (size_t i = 0; i < 3; i++) {
        parameters = (struct hr__s3_parameters){.operation = &hr__s3_rows[HR__S3_GET].operation,
                                                .bucket = hr_slice_of("b"),
                                                .key = hr_slice_of("k"),
                                                .ranged = true,
                                                .range_first = ranges[i].first,
                                                .range_last = ranges[i].last};
        message = write_for(&parameters, "http://h", HR_S3_ADDRESSING_AUTO);
        cr_assert(hr_slice_equal(field_of(&message, "range"), hr_slice_of(ranges[i].value)));
    }
}

static void refuse(const struct hr__s3_parameters *parameters, int result, const char *names) {
    struct hr_error error = {0};
    cr_assert_eq(hr__s3_check(parameters, &error), result, "%s", names);
    cr_assert(strstr(error.message, names), "%s: %s", names, error.message);
}

Test(operations, refuses_what_would_break_a_request) {
    char long_key[1025];
    memset(long_key, 'k', sizeof long_key);
    const struct hr__s3_parameters good = {.operation = &hr__s3_rows[HR__S3_PUT].operation,
                                           .bucket = hr_slice_of("b"),
                                           .key = hr_slice_bytes(long_key, 1024)};
    struct hr_error error;
    cr_assert_eq(hr__s3_check(&good, &error), 0);
    struct hr__s3_parameters bad = good;
    bad.key.size = 1025;
    refuse(&bad, HR_ERR_S3_KEY_INVALID, "1025");
    bad.key.size = 0;
    refuse(&bad, HR_ERR_S3_KEY_INVALID, "empty");
    bad = good;
    bad.bucket = hr_slice_of("a/b");
    refuse(&bad, HR_ERR_S3_BUCKET_INVALID, "a/b");

    static const struct hr_s3_metadata metadata[] = {
        {"", "v"},        {"a b", "v"},       {"a:b", "v"},  {"a\r\nb", "v"}, {"ünïcode", "v"},
        {"n", "ünïcode"}, {"n", "a\r\nX: y"}, {"n", "\x7f"}, {"n", " a"},     {"n", "a\t"}};
    for (size_t i = 0; i < sizeof metadata / sizeof metadata[0]; i++) {
        bad = good;
        bad.metadata = &metadata[i];
        bad.metadata_count = 1;
        refuse(&bad, HR_ERR_HEADER_INVALID, metadata[i].name);
    }
    static const char *const names[] = {"Host",       "Authorization",        "x-amz-date",
                                        "Range",      "X-Amz-Content-SHA256", "Content-Length",
                                        "Connection", "x-amz-security-token", "bad name"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hr_http_field field = {hr_slice_of(names[i]), hr_slice_of("v")};
        bad = good;
        bad.fields = &field;
        bad.field_count = 1;
        refuse(&bad, HR_ERR_HEADER_INVALID, names[i]);
    }
    struct hr_http_field type = {hr_slice_of("Content-Type"), hr_slice_of("a/b")};
    bad = good;
    bad.fields = &type;
    bad.field_count = 1;
    cr_assert_eq(hr__s3_check(&bad, &error), 0);
    bad.content_type = hr_slice_of("c/d");
    refuse(&bad, HR_ERR_HEADER_INVALID, "content_type");
    bad = good;
    bad.content_type = hr_slice_of("a/b\r\nX: y");
    refuse(&bad, HR_ERR_HEADER_INVALID, "content_type");
    bad = good;
    bad.content_type = hr_slice_of("a/b ");
    refuse(&bad, HR_ERR_HEADER_INVALID, "content_type");
    static const char *const values[] = {"a\n b", "a\rb", "a\x01", "\x7f", " a", "a\t"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        type.value = hr_slice_of(values[i]);
        bad = good;
        bad.fields = &type;
        bad.field_count = 1;
        refuse(&bad, HR_ERR_HEADER_INVALID, "Content-Type");
    }

    struct hr_http_field many[HR_SIGV4_FIELDS_MAX];
    for (size_t i = 0; i < HR_SIGV4_FIELDS_MAX; i++)
        many[i] = (struct hr_http_field){hr_slice_of("a"), hr_slice_of("b")};
    bad = good;
    bad.fields = many;
    bad.field_count = HR_SIGV4_FIELDS_MAX - 11;
    cr_assert_eq(hr__s3_check(&bad, &error), 0);
    bad.field_count++;
    refuse(&bad, HR_ERR_HEADER_INVALID, "118");

    bad = (struct hr__s3_parameters){.operation = &hr__s3_rows[HR__S3_GET].operation,
                                     .bucket = hr_slice_of("b"),
                                     .key = hr_slice_of("k"),
                                     .ranged = true,
                                     .range_first = 2,
                                     .range_last = 1};
    refuse(&bad, -EINVAL, "range_last");
}

/* Whatever the size of the memory: written whole, or -ENOBUFS and nothing beyond the end. */
Test(operations, memory_that_is_too_small) {
    struct hr_s3_metadata metadata = {"colour", "red"};
    struct hr__s3_parameters parameters = {.operation = &hr__s3_rows[HR__S3_PUT].operation,
                                           .bucket = hr_slice_of("b"),
                                           .key = hr_slice_of("a b/c"),
                                           .metadata = &metadata,
                                           .metadata_count = 1};
    struct hr_sigv4_credentials credentials = {hr_slice_of("AK"), hr_slice_of("secret"),
                                               hr_slice_of("token")};
    hr_sigv4_signer *signer;
    cr_assert_eq(hr_sigv4_signer_new(&signer), 0);
    struct hr__s3_signing signing = {.signer = signer,
                                     .credentials = &credentials,
                                     .region = hr_slice_of("us-east-1"),
                                     .time_s = 1369353600};
    struct hr__endpoint endpoint;
    struct hr__endpoint_settings settings = {.url = "http://h", .region = "us-east-1"};
    cr_assert_eq(hr__endpoint_make(&settings, NULL, &endpoint), 0);
    int err = -ENOBUFS;
    for (size_t capacity = 0; err == -ENOBUFS; capacity += 8) {
        char *exact = malloc(capacity); /* the sanitizer watches its end */
        struct hr__s3_message message;
        err = hr__s3_write(&parameters, &endpoint, exact, capacity, &message);
        if (!err) err = hr__s3_sign(&parameters, &signing, &message);
        if (!err) {
            cr_assert_eq(message.field_count, 6);
            cr_assert(
                hr_slice_equal(field_of(&message, "x-amz-security-token"), hr_slice_of("token")));
            cr_assert(
                hr_slice_equal(field_of(&message, "x-amz-date"), hr_slice_of("20130524T000000Z")));
        }
        free(exact);
    }
    cr_assert_eq(err, 0);
    hr_sigv4_signer_free(signer);
}

Test(operations, good_statuses) {
    const struct hr__s3_operation *put = &hr__s3_rows[HR__S3_PUT].operation;
    cr_assert(hr__s3_status_good(put, 200));
    cr_assert(!hr__s3_status_good(put, 204));
    cr_assert(!hr__s3_status_good(put, 0));
    cr_assert(hr__s3_status_good(&hr__s3_rows[HR__S3_GET].operation, 206));
    cr_assert(hr__s3_status_good(&hr__s3_rows[HR__S3_DELETE].operation, 204));
}
