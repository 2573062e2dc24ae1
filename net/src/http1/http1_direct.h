/* Heads of responses that can be read in one way only. */
#ifndef HR_NET_HTTP1_DIRECT_H
#define HR_NET_HTTP1_DIRECT_H

#include "http1_head.h"

/* Reads the head of a response at the front of `data` in one pass, without hr__http1_scan, llhttp
 * and hr__http1_framing_judge, and returns its size. 0 where it is not whole, where a byte of it
 * may not stand there, or where another recipient might read its framing differently: then nothing
 * in `fields` and `message` counts. Both point into `data`. `message` is zeroed before. */
size_t hr__http1_direct(struct hr_slice data, struct hr_http1_fields *fields,
                        struct hr_http1_message *message);

#endif
