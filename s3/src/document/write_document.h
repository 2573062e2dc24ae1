/* The beginning and the end of what each writer of a document does. Pure. */
#ifndef HR_S3_WRITE_DOCUMENT_H
#define HR_S3_WRITE_DOCUMENT_H

#include <errno.h>

#include "documents.h"
#include "xml_writer.h"

static inline struct hr__xml_writer hr__xml_into(struct hr__memory memory) {
    return (struct hr__xml_writer){.data = memory.data, .capacity = memory.capacity};
}

static inline int hr__xml_done(const struct hr__xml_writer *writer, size_t *size) {
    *size = writer->size;
    return writer->size <= writer->capacity ? 0 : -ENOBUFS;
}

#endif
