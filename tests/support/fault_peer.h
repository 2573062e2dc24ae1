/* A store that fails by chance, or refuses for one reason, and counts what it receives: blocking
 * sockets and threads, nothing of the library. Its objects are functions of their keys, which are
 * numbers: /bucket/NUMBER. */
#ifndef TEST_FAULT_PEER_H
#define TEST_FAULT_PEER_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_PEER_KEYS 200000
#define FAULT_PEER_SIZE 4096 /* bytes of an object, at most */

enum fault_peer_refusal {
    FAULT_PEER_TAKES,     /* nothing but the faults */
    FAULT_PEER_SLOW_DOWN, /* everything: 503 */
    FAULT_PEER_CLOCK,     /* signatures that are 15 minutes from its clock */
    FAULT_PEER_REGION,    /* signatures for another region than eu-west-3: 400 */
    FAULT_PEER_TOKEN,     /* a session token "old" */
    FAULT_PEER_REDIRECTS, /* everything: 307 to `location` */
};

struct fault_peer_options {
    unsigned faults_percent;
    enum fault_peer_refusal refusal;
    int64_t clock_offset_s;
    const char *location; /* borrowed */
};

struct fault_peer;

/* 127.0.0.1, a port of the kernel's. */
struct fault_peer *fault_peer_start(const struct fault_peer_options *options);
uint16_t fault_peer_port(const struct fault_peer *peer);
/* Whole requests; of them those with a signature; connections. */
uint64_t fault_peer_requests(const struct fault_peer *peer);
uint64_t fault_peer_signed(const struct fault_peer *peer);
uint64_t fault_peer_connections(const struct fault_peer *peer);
uint64_t fault_peer_faults(const struct fault_peer *peer);
/* So often a key was written, by PUT or POST. */
unsigned fault_peer_effects(const struct fault_peer *peer, unsigned key);
/* All connections are closed by now, or are closed here. */
void fault_peer_stop(struct fault_peer *peer);

/* The object of a key. */
unsigned fault_peer_size(unsigned key);
char fault_peer_byte(unsigned key, unsigned place);

#endif
