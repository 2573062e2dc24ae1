/* The XML of S3's responses, read by expat and handed on as paths. Limits on depth and text; a
 * document type declaration (and with it every entity declaration) is refused. Pure. */
#ifndef HR_S3_XML_H
#define HR_S3_XML_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#define HR_XML_DEPTH_MAX 16
#define HR_XML_TEXT_MAX  65536 /* bytes of text of one element */
#define HR_XML_PATH_MAX  512

struct hr__xml;

/* Events for a reader. `path` is the element's local names from the root, joined by '/':
 * "ListBucketResult/Contents/Key". A negative return ends the parsing with it. Either may be NULL.
 */
struct hr__xml_events {
    int (*begin)(void *user, struct hr_slice path);
    /* `text`: what stood directly in the element, without that of its children and without the
     * white space before each of them; NUL-terminated. */
    int (*end)(void *user, struct hr_slice path, struct hr_slice text);
};

/* -ENOMEM. All memory that held a part of the document is wiped when it goes. */
int hr__xml_new(const struct hr__xml_events *events, void *user, struct hr__xml **xml);
/* Reads the next piece of the document. HR_ERR_S3_RESPONSE (hr__xml_problem says why), -ENOMEM, or
 * what an event returned. After an error only hr__xml_free may follow. */
int hr__xml_feed(struct hr__xml *xml, const char *data, size_t size, bool last);
/* Why the document was refused, as a sentence; valid until hr__xml_free. */
const char *hr__xml_problem(const struct hr__xml *xml);
void hr__xml_free(struct hr__xml *xml);

/* The local name of the root element, looking only as far as that; "!DOCTYPE" where such a
 * declaration comes first, empty where there is neither. */
struct hr_slice hr__xml_root(struct hr_slice document);
/* Whether the root element is <Error>, looking only as far as its name. */
bool hr__xml_is_error(struct hr_slice document);
/* Whether the document has a root element and breaks off inside of it, looking at both ends only:
 * one that ends with an empty element, a comment or an instruction counts as whole. */
bool hr__xml_is_cut(struct hr_slice document);

#endif
