/* Reads an XML document element by element, against a list of those that it may have. */
#include "xml_reader.h"

#include <assert.h>

#define NAMESPACE_SEPARATOR '|'

void s3_server__xml_fail(struct s3_xml_reader *reader, enum s3_error error) {
    assert(error != S3_OK);
    if (reader->error) return;
    reader->error = error;
    XML_StopParser(reader->parser, XML_FALSE);
}

/* An element that is not understood may limit what is asked for, as the size that an object to be
 * deleted has to have: the whole document is refused. */
static bool is_expected(struct s3_xml_reader *reader) {
    for (size_t i = 0; i < reader->element_count; i++) {
        const struct s3_xml_element *element = &reader->elements[i];
        if (strcmp(reader->path, element->path) != 0) continue;
        if (!element->is_list && reader->seen & 1u << i) {
            s3_server__xml_fail(reader, S3_MalformedXML);
            return false;
        }
        reader->seen |= 1u << i;
        size_t size = strlen(element->path);
        for (size_t k = 0; element->is_list && k < reader->element_count; k++)
            if (strncmp(reader->elements[k].path, element->path, size) == 0 &&
                reader->elements[k].path[size] == '/')
                reader->seen &= ~(1u << k);
        return true;
    }
    *reader->unknown = s3_server__arena_copy(reader->arena, hr_slice_of(reader->path));
    s3_server__xml_fail(reader, S3_NotImplemented);
    return false;
}

static void XMLCALL start_element(void *user, const XML_Char *name, const XML_Char **attributes) {
    (void)attributes;
    struct s3_xml_reader *reader = user;
    if (reader->error) return; /* expat may still deliver events that it has queued */
    const char *separator = strrchr(name, NAMESPACE_SEPARATOR);
    if (separator) name = separator + 1;
    reader->text_size = 0;
    size_t size = reader->depth > 1 ? reader->path_sizes[reader->depth - 1] : 0;
    if (reader->depth == 0 && strcmp(name, reader->root) != 0) {
        s3_server__xml_fail(reader, S3_MalformedXML);
        return;
    }
    if (reader->depth > 0) {
        size_t more = strlen(name) + (size > 0);
        if (reader->depth == S3_XML_DEPTH_MAX || more >= sizeof reader->path - size) {
            s3_server__xml_fail(reader, S3_MalformedXML);
            return;
        }
        if (size > 0) reader->path[size++] = '/';
        memcpy(reader->path + size, name, strlen(name) + 1);
        reader->path_sizes[reader->depth] = size + strlen(name);
        if (!is_expected(reader)) return;
        if (reader->on_start) reader->on_start(reader, reader->path);
    }
    reader->depth++;
}

static void XMLCALL end_element(void *user, const XML_Char *name) {
    (void)name;
    struct s3_xml_reader *reader = user;
    if (reader->error) return;
    assert(reader->depth > 0 && reader->depth <= S3_XML_DEPTH_MAX);
    reader->depth--;
    if (reader->depth > 0) {
        reader->path[reader->path_sizes[reader->depth]] = '\0';
        reader->on_end(reader, reader->path, hr_slice_bytes(reader->text, reader->text_size));
        size_t parent = reader->depth > 1 ? reader->path_sizes[reader->depth - 1] : 0;
        reader->path[parent] = '\0';
    }
    reader->text_size = 0;
}

static void XMLCALL character_data(void *user, const XML_Char *data, int size) {
    struct s3_xml_reader *reader = user;
    if (reader->error) return;
    if ((size_t)size > sizeof reader->text - reader->text_size) {
        s3_server__xml_fail(reader, S3_MalformedXML);
        return;
    }
    memcpy(reader->text + reader->text_size, data, (size_t)size);
    reader->text_size += (size_t)size;
    assert(reader->text_size <= sizeof reader->text);
}

/* S3 has no document type. Without one a hostile document cannot define entities. */
static void XMLCALL start_doctype(void *user, const XML_Char *name, const XML_Char *system,
                                  const XML_Char *public, int has_internal_subset) {
    (void)name, (void)system, (void)public, (void)has_internal_subset;
    s3_server__xml_fail(user, S3_MalformedXML);
}

enum s3_error s3_server__xml_read(struct s3_xml_reader *reader, struct hr_slice document) {
    if (document.size == 0 || document.size > S3_XML_BYTES_MAX) return S3_MalformedXML;
    reader->parser = XML_ParserCreateNS(NULL, NAMESPACE_SEPARATOR);
    if (!reader->parser) return S3_InternalError;
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, start_element, end_element);
    XML_SetCharacterDataHandler(reader->parser, character_data);
    XML_SetStartDoctypeDeclHandler(reader->parser, start_doctype);
    enum XML_Status status = XML_Parse(reader->parser, document.data, (int)document.size, XML_TRUE);
    if (status != XML_STATUS_OK && !reader->error)
        reader->error = XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY ? S3_InternalError
                                                                                : S3_MalformedXML;
    XML_ParserFree(reader->parser);
    return reader->error;
}

struct hr_slice s3_server__xml_keep(struct s3_xml_reader *reader, struct hr_slice text) {
    struct hr_slice kept = s3_server__arena_copy(reader->arena, text);
    if (!kept.data) s3_server__xml_fail(reader, S3_InternalError);
    return kept;
}

/* Makes room for one more in an array of the arena's: a full one is copied into one twice as large.
 */
void *s3_server__xml_room(struct s3_xml_reader *reader, void *array, size_t count, size_t size,
                          size_t most) {
    if (count >= most) {
        s3_server__xml_fail(reader, S3_MalformedXML);
        return NULL;
    }
    if (count < reader->capacity) return array;
    size_t capacity = reader->capacity ? reader->capacity * 2 : 16;
    void *larger = s3_server__arena_allocate(reader->arena, capacity * size);
    if (!larger) {
        s3_server__xml_fail(reader, S3_InternalError);
        return NULL;
    }
    if (count > 0) memcpy(larger, array, count * size);
    reader->capacity = capacity;
    return larger;
}
