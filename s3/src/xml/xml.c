/* XML read by expat, as events with paths. */
#include "xml.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "xml_memory.h"

struct hr__xml {
    XML_Parser parser;
    struct hr__xml_events events;
    void *user;
    int error;
    unsigned depth;
    size_t path_size;
    size_t path_ends[HR_XML_DEPTH_MAX];   /* of the path up to each open element */
    size_t text_begins[HR_XML_DEPTH_MAX]; /* where its text begins */
    size_t text_size, text_most;          /* bytes of `text` in use, and of those that ever were */
    char problem[160];
    char path[HR_XML_PATH_MAX];
    char text[HR_XML_TEXT_MAX + 1];
};

static void stop(struct hr__xml *xml, int error, const char *problem) {
    if (xml->error) return;
    assert(error < 0);
    xml->error = error;
    snprintf(xml->problem, sizeof xml->problem, "%s", problem);
    XML_StopParser(xml->parser, XML_FALSE);
}

/* White space between elements is layout and is dropped: that of a long listing would add up to
 * more than HR_XML_TEXT_MAX. */
static void drop_layout(struct hr__xml *xml) {
    if (xml->depth == 0) return;
    size_t begin = xml->text_begins[xml->depth - 1], at = begin;
    while (at < xml->text_size && memchr(" \t\r\n", xml->text[at], 4)) at++;
    if (at == xml->text_size) xml->text_size = begin;
}

/* expat may deliver events that were queued when it was stopped; they are ignored. */
static void XMLCALL on_begin(void *user, const XML_Char *name, const XML_Char **attributes) {
    (void)attributes;
    struct hr__xml *xml = user;
    if (xml->error) return;
    const char *colon = strrchr(name, ':');
    if (colon) name = colon + 1;
    size_t size = strlen(name);
    if (size == 0) {
        stop(xml, HR_ERR_S3_RESPONSE, "the XML has an element whose name is a prefix only");
        return;
    }
    if (xml->depth == HR_XML_DEPTH_MAX) {
        stop(xml, HR_ERR_S3_RESPONSE, "the XML is nested too deeply");
        return;
    }
    if (xml->path_size + 1 + size > sizeof xml->path) {
        stop(xml, HR_ERR_S3_RESPONSE, "the XML has element names that are too long");
        return;
    }
    drop_layout(xml);
    if (xml->depth > 0) xml->path[xml->path_size++] = '/';
    memcpy(xml->path + xml->path_size, name, size);
    xml->path_size += size;
    xml->path_ends[xml->depth] = xml->path_size;
    xml->text_begins[xml->depth] = xml->text_size;
    xml->depth++;
    assert(xml->depth <= HR_XML_DEPTH_MAX && xml->path_size <= sizeof xml->path);
    if (!xml->events.begin) return;
    int err = xml->events.begin(xml->user, hr_slice_bytes(xml->path, xml->path_size));
    if (err < 0) stop(xml, err, "");
}

static void XMLCALL on_end(void *user, const XML_Char *name) {
    (void)name;
    struct hr__xml *xml = user;
    if (xml->error) return;
    assert(xml->depth > 0);
    unsigned level = --xml->depth;
    size_t begin = xml->text_begins[level];
    xml->text[xml->text_size] = 0;
    int err = 0;
    if (xml->events.end)
        err = xml->events.end(xml->user, hr_slice_bytes(xml->path, xml->path_size),
                              hr_slice_bytes(xml->text + begin, xml->text_size - begin));
    xml->text_size = begin;
    xml->path_size = level > 0 ? xml->path_ends[level - 1] : 0;
    if (err < 0) stop(xml, err, "");
}

static void XMLCALL on_text(void *user, const XML_Char *data, int size) {
    struct hr__xml *xml = user;
    if (xml->error || xml->depth == 0) return;
    if ((size_t)size > HR_XML_TEXT_MAX - xml->text_size) {
        stop(xml, HR_ERR_S3_RESPONSE, "the XML has an element with more than 64 KiB of text");
        return;
    }
    memcpy(xml->text + xml->text_size, data, (size_t)size);
    xml->text_size += (size_t)size;
    if (xml->text_size > xml->text_most) xml->text_most = xml->text_size;
    assert(xml->text_size <= HR_XML_TEXT_MAX);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public, int internal) {
    (void)name, (void)system, (void)public, (void)internal;
    stop(user, HR_ERR_S3_RESPONSE, "the XML has a document type declaration, which is refused");
}

int hr__xml_new(const struct hr__xml_events *events, void *user, struct hr__xml **xml) {
    struct hr__xml *new = malloc(sizeof *new);
    if (!new) return -ENOMEM;
    memset(new, 0, offsetof(struct hr__xml, path));
    new->events = *events;
    new->user = user;
    new->parser = XML_ParserCreate_MM(NULL, hr__xml_memory(), NULL);
    if (!new->parser) {
        free(new);
        return -ENOMEM;
    }
    XML_SetUserData(new->parser, new);
    XML_SetElementHandler(new->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(new->parser, on_text);
    XML_SetStartDoctypeDeclHandler(new->parser, on_doctype);
    *xml = new;
    return 0;
}

int hr__xml_feed(struct hr__xml *xml, const char *data, size_t size, bool last) {
    if (xml->error) return xml->error;
    if (XML_Parse(xml->parser, data, (int)size, last) == XML_STATUS_OK) return 0;
    enum XML_Error code = XML_GetErrorCode(xml->parser);
    if (xml->error) return xml->error;
    xml->error = code == XML_ERROR_NO_MEMORY ? -ENOMEM : HR_ERR_S3_RESPONSE;
    snprintf(xml->problem, sizeof xml->problem, "the XML is malformed at line %lu: %s",
             (unsigned long)XML_GetCurrentLineNumber(xml->parser), XML_ErrorString(code));
    return xml->error;
}

const char *hr__xml_problem(const struct hr__xml *xml) {
    return xml->problem;
}

void hr__xml_free(struct hr__xml *xml) {
    if (!xml) return;
    XML_ParserFree(xml->parser);
    explicit_bzero(xml->text, xml->text_most);
    free(xml);
}

static bool skip_past(struct hr_slice *rest, const char *mark) {
    const char *found = memmem(rest->data, rest->size, mark, strlen(mark));
    if (!found) return false;
    const char *end = rest->data + rest->size;
    rest->data = found + strlen(mark);
    rest->size = (size_t)(end - rest->data);
    return true;
}

static bool starts(struct hr_slice text, const char *with) {
    size_t size = strlen(with);
    return text.size >= size && memcmp(text.data, with, size) == 0;
}

struct hr_slice hr__xml_root(struct hr_slice rest) {
    if (starts(rest, "\xef\xbb\xbf")) rest = hr_slice_bytes(rest.data + 3, rest.size - 3);
    for (;;) {
        while (rest.size > 0 && memchr(" \t\r\n", rest.data[0], 4)) rest.data++, rest.size--;
        if (starts(rest, "<?")) {
            if (!skip_past(&rest, "?>")) return hr_slice_bytes("", 0);
        } else if (starts(rest, "<!--")) {
            if (!skip_past(&rest, "-->")) return hr_slice_bytes("", 0);
        } else {
            break;
        }
    }
    if (rest.size == 0 || rest.data[0] != '<') return hr_slice_bytes("", 0);
    size_t begin = 1, end = 1;
    while (end < rest.size && !memchr(" \t\r\n/>", rest.data[end], 6))
        if (rest.data[end++] == ':') begin = end;
    return hr_slice_bytes(rest.data + begin, end - begin);
}

bool hr__xml_is_error(struct hr_slice document) {
    return hr_slice_equal(hr__xml_root(document), hr_slice_bytes("Error", 5));
}

static bool ends(struct hr_slice text, const char *with) {
    size_t size = strlen(with);
    return text.size >= size && memcmp(text.data + text.size - size, with, size) == 0;
}

/* The local name of the end tag that the document ends with; empty: it ends with something else. */
static struct hr_slice last_name(struct hr_slice document) {
    const char *begin = memrchr(document.data, '<', document.size);
    const char *end = document.data + document.size - 1;
    if (!begin || *end != '>' || begin[1] != '/') return hr_slice_bytes("", 0);
    const char *colon = memrchr(begin, ':', (size_t)(end - begin));
    begin = colon ? colon + 1 : begin + 2;
    while (end > begin && memchr(" \t\r\n", end[-1], 4)) end--;
    return hr_slice_bytes(begin, (size_t)(end - begin));
}

bool hr__xml_is_cut(struct hr_slice document) {
    struct hr_slice root = hr__xml_root(document);
    if (root.size == 0 || root.data[0] == '!') return false;
    while (memchr(" \t\r\n", document.data[document.size - 1], 4)) document.size--;
    if (ends(document, "/>") || ends(document, "-->") || ends(document, "?>")) return false;
    return !hr_slice_equal(last_name(document), root);
}
