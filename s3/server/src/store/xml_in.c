/* The XML documents that a client sends. */
#include "xml_in.h"

#include <assert.h>
#include <expat.h>

#include <headrace/text.h>

#include "route.h"
#include "store.h"

#define NAMESPACE_SEPARATOR '|'

/* An element by its path below the root. An element that is in no list may come once. */
struct element {
    const char *path;
    bool is_list;
};

/* A document is read element by element: `on_end` gets each one's path below the root, such as
 * "Object/Key", when it ends, with its text. */
struct reader {
    XML_Parser parser;
    struct s3_arena *arena;
    const char *root;
    const struct element *elements; /* all that the document may have below its root */
    size_t element_count;
    unsigned seen; /* by place in `elements`; of those in a list, since its entry began */
    struct hr_slice *unknown;
    void (*on_start)(struct reader *reader, const char *path);
    void (*on_end)(struct reader *reader, const char *path, struct hr_slice text);
    void *document;
    enum s3_error error;
    unsigned depth;
    size_t path_sizes[S3_XML_DEPTH_MAX];
    char path[128];
    size_t text_size;
    char text[S3_XML_TEXT_MAX];
    size_t capacity; /* of the array that is being filled */
};

static void fail(struct reader *reader, enum s3_error error) {
    assert(error != S3_OK);
    if (reader->error) return;
    reader->error = error;
    XML_StopParser(reader->parser, XML_FALSE);
}

/* An element that is not understood may limit what is asked for, as the size that an object to be
 * deleted has to have: the whole document is refused. */
static bool is_expected(struct reader *reader) {
    for (size_t i = 0; i < reader->element_count; i++) {
        const struct element *element = &reader->elements[i];
        if (strcmp(reader->path, element->path) != 0) continue;
        if (!element->is_list && reader->seen & 1u << i) {
            fail(reader, S3_MalformedXML);
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
    fail(reader, S3_NotImplemented);
    return false;
}

static void XMLCALL start_element(void *user, const XML_Char *name, const XML_Char **attributes) {
    (void)attributes;
    struct reader *reader = user;
    if (reader->error) return; /* expat may still deliver events that it has queued */
    const char *separator = strrchr(name, NAMESPACE_SEPARATOR);
    if (separator) name = separator + 1;
    reader->text_size = 0;
    size_t size = reader->depth > 1 ? reader->path_sizes[reader->depth - 1] : 0;
    if (reader->depth == 0 && strcmp(name, reader->root) != 0) {
        fail(reader, S3_MalformedXML);
        return;
    }
    if (reader->depth > 0) {
        size_t more = strlen(name) + (size > 0);
        if (reader->depth == S3_XML_DEPTH_MAX || more >= sizeof reader->path - size) {
            fail(reader, S3_MalformedXML);
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
    struct reader *reader = user;
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
    struct reader *reader = user;
    if (reader->error) return;
    if ((size_t)size > sizeof reader->text - reader->text_size) {
        fail(reader, S3_MalformedXML);
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
    fail(user, S3_MalformedXML);
}

static enum s3_error read_document(struct reader *reader, struct hr_slice document) {
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

static struct hr_slice keep(struct reader *reader, struct hr_slice text) {
    struct hr_slice kept = s3_server__arena_copy(reader->arena, text);
    if (!kept.data) fail(reader, S3_InternalError);
    return kept;
}

/* Makes room for one more in an array of the arena's: a full one is copied into one twice as large.
 */
static void *room(struct reader *reader, void *array, size_t count, size_t size, size_t most) {
    if (count >= most) {
        fail(reader, S3_MalformedXML);
        return NULL;
    }
    if (count < reader->capacity) return array;
    size_t capacity = reader->capacity ? reader->capacity * 2 : 16;
    void *larger = s3_server__arena_allocate(reader->arena, capacity * size);
    if (!larger) {
        fail(reader, S3_InternalError);
        return NULL;
    }
    if (count > 0) memcpy(larger, array, count * size);
    reader->capacity = capacity;
    return larger;
}

/* ---- Delete. */

static void delete_start(struct reader *reader, const char *path) {
    struct s3_delete_request *request = reader->document;
    if (strcmp(path, "Object") != 0) return;
    void *entries = room(reader, request->entries, request->count, sizeof request->entries[0],
                         S3_DELETE_OBJECTS_MAX);
    if (!entries) return;
    request->entries = entries;
    memset(&request->entries[request->count++], 0, sizeof request->entries[0]);
}

static void delete_end(struct reader *reader, const char *path, struct hr_slice text) {
    struct s3_delete_request *request = reader->document;
    struct s3_delete_entry *entry =
        request->count > 0 ? &request->entries[request->count - 1] : NULL;
    if (strcmp(path, "Quiet") == 0) {
        request->quiet = hr_slice_equal_nocase(text, hr_slice_of("true"));
        if (!request->quiet && !hr_slice_equal_nocase(text, hr_slice_of("false")))
            fail(reader, S3_MalformedXML);
    } else if (strcmp(path, "Object/Key") == 0) {
        if (text.size > S3_KEY_MAX) fail(reader, S3_KeyTooLongError);
        entry->key = keep(reader, text);
    } else if (strcmp(path, "Object/VersionId") == 0) {
        entry->version_id = keep(reader, text);
    } else if (strcmp(path, "Object/ETag") == 0) {
        entry->etag = keep(reader, text);
    } else if (strcmp(path, "Object") == 0 && entry->key.size == 0) {
        fail(reader, S3_MalformedXML);
    }
}

enum s3_error s3_server__xml_read_delete(struct hr_slice document, struct s3_arena *arena,
                                         struct s3_delete_request *request,
                                         struct hr_slice *unknown) {
    static const struct element elements[] = {
        {"Quiet", false},       {"Object", true},
        {"Object/Key", false},  {"Object/VersionId", false},
        {"Object/ETag", false},
    };
    memset(request, 0, sizeof *request);
    struct reader reader = {.arena = arena,
                            .root = "Delete",
                            .elements = elements,
                            .element_count = sizeof elements / sizeof elements[0],
                            .unknown = unknown,
                            .on_start = delete_start,
                            .on_end = delete_end,
                            .document = request};
    enum s3_error error = read_document(&reader, document);
    return error ? error : request->count == 0 ? S3_MalformedXML : S3_OK;
}

/* ---- CompleteMultipartUpload. */

static void complete_start(struct reader *reader, const char *path) {
    struct s3_complete_request *request = reader->document;
    if (strcmp(path, "Part") != 0) return;
    void *parts =
        room(reader, request->parts, request->count, sizeof request->parts[0], S3_PARTS_MAX);
    if (!parts) return;
    request->parts = parts;
    memset(&request->parts[request->count++], 0, sizeof request->parts[0]);
}

/* "Part/ChecksumCRC32" and the like: one of them, unless it is empty. */
static void read_part_checksum(struct reader *reader, struct s3_complete_part *part,
                               const char *path, struct hr_slice text) {
    static const char prefix[] = "Part/";
    if (text.size == 0 || strncmp(path, prefix, sizeof prefix - 1) != 0) return;
    if (part->checksum_kind != HR_S3_CHECKSUM_NONE) fail(reader, S3_MalformedXML);
    part->checksum_kind = hr_s3_checksum_by_element(hr_slice_of(path + sizeof prefix - 1));
    part->checksum = keep(reader, text);
}

static void complete_end(struct reader *reader, const char *path, struct hr_slice text) {
    struct s3_complete_request *request = reader->document;
    struct s3_complete_part *part = request->count > 0 ? &request->parts[request->count - 1] : NULL;
    if (strcmp(path, "Part/PartNumber") == 0) {
        uint64_t number;
        if (hr_text_u64(text, S3_PARTS_MAX, &number) < 0 || number == 0)
            fail(reader, S3_MalformedXML);
        else
            part->number = (unsigned)number;
    } else if (strcmp(path, "Part/ETag") == 0) {
        part->etag = keep(reader, text);
    } else if (strcmp(path, "Part") == 0) {
        if (part->number == 0 || part->etag.size == 0) fail(reader, S3_MalformedXML);
    } else {
        read_part_checksum(reader, part, path, text);
    }
}

enum s3_error s3_server__xml_read_complete(struct hr_slice document, struct s3_arena *arena,
                                           struct s3_complete_request *request,
                                           struct hr_slice *unknown) {
    static const struct element elements[] = {
        {"Part", true},
        {"Part/PartNumber", false},
        {"Part/ETag", false},
        {"Part/ChecksumCRC32", false},
        {"Part/ChecksumCRC32C", false},
        {"Part/ChecksumCRC64NVME", false},
        {"Part/ChecksumSHA1", false},
        {"Part/ChecksumSHA256", false},
        {"Part/ChecksumSHA512", false},
        {"Part/ChecksumMD5", false},
        {"Part/ChecksumXXHASH64", false},
        {"Part/ChecksumXXHASH3", false},
        {"Part/ChecksumXXHASH128", false},
    };
    memset(request, 0, sizeof *request);
    struct reader reader = {.arena = arena,
                            .root = "CompleteMultipartUpload",
                            .elements = elements,
                            .element_count = sizeof elements / sizeof elements[0],
                            .unknown = unknown,
                            .on_start = complete_start,
                            .on_end = complete_end,
                            .document = request};
    enum s3_error error = read_document(&reader, document);
    return error ? error : request->count == 0 ? S3_MalformedXML : S3_OK;
}

/* ---- CreateBucketConfiguration. */

static void create_end(struct reader *reader, const char *path, struct hr_slice text) {
    struct hr_slice *location = reader->document;
    if (strcmp(path, "LocationConstraint") == 0) *location = keep(reader, text);
}

enum s3_error s3_server__xml_read_create_bucket(struct hr_slice document, struct s3_arena *arena,
                                                struct hr_slice *location,
                                                struct hr_slice *unknown) {
    static const struct element elements[] = {{"LocationConstraint", false}};
    *location = hr_slice_bytes(NULL, 0);
    struct reader reader = {.arena = arena,
                            .root = "CreateBucketConfiguration",
                            .elements = elements,
                            .element_count = 1,
                            .unknown = unknown,
                            .on_end = create_end,
                            .document = location};
    return read_document(&reader, document);
}
