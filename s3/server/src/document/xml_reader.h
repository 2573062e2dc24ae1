/* Reads an XML document element by element, against a list of those that it may have. For the files
 * that read one kind of document each. Pure; limits on depth, text and counts; no DOCTYPE. */
#ifndef S3_SERVER_XML_READER_H
#define S3_SERVER_XML_READER_H

#include <expat.h>

#include "xml_in.h"

/* An element by its path below the root. An element that is in no list may come once. */
struct s3_xml_element {
    const char *path;
    bool is_list;
};

/* A document is read element by element: `on_end` gets each one's path below the root, such as
 * "Object/Key", when it ends, with its text. */
struct s3_xml_reader {
    XML_Parser parser;
    struct s3_arena *arena;
    const char *root;
    const struct s3_xml_element *elements; /* all that the document may have below its root */
    size_t element_count;
    unsigned seen; /* by place in `elements`; of those in a list, since its entry began */
    struct hr_slice *unknown;
    void (*on_start)(struct s3_xml_reader *reader, const char *path);
    void (*on_end)(struct s3_xml_reader *reader, const char *path, struct hr_slice text);
    void *document;
    enum s3_error error;
    unsigned depth;
    size_t path_sizes[S3_XML_DEPTH_MAX];
    char path[128];
    size_t text_size;
    char text[S3_XML_TEXT_MAX];
    size_t capacity; /* of the array that is being filled */
};

/* Ends the reading; the first error counts. */
void s3_server__xml_fail(struct s3_xml_reader *reader, enum s3_error error);
/* A copy in the arena; data NULL: it has failed. */
struct hr_slice s3_server__xml_keep(struct s3_xml_reader *reader, struct hr_slice text);
/* Makes room for one more in an array of the arena's, of `count` elements of `size` bytes, at most
 * `most`. NULL: it has failed. */
void *s3_server__xml_room(struct s3_xml_reader *reader, void *array, size_t count, size_t size,
                          size_t most);
/* MalformedXML, NotImplemented (an element that is not in the list: *reader->unknown),
 * InternalError, and that of s3_server__xml_fail. */
enum s3_error s3_server__xml_read(struct s3_xml_reader *reader, struct hr_slice document);

#endif
