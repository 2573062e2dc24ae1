/* The OpenSSL library context that connections use. */
#ifndef HR_NET_TLS_LIBRARY_H
#define HR_NET_TLS_LIBRARY_H

#include <openssl/types.h>

/* One that reads the keys of certificates quickly; NULL is OpenSSL's own, where the process has set
 * up providers or properties by itself, where OpenSSL needs no help, or where there is no memory.
 * Any thread. */
OSSL_LIB_CTX *hr__tls_library(void);

#endif
