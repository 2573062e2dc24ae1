/* XML written into memory of a fixed size, which counts on where that ends: the size of the whole
 * document comes back either way. Pure. */
#ifndef HR_S3_XML_WRITER_H
#define HR_S3_XML_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/slice.h>

#define HR__S3_XMLNS "http://s3.amazonaws.com/doc/2006-03-01/"

struct hr__xml_writer {
    char *data;
    size_t capacity;
    size_t size; /* of all that was put */
};

/* As it stands. */
void hr__xml_put(struct hr__xml_writer *writer, const char *markup);
/* Tags around others, and elements with a value. Texts are escaped and have passed
 * hr__xml_can_hold. */
void hr__xml_open_root(struct hr__xml_writer *writer, const char *name);
void hr__xml_open(struct hr__xml_writer *writer, const char *name);
void hr__xml_close(struct hr__xml_writer *writer, const char *name);
void hr__xml_text(struct hr__xml_writer *writer, const char *name, struct hr_slice text);
void hr__xml_number(struct hr__xml_writer *writer, const char *name, uint64_t number);
/* An ETag with its quotes, which `etag` may have or not; "*" is none and stays. */
void hr__xml_etag(struct hr__xml_writer *writer, const char *name, struct hr_slice etag);

/* Whether XML 1.0 has room for the text: UTF-8 without control characters other than tab, line feed
 * and carriage return, and without U+FFFE and U+FFFF. */
bool hr__xml_can_hold(struct hr_slice text);

/* xml_mend.c: puts question marks in place of bytes and of references to characters that XML 1.0
 * has not, so that the rest of a document can be read. The size stays. */
void hr__xml_mend(char *data, size_t size);

#endif
