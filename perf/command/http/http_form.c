/* -F: a body of multipart/form-data (RFC 7578), its files read while it is sent. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_call.h"
#include "target_path.h"

#define BOUNDARY_RANDOM 16

static int wrong(const char *text, const char *why) {
    return output_usage("http", "--form '%.100s': %s", text, why);
}

static int no_memory(int err) {
    output_complain("http: --form: %s", hr_error_text(err));
    return EXIT_FAILED;
}

/* ---- Reading NAME=CONTENT[;type=TYPE][;filename=NAME]. */

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t\r\n");
}

static void trim(struct byte_buffer *text) {
    while (text->size && strchr(" \t\r\n", text->data[text->size - 1])) text->size--;
    text->data[text->size] = '\0';
}

/* Reads "…" with \" and \\ inside, and the blanks behind it. False: it is not closed, or something
 * else follows, so that the quotes are meant as they stand. */
static bool read_quoted(const char **at, const char *ends, struct byte_buffer *word, int *err) {
    const char *from = *at + 1;
    *err = 0;
    for (; *from && *from != '"' && !*err; from++) {
        if (*from == '\\' && (from[1] == '\\' || from[1] == '"')) from++;
        *err = byte_buffer_add(word, hr_slice_bytes(from, 1));
    }
    const char *behind = *from ? skip_blanks(from + 1) : NULL;
    bool closed = behind && (!*behind || strchr(ends, *behind));
    if (closed) *at = behind;
    return closed;
}

/* Reads a word up to one of `ends`, without the blanks around it. 0 or a negative code. */
static int read_word(const char **at, const char *ends, struct byte_buffer *word) {
    int err = byte_buffer_add_text(word, "");
    *at = skip_blanks(*at);
    if (!err && **at == '"') {
        if (read_quoted(at, ends, word, &err) || err) return err;
        word->size = 0;
    }
    size_t size = strcspn(*at, ends);
    if (!err) err = byte_buffer_add(word, hr_slice_bytes(*at, size));
    *at += size;
    if (!err) trim(word);
    return err;
}

static bool begins(const char *text, const char *with) {
    return strncasecmp(text, with, strlen(with)) == 0;
}

static bool is_parameter(const char *at) {
    static const char *const names[] = {"type=", "filename=", "headers=", "encoder="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (begins(at, names[i])) return true;
    return false;
}

/* A media type has parameters of its own behind semicolons. */
static int read_type(const char **at, struct byte_buffer *type) {
    *at = skip_blanks(*at);
    size_t size = strcspn(*at, ";");
    while ((*at)[size] && !is_parameter(skip_blanks(*at + size + 1)))
        size += 1 + strcspn(*at + size + 1, ";");
    int err = byte_buffer_add(type, hr_slice_bytes(*at, size));
    *at += size;
    if (!err) trim(type);
    return err;
}

/* One -F. */
struct form_field {
    struct hr_slice name;
    char kind; /* '@' a file, '<' what is in it, '=' the text itself */
    bool has_file_name;
    struct byte_buffer content, file_name, type;
};

static void free_field(struct form_field *field) {
    byte_buffer_free(&field->content);
    byte_buffer_free(&field->file_name);
    byte_buffer_free(&field->type);
}

static int read_parameters(const char *text, const char *at, struct form_field *field) {
    while (*at == ';') {
        at = skip_blanks(at + 1);
        int err;
        if (begins(at, "type=")) {
            at += strlen("type=");
            field->type.size = 0;
            err = read_type(&at, &field->type);
            const char *slash = err ? NULL : strchr(field->type.data, '/');
            if (!err && (!slash || slash == field->type.data || !slash[1]))
                return wrong(text, "type= wants a media type, such as text/plain");
        } else if (begins(at, "filename=")) {
            at += strlen("filename=");
            field->has_file_name = true;
            field->file_name.size = 0;
            err = read_word(&at, ";", &field->file_name);
        } else if (begins(at, "headers=") || begins(at, "encoder=")) {
            return wrong(text, "headers= and encoder= are not supported");
        } else {
            return wrong(text, "behind ';' stands type= or filename=; put a text with a semicolon "
                               "into double quotes, or give --form-string");
        }
        if (err) return no_memory(err);
    }
    if (*at == ',')
        return wrong(text, "one file a field: repeat --form with the same name, or put a name "
                           "with a comma into double quotes");
    return EXIT_DONE;
}

static int read_field(const char *text, bool literal, struct form_field *field) {
    const char *equals = strchr(text, '=');
    if (!equals) return wrong(text, "it is not NAME=CONTENT");
    field->name = hr_slice_bytes(text, (size_t)(equals - text));
    const char *at = equals + 1;
    if (literal) {
        field->kind = '=';
        int err = byte_buffer_add_text(&field->content, at);
        return err ? no_memory(err) : EXIT_DONE;
    }
    field->kind = *at == '@' || *at == '<' ? *at++ : '=';
    if (field->kind == '=' && *at == '(')
        return wrong(text, "a part within a part is not supported; --form-string takes the text "
                           "as it stands");
    int err = read_word(&at, field->kind == '@' ? ",;" : ";", &field->content);
    return err ? no_memory(err) : read_parameters(text, at, field);
}

/* ---- Writing the parts. */

/* Adds a value in quotes as browsers do (WHATWG): a quote and line ends are percent-encoded. */
static int add_quoted(struct byte_buffer *out, const char *key, struct hr_slice value) {
    int err = byte_buffer_add_text(out, key);
    if (!err) err = byte_buffer_add_text(out, "=\"");
    for (size_t i = 0; i < value.size && !err; i++) {
        char byte = value.data[i];
        if (byte == '"')
            err = byte_buffer_add_text(out, "%22");
        else if (byte == '\r')
            err = byte_buffer_add_text(out, "%0D");
        else if (byte == '\n')
            err = byte_buffer_add_text(out, "%0A");
        else
            err = byte_buffer_add(out, hr_slice_bytes(&byte, 1));
    }
    return err ? err : byte_buffer_add_text(out, "\"");
}

/* The type that the end of a name stands for, by curl's list. NULL: none. */
static const char *type_of_name(const char *name) {
    static const char *const types[][2] = {
        {".gif", "image/gif"},       {".jpg", "image/jpeg"},    {".jpeg", "image/jpeg"},
        {".png", "image/png"},       {".svg", "image/svg+xml"}, {".txt", "text/plain"},
        {".htm", "text/html"},       {".html", "text/html"},    {".pdf", "application/pdf"},
        {".xml", "application/xml"},
    };
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t ending = strlen(types[i][0]);
        if (size >= ending && strcasecmp(name + size - ending, types[i][0]) == 0)
            return types[i][1];
    }
    return NULL;
}

static const char *type_of_field(const struct form_field *field) {
    if (field->type.size) return field->type.data;
    if (field->kind != '@' || strcmp(field->content.data, "-") == 0) return NULL;
    const char *type = field->has_file_name ? type_of_name(field->file_name.data) : NULL;
    if (!type) type = type_of_name(field->content.data);
    return type ? type : "application/octet-stream";
}

static int add_head(struct byte_buffer *out, const char *boundary, const struct form_field *field) {
    const char *path = field->content.data;
    bool named = field->kind == '@' || field->has_file_name;
    struct hr_slice name = field->has_file_name
                               ? hr_slice_bytes(field->file_name.data, field->file_name.size)
                               : hr_slice_of(path + target_path_folder(path));
    const char *type = type_of_field(field);
    int err = byte_buffer_add_text(out, "--");
    if (!err) err = byte_buffer_add_text(out, boundary);
    if (!err) err = byte_buffer_add_text(out, "\r\nContent-Disposition: form-data");
    if (!err && field->name.size) err = add_quoted(out, "; name", field->name);
    if (!err && named) err = add_quoted(out, "; filename", name);
    if (!err && type) err = byte_buffer_add_text(out, "\r\nContent-Type: ");
    if (!err && type) err = byte_buffer_add_text(out, type);
    return err ? err : byte_buffer_add_text(out, "\r\n\r\n");
}

static int cannot_read(const char *path, int err) {
    output_complain("http: --form: cannot read %s: %s",
                    strcmp(path, "-") == 0 ? "standard input" : path, hr_error_text(err));
    return EXIT_FAILED;
}

/* A regular file is read while it is sent; anything else is read whole first, as its size is
 * needed. */
static int add_file(struct http_form_part *part, const char *path) {
    struct stat info;
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (!standard && (fd < 0 || fstat(fd, &info) != 0)) {
        int err = -errno;
        if (fd >= 0) close(fd);
        return cannot_read(path, err);
    }
    if (!standard && S_ISREG(info.st_mode)) {
        part->fd = fd;
        part->file_size = (uint64_t)info.st_size;
        return EXIT_DONE;
    }
    if (fd >= 0) close(fd);
    int err = byte_buffer_add_file(&part->text, path);
    return err ? cannot_read(path, err) : EXIT_DONE;
}

static int add_part(struct http_form *form, const char *text, bool literal) {
    struct form_field field = {.kind = '='};
    struct http_form_part *part = &form->parts[form->count++];
    part->fd = -1;
    int code = read_field(text, literal, &field);
    if (!code) {
        int err = form->count > 1 ? byte_buffer_add_text(&part->text, "\r\n") : 0;
        if (!err) err = add_head(&part->text, form->boundary, &field);
        if (!err && field.kind == '=')
            err = byte_buffer_add(&part->text,
                                  hr_slice_bytes(field.content.data, field.content.size));
        if (err) code = no_memory(err);
    }
    if (!code && field.kind != '=') code = add_file(part, field.content.data);
    free_field(&field);
    return code;
}

static void make_boundary(struct http_form *form) {
    unsigned char random[BOUNDARY_RANDOM] = {0};
    (void)!getrandom(random, sizeof random, 0);
    char *at = form->boundary;
    at += snprintf(at, 25, "------------------------");
    for (size_t i = 0; i < sizeof random; i++) at += snprintf(at, 3, "%02x", random[i]);
}

int http_form_open(struct http_call *call) {
    const struct option_list *list = &call->values->body.forms;
    if (!list->count) return EXIT_DONE;
    struct http_form *form = calloc(1, sizeof *form);
    if (!form) return no_memory(-ENOMEM);
    call->data.form = form;
    make_boundary(form);
    for (size_t i = 0; i < list->count; i++) {
        int code = add_part(form, list->items[i], list->tags[i] == HTTP_FORM_STRING);
        if (code) return code;
    }
    struct http_form_part *last = &form->parts[form->count++];
    last->fd = -1;
    int err = byte_buffer_add_text(&last->text, "\r\n--");
    if (!err) err = byte_buffer_add_text(&last->text, form->boundary);
    if (!err) err = byte_buffer_add_text(&last->text, "--\r\n");
    for (size_t i = 0; i < form->count; i++)
        form->size += form->parts[i].text.size + form->parts[i].file_size;
    snprintf(form->type, sizeof form->type, "multipart/form-data; boundary=%s", form->boundary);
    call->data.content_type = form->type;
    return err ? no_memory(err) : EXIT_DONE;
}

void http_form_close(struct http_call *call) {
    struct http_form *form = call->data.form;
    for (size_t i = 0; form && i < form->count; i++) {
        byte_buffer_free(&form->parts[i].text);
        if (form->parts[i].fd >= 0) close(form->parts[i].fd);
    }
    free(form);
    call->data.form = NULL;
}

/* ---- Sending. */

/* Reads from where the body stands. A read of a regular file waits for the disk alone, and this
 * engine has one request. */
static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct http_form *form = user;
    for (; form->at < form->count; form->at++, form->offset = 0) {
        const struct http_form_part *part = &form->parts[form->at];
        if (form->offset < part->text.size) {
            size_t size = part->text.size - (size_t)form->offset;
            if (size > capacity) size = capacity;
            memcpy(buffer, part->text.data + form->offset, size);
            form->offset += size;
            return (ssize_t)size;
        }
        uint64_t at = form->offset - part->text.size;
        if (at == part->file_size) continue;
        size_t size = part->file_size - at < capacity ? (size_t)(part->file_size - at) : capacity;
        ssize_t count = pread(part->fd, buffer, size, (off_t)at);
        if (count < 0) return -errno;
        if (count == 0) return HR_ERR_SOURCE_SHORT;
        form->offset += (uint64_t)count;
        return count;
    }
    return 0;
}

static int rewind_form(void *user) {
    struct http_form *form = user;
    form->at = 0;
    form->offset = 0;
    return 0;
}

struct hr_source http_form_source(struct http_form *form) {
    rewind_form(form);
    return hr_source_producer(produce, rewind_form, form, form->size);
}
