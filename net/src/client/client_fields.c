/* Base URL, fields and credentials that every request of a client begins with. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>
#include <net/chars.h>

#include "call.h"
#include "credentials_basic.h"

bool hr__fields_have(const struct hr_http_field *fields, size_t count, struct hr_slice name) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(fields[i].name, name)) return true;
    return false;
}

static bool is(struct hr_slice name, const char *wanted) {
    return hr_slice_equal_nocase(name, hr_slice_of(wanted));
}

bool hr__fields_reserved(struct hr_slice name) {
    switch (name.size) {
    case 6:
        return is(name, "expect");
    case 10:
        return is(name, "connection");
    case 14:
        return is(name, "content-length");
    case 17:
        return is(name, "transfer-encoding");
    default:
        return false;
    }
}

int hr__auth_value(const struct hr_http_auth *auth, struct hr_error *error, char **value) {
    bool basic = auth->user || auth->password;
    *value = NULL;
    if (basic && auth->bearer)
        return hr_error_set(error, -EINVAL,
                            "auth has both user or password and bearer: one of them is sent");
    if (auth->bearer) return hr__credentials_bearer(hr_slice_of(auth->bearer), error, value);
    if (!basic) return 0;
    struct hr_basic_credentials credentials = {
        .user = hr_slice_of(auth->user ? auth->user : ""),
        .password = hr_slice_of(auth->password ? auth->password : ""),
    };
    return hr__credentials_basic(&credentials, error, value);
}

/* ---- Each part of the options. */

static int copy_text(const char *text, char **copy) {
    *copy = strdup(text);
    return *copy ? 0 : -ENOMEM;
}

static int open_base(struct hr_client_fields *fields, const char *base, struct hr_error *error) {
    if (!base) return 0;
    struct hr_url url;
    struct hr_error why = {0};
    if (hr_url_parse(hr_slice_of(base), &why, &url))
        return hr_error_set(error, -EINVAL, "base_url is not an absolute http or https URL: %s",
                            why.message);
    if (url.userinfo.size > 0)
        return hr_error_set(error, -EINVAL,
                            "base_url has user information, which is not sent: give it as auth");
    if (url.port == 0)
        return hr_error_set(error, -EINVAL,
                            "the port of base_url is 0, at which no server can listen");
    return copy_text(base, &fields->base_url);
}

static int check_field(const struct hr_http_field *given, size_t index, struct hr_error *error) {
    const struct hr_http_field *field = &given[index];
    if (!hr__http1_is_token(field->name))
        return hr_error_set(error, -EINVAL, "the name of fields[%zu] is not that of a header field",
                            index);
    int size = field->name.size < 60 ? (int)field->name.size : 60;
    if (!hr__http1_is_field_value(field->value))
        return hr_error_set(error, -EINVAL,
                            "the value of the field '%.*s' has a byte that may not stand there",
                            size, field->name.data);
    if (hr__fields_reserved(field->name))
        return hr_error_set(error, -EINVAL, "the field '%.*s' is the library's to write", size,
                            field->name.data);
    if (hr_slice_equal_nocase(field->name, hr_slice_of("Host")) &&
        hr__fields_have(given, index, field->name))
        return hr_error_set(error, -EINVAL, "fields has Host twice");
    return 0;
}

static struct hr_slice append(struct hr_client_fields *fields, struct hr_slice text) {
    char *at = fields->text + fields->text_size;
    if (text.size > 0) memcpy(at, text.data, text.size);
    fields->text_size += text.size;
    return hr_slice_bytes(at, text.size);
}

static int copy_fields(struct hr_client_fields *fields, const struct hr_http_field *given,
                       size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += given[i].name.size + given[i].value.size;
    fields->fields = calloc(count, sizeof *fields->fields);
    fields->text = malloc(size);
    if (!fields->fields || !fields->text) return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        fields->fields[i].name = append(fields, given[i].name);
        fields->fields[i].value = append(fields, given[i].value);
    }
    fields->field_count = count;
    return 0;
}

static int open_fields(struct hr_client_fields *fields, const struct hr_http_field *given,
                       size_t count, struct hr_error *error) {
    if (count == 0) return 0;
    if (!given) return hr_error_set(error, -EINVAL, "fields is NULL, and field_count %zu", count);
    if (count > HR_CLIENT_FIELDS_MAX)
        return hr_error_set(error, -EINVAL, "field_count is %zu, at most %d are sent", count,
                            HR_CLIENT_FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        int err = check_field(given, i, error);
        if (err) return err;
    }
    return copy_fields(fields, given, count);
}

static int open_deadline(struct hr_client_fields *fields, const char *name,
                         struct hr_error *error) {
    if (!name) return 0;
    struct hr_slice text = hr_slice_of(name);
    if (!hr__http1_is_token(text) || hr__fields_reserved(text) ||
        hr_slice_equal_nocase(text, hr_slice_of("Host")))
        return hr_error_set(error, -EINVAL,
                            "deadline_field is not the name of a header field of the caller's");
    if (hr__fields_have(fields->fields, fields->field_count, text))
        return hr_error_set(error, -EINVAL, "fields has the field that deadline_field names");
    return copy_text(name, &fields->deadline_field);
}

static int open_auth(struct hr_client_fields *fields, const struct hr_http_auth *auth,
                     struct hr_error *error) {
    int err = hr__auth_value(auth, error, &fields->authorization);
    if (err || !fields->authorization) return err;
    if (hr__fields_have(fields->fields, fields->field_count, hr_slice_of("Authorization")))
        return hr_error_set(error, -EINVAL,
                            "auth is given, and Authorization among fields: one of them is sent");
    return 0;
}

/* ---- All of them. */

int hr__client_fields_open(hr_http_client *client, const struct hr_http_client_options *options,
                           struct hr_error *error) {
    struct hr_client_fields *fields = calloc(1, sizeof *fields);
    client->fields = fields;
    if (!fields) return hr_error_set(error, -ENOMEM, "no memory for an HTTP client");
    int err = open_base(fields, options->base_url, error);
    if (!err) err = open_fields(fields, options->fields, options->field_count, error);
    if (!err) err = open_auth(fields, &options->auth, error);
    if (!err) err = open_deadline(fields, options->deadline_field, error);
    if (err == -ENOMEM) hr_error_set(error, err, "no memory for an HTTP client");
    return err;
}

void hr__client_fields_close(hr_http_client *client) {
    struct hr_client_fields *fields = client->fields;
    if (!fields) return;
    if (fields->text) explicit_bzero(fields->text, fields->text_size);
    hr__credentials_free(fields->authorization);
    free(fields->text);
    free(fields->fields);
    free(fields->base_url);
    free(fields->deadline_field);
    free(fields);
    client->fields = NULL;
}
