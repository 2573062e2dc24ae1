/* The server of http1/sequences: a list of replies per connection, in the words of that suite. */
#ifndef TEST_HTTP_SCRIPT_H
#define TEST_HTTP_SCRIPT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct http_script;

/* Listens on 127.0.0.1, a port from the kernel, and follows `script` (borrowed). */
struct http_script *http_script_start(const json_t *script);
uint16_t http_script_port(const struct http_script *server);
/* Ends the server and waits for it. */
void http_script_stop(struct http_script *server);

/* After the stop: connections accepted; heads and bodies of all requests, NUL-terminated. */
unsigned http_script_connections(const struct http_script *server);
const char *http_script_heads(const struct http_script *server);
const char *http_script_bodies(const struct http_script *server, size_t *size);
void http_script_free(struct http_script *server);

#endif
