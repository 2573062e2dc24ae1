/* Options about where connections go and how they are secured, which every command with an HTTP
 * client has, and what the client makes of them. */
#ifndef COMMAND_NETWORK_H
#define COMMAND_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/http_client.h>
#include <headrace/tls.h>

#include "options.h"

struct tls_values {
    const char *ca_file;
    const char *ca_directory;
    const char *certificate;
    const char *key;
    const char *pinned_keys;
    int version_min; /* enum hr_tls_version, from 1.2 on */
    bool insecure;
};

/* The table over struct tls_values. */
extern const struct option tls_table[];

/* EXIT_DONE, or EXIT_USAGE after a complaint. Strings are borrowed. */
int tls_values_fill(const struct tls_values *values, struct hr_tls_options *options);

/* The check of an option --resolve, in the form of curl's: HOST:PORT:ADDRESS, the address of
 * version 6 with brackets or not; port 0 or * is every port; behind the address a port of its own
 * may stand when it has brackets or is of version 4. */
int resolve_check(const char *text, char *why, size_t why_size);

/* The contents of such options; entries point into `text`. */
struct resolve_settings {
    struct hr_resolve_entry entries[OPTION_LIST_MAX];
    size_t count;
    char text[OPTION_LIST_MAX][320];
};
/* Every item has been checked. */
void resolve_fill(const struct option_list *list, struct resolve_settings *settings);

/* Options that every client of the command has, a store's too. */
struct client_values {
    struct option_list resolve;
    const char *nameservers;
    bool ipv4, ipv6;
    const char *proxy;
    const char *no_proxy;
    bool lenient;
};

/* The table over struct client_values. */
extern const struct option client_table[];

/* Fills in everything that the values say; `settings` must live until the client has been made. */
void client_values_fill(const struct client_values *values, struct resolve_settings *settings,
                        struct hr_http_client_options *options);

/* Options of a client of web servers. */
struct network_values {
    struct client_values client;
    const char *unix_socket;
    uint64_t connect_timeout_ms, first_byte_timeout_ms, stall_timeout_ms;
};

/* The table over the rest of struct network_values. */
extern const struct option network_table[];

/* The groups of both, where struct network_values lies at `base`. */
#define NETWORK_GROUPS(base)                                                                       \
    {"Network", client_table, (base) + offsetof(struct network_values, client)}, {                 \
        "Socket and time-outs", network_table, base                                                \
    }

/* Fills in both. */
void network_values_fill(const struct network_values *values, struct resolve_settings *settings,
                         struct hr_http_client_options *options);

/* "Name: value" as one field, slices of `text`; 0 or -1. What may stand in either is checked by the
 * client. And the check of an option --header. */
int header_read(const char *text, struct hr_http_field *field);
int header_check(const char *text, char *why, size_t why_size);

/* The check of an option that must not be empty. */
int not_empty_check(const char *text, char *why, size_t why_size);

#endif
