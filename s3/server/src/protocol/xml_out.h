/* Writes XML documents into memory that grows. Any text is accepted: characters that XML cannot
 * hold are escaped as S3 escapes them (&#x1;), bytes that are not UTF-8 become U+FFFD. */
#ifndef S3_SERVER_XML_OUT_H
#define S3_SERVER_XML_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/slice.h>

/* The one account that owns everything. */
#define S3_OWNER_ID   "000000000000"
#define S3_OWNER_NAME "headrace"

struct s3_xml {
    char *data; /* heap */
    size_t size, capacity;
    bool failed; /* there was no memory; everything that follows is dropped */
};

/* The declaration and the root element with S3's namespace; `root` NULL: the declaration only. */
void s3_server__xml_begin(struct s3_xml *xml, const char *root);
void s3_server__xml_open(struct s3_xml *xml, const char *name);
void s3_server__xml_close(struct s3_xml *xml, const char *name);
void s3_server__xml_text(struct s3_xml *xml, const char *name, struct hr_slice text);
/* Text between tags. */
void s3_server__xml_raw(struct s3_xml *xml, struct hr_slice text);
/* Percent-encoded where `url`, as encoding-type=url wants keys and prefixes. */
void s3_server__xml_key(struct s3_xml *xml, const char *name, struct hr_slice key, bool url);
void s3_server__xml_string(struct s3_xml *xml, const char *name, const char *text);
void s3_server__xml_u64(struct s3_xml *xml, const char *name, uint64_t value);
void s3_server__xml_bool(struct s3_xml *xml, const char *name, bool value);
void s3_server__xml_owner(struct s3_xml *xml); /* ID and DisplayName, inside of an element */
void s3_server__xml_date(struct s3_xml *xml, const char *name, uint64_t unix_ms);
void s3_server__xml_deinit(struct s3_xml *xml); /* zeroed: nothing */

#endif
