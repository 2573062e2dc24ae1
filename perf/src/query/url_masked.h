/* URLs as reports show them: neither user information nor what signs them. */
#ifndef PERF_URL_MASKED_H
#define PERF_URL_MASKED_H

#include <stddef.h>

/* hr_url_show, with "***" in place of the values of X-Amz-Signature, X-Amz-Credential,
 * X-Amz-Security-Token, Signature and AWSAccessKeyId in its query: whoever has a presigned URL may
 * do what it is for. Writes at most `capacity` bytes and returns `shown`. Any thread. */
const char *perf_url_masked(const char *text, char *shown, size_t capacity);

#endif
