/* "HOST:PORT" and "[V6]:PORT" as an address. */
#ifndef PERF_FAULT_ADDRESS_H
#define PERF_FAULT_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <headrace/error.h>

struct fault_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

/* Looks the name up, which may take as long as its resolver does, and takes the first address.
 * `numeric`: names are refused, and port 0 is none that is missing. 0; -EINVAL for a text that is
 * none, -EHOSTUNREACH for a name without an address. Any thread. */
int fault_address_read(const char *text, bool numeric, struct fault_address *address,
                       struct hr_error *error);
uint16_t fault_address_port(const struct fault_address *address);

#endif
