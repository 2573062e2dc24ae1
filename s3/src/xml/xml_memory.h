/* Memory for expat, which is wiped when it is freed: a document may hold credentials, and expat
 * keeps copies of it. Any thread. */
#ifndef HR_S3_XML_MEMORY_H
#define HR_S3_XML_MEMORY_H

#include <expat.h>

const XML_Memory_Handling_Suite *hr__xml_memory(void);

#endif
