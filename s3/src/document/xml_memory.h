/* The parser's memory for documents with secrets. */
#ifndef HR_S3_XML_MEMORY_H
#define HR_S3_XML_MEMORY_H

#include <expat.h>

/* malloc, realloc and free, which wipe what they give back. */
extern const XML_Memory_Handling_Suite hr__xml_memory_wiped;

#endif
