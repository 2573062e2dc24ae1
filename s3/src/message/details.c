/* Parameters, fields and texts that are added to a request beyond the usual ones. */
#include "details.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <net/chars.h>

#include "writer.h"

struct hr__s3_text {
    struct hr__s3_text *next;
    size_t size;
    char data[];
};

static bool is_printable(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || (unsigned char)text.data[i] > '~') return false;
    return true;
}

void hr__add_refuse(struct hr__s3_adder *add, int code, const char *format, ...) {
    if (add->err) return;
    char message[192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    add->err = hr_error_set(add->error, code, "%s", message);
}

/* The details, made where there are none. NULL: an error has been met. */
static struct hr__s3_details *open_details(struct hr__s3_adder *add) {
    if (add->err) return NULL;
    if (!*add->details) *add->details = calloc(1, sizeof **add->details);
    if (!*add->details) add->err = -ENOMEM;
    return *add->details;
}

char *hr__add_memory(struct hr__s3_adder *add, size_t size) {
    struct hr__s3_details *details = open_details(add);
    struct hr__s3_text *text = details ? malloc(sizeof *text + size) : NULL;
    if (!text) {
        if (!add->err) add->err = -ENOMEM;
        return NULL;
    }
    text->size = size;
    text->next = details->texts;
    details->texts = text;
    return text->data;
}

void hr__add_query(struct hr__s3_adder *add, const char *name, struct hr_slice value) {
    struct hr__s3_details *details = open_details(add);
    if (!details) return;
    assert(details->query_count < HR__S3_QUERY_MAX);
    assert(!details->query_count ||
           strcmp(details->query[details->query_count - 1].name.data, name) < 0);
    details->query[details->query_count++] = (struct hr_s3_query){hr_slice_of(name), value};
}

void hr__add_query_text(struct hr__s3_adder *add, const char *name, const char *value) {
    if (value) hr__add_query(add, name, hr_slice_of(value));
}

void hr__add_query_u64(struct hr__s3_adder *add, const char *name, uint64_t value) {
    char *memory = value ? hr__add_memory(add, 20) : NULL;
    if (!memory) return;
    struct hr__writer out = hr__writer(memory, 20);
    hr__put_u64(&out, value);
    hr__add_query(add, name, hr__written(&out));
}

void hr__add_field(struct hr__s3_adder *add, const char *name, struct hr_slice value) {
    struct hr__s3_details *details = open_details(add);
    if (!details) return;
    if (!is_printable(value) || !hr__http1_is_field_value(value)) {
        hr__add_refuse(add, HR_ERR_HEADER_INVALID,
                       "the value of %s is not printable ASCII without a blank at an end", name);
        return;
    }
    assert(details->field_count < HR__S3_OWN_FIELDS_MAX);
    details->fields[details->field_count++] = (struct hr_http_field){hr_slice_of(name), value};
}

void hr__add_field_text(struct hr__s3_adder *add, const char *name, const char *value) {
    if (value) hr__add_field(add, name, hr_slice_of(value));
}

void hr__add_field_u64(struct hr__s3_adder *add, const char *name, uint64_t value) {
    char *memory = hr__add_memory(add, 20);
    if (!memory) return;
    struct hr__writer out = hr__writer(memory, 20);
    hr__put_u64(&out, value);
    hr__add_field(add, name, hr__written(&out));
}

static void free_texts(struct hr__s3_details *details) {
    for (struct hr__s3_text *text = details->texts, *next; text; text = next) {
        next = text->next;
        if (details->secret) OPENSSL_cleanse(text->data, text->size);
        free(text);
    }
    details->texts = NULL;
}

void hr__s3_details_reset(struct hr__s3_details *details) {
    if (!details) return;
    free_texts(details);
    details->query_count = details->field_count = 0;
}

void hr__s3_details_free(struct hr__s3_details *details) {
    if (!details) return;
    free_texts(details);
    free(details);
}
