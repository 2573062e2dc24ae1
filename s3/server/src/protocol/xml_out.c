/* XML documents, element by element. */
#include "xml_out.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/clock.h>
#include <headrace/text.h>
#include <headrace/url.h>

static char *reserve(struct s3_xml *xml, size_t size) {
    if (xml->failed) return NULL;
    assert(xml->size <= xml->capacity);
    if (size > xml->capacity - xml->size) {
        size_t capacity = xml->capacity ? xml->capacity : 1024;
        while (capacity - xml->size < size) {
            if (capacity > SIZE_MAX / 2) {
                xml->failed = true;
                return NULL;
            }
            capacity *= 2;
        }
        char *data = realloc(xml->data, capacity);
        if (!data) {
            xml->failed = true;
            return NULL;
        }
        xml->data = data;
        xml->capacity = capacity;
    }
    return xml->data + xml->size;
}

static void put(struct s3_xml *xml, const char *data, size_t size) {
    char *out = reserve(xml, size);
    if (!out) return;
    if (size > 0) memcpy(out, data, size);
    xml->size += size;
}

static void put_text(struct s3_xml *xml, const char *text) {
    put(xml, text, strlen(text));
}

/* XML 1.0 has no way to write most control characters. S3 writes references to them all the same;
 * encoding-type=url serves parsers that refuse them. */
static void put_escaped(struct s3_xml *xml, struct hr_slice text) {
    size_t start = 0;
    for (size_t i = 0; i < text.size;) {
        unsigned char c = (unsigned char)text.data[i];
        size_t size = c < 0x80 ? 1 : hr_utf8_next(text.data + i, text.size - i);
        char reference[16];
        const char *escaped = NULL;
        if (c == '&')
            escaped = "&amp;";
        else if (c == '<')
            escaped = "&lt;";
        else if (c == '>')
            escaped = "&gt;";
        else if (c == '"')
            escaped = "&quot;";
        else if (c < 0x20) {
            snprintf(reference, sizeof reference, "&#x%x;", c);
            escaped = reference;
        } else if (size == 0) {
            escaped = "\xef\xbf\xbd";
            size = 1;
        }
        if (escaped) {
            put(xml, text.data + start, i - start);
            put_text(xml, escaped);
            start = i + size;
        }
        i += size;
    }
    put(xml, text.data + start, text.size - start);
}

void s3_server__xml_begin(struct s3_xml *xml, const char *root) {
    put_text(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (!root) return;
    put_text(xml, "<");
    put_text(xml, root);
    put_text(xml, " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
}

void s3_server__xml_open(struct s3_xml *xml, const char *name) {
    put_text(xml, "<");
    put_text(xml, name);
    put_text(xml, ">");
}

void s3_server__xml_close(struct s3_xml *xml, const char *name) {
    put_text(xml, "</");
    put_text(xml, name);
    put_text(xml, ">");
}

void s3_server__xml_text(struct s3_xml *xml, const char *name, struct hr_slice text) {
    s3_server__xml_open(xml, name);
    if (text.size > 0) put_escaped(xml, text);
    s3_server__xml_close(xml, name);
}

void s3_server__xml_raw(struct s3_xml *xml, struct hr_slice text) {
    put_escaped(xml, text);
}

void s3_server__xml_key(struct s3_xml *xml, const char *name, struct hr_slice key, bool url) {
    if (!url || key.size == 0) {
        s3_server__xml_text(xml, name, key);
        return;
    }
    s3_server__xml_open(xml, name);
    char *out = reserve(xml, key.size * 3);
    if (out) {
        size_t size;
        if (!hr_percent_encode(key, HR_PERCENT_PATH, out, key.size * 3, &size)) xml->size += size;
    }
    s3_server__xml_close(xml, name);
}

void s3_server__xml_string(struct s3_xml *xml, const char *name, const char *text) {
    s3_server__xml_text(xml, name, hr_slice_of(text));
}

void s3_server__xml_owner(struct s3_xml *xml) {
    s3_server__xml_string(xml, "ID", S3_OWNER_ID);
    s3_server__xml_string(xml, "DisplayName", S3_OWNER_NAME);
}

void s3_server__xml_u64(struct s3_xml *xml, const char *name, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    s3_server__xml_string(xml, name, text);
}

void s3_server__xml_bool(struct s3_xml *xml, const char *name, bool value) {
    s3_server__xml_string(xml, name, value ? "true" : "false");
}

void s3_server__xml_date(struct s3_xml *xml, const char *name, uint64_t unix_ms) {
    char text[HR_DATE_ISO_SIZE];
    hr_date_iso(unix_ms, text);
    s3_server__xml_string(xml, name, text);
}

void s3_server__xml_deinit(struct s3_xml *xml) {
    free(xml->data);
    memset(xml, 0, sizeof *xml);
}
