/* resolv.conf, and the options that stand in its place. */
#include "resolver_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/url.h>

#include "address_text.h"

#define DNS_PORT      53
#define NDOTS_MAX     15 /* these three as in resolv.conf(5) */
#define TIMEOUT_S_MAX 30
#define ATTEMPTS_MAX  5
#define TRIES_MAX     10
#define TIMEOUT_MS    1000
#define TRIES         3
#define NDOTS         1

/* c-ares takes no zones, so an address with one is refused. */
static bool read_address(struct hr_slice text, union hr_address *server) {
    return hr__address_read(text, false, server) == 0 && !memchr(text.data, '%', text.size);
}

/* Digits only; a number above `max` counts as `max`. */
static bool read_number(struct hr_slice text, unsigned max, unsigned *number) {
    unsigned value = 0;
    if (text.size == 0) return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        value = value * 10 + (unsigned)(text.data[i] - '0');
        if (value > max) value = max + 1;
    }
    *number = value > max ? max : value;
    return true;
}

void hr__resolver_conf_init(struct hr_resolver_conf *conf) {
    memset(conf, 0, sizeof *conf);
    conf->ndots = NDOTS;
    conf->timeout_ms = TIMEOUT_MS;
    conf->tries = TRIES;
    conf->server_count = 1;
    read_address(hr_slice_of("127.0.0.1"), &conf->servers[0]);
    hr__address_set_port(&conf->servers[0], DNS_PORT);
}

/* ---- The file. */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next word off `line`; false: there is none. */
static bool take_word(struct hr_slice *line, struct hr_slice *word) {
    size_t at = 0;
    while (at < line->size && is_blank(line->data[at])) at++;
    size_t begin = at;
    while (at < line->size && !is_blank(line->data[at])) at++;
    *word = hr_slice_bytes(line->data + begin, at - begin);
    *line = hr_slice_bytes(line->data + at, line->size - at);
    return word->size > 0;
}

static bool is_word(struct hr_slice word, const char *text) {
    return hr_slice_equal(word, hr_slice_of(text));
}

static bool add_domain(struct hr_resolver_conf *conf, struct hr_slice text) {
    if (conf->domain_count == HR_SEARCH_DOMAINS_MAX) return false;
    char *domain = conf->domains[conf->domain_count];
    if (hr__dns_name_read(text, domain)) return false;
    size_t size = strlen(domain);
    if (domain[size - 1] == '.') domain[size - 1] = 0;
    conf->domain_count++;
    return true;
}

static void read_options(struct hr_resolver_conf *conf, struct hr_slice line) {
    struct hr_slice word;
    while (take_word(&line, &word)) {
        struct hr_slice value = word, key = {.data = NULL};
        hr_slice_cut(&value, ':', &key);
        unsigned number;
        if (is_word(key, "rotate"))
            conf->rotate = true;
        else if (is_word(key, "ndots") && read_number(value, NDOTS_MAX, &number))
            conf->ndots = number;
        else if (is_word(key, "timeout") && read_number(value, TIMEOUT_S_MAX, &number) && number)
            conf->timeout_ms = number * 1000;
        else if (is_word(key, "attempts") && read_number(value, ATTEMPTS_MAX, &number) && number)
            conf->tries = number;
    }
}

static void read_server(struct hr_resolver_conf *conf, struct hr_slice text, unsigned *count) {
    union hr_address server;
    if (*count == HR_NAME_SERVERS_MAX || !read_address(text, &server)) return;
    hr__address_set_port(&server, DNS_PORT);
    conf->servers[*count] = server;
    conf->server_count = ++*count;
}

void hr__resolver_conf_read(struct hr_resolver_conf *conf, struct hr_slice text) {
    unsigned servers = 0;
    struct hr_slice line, word, domain;
    while (hr_slice_cut(&text, '\n', &line)) {
        if (!take_word(&line, &word) || word.data[0] == '#' || word.data[0] == ';') continue;
        if (is_word(word, "nameserver")) {
            if (take_word(&line, &word)) read_server(conf, word, &servers);
        } else if (is_word(word, "search") || is_word(word, "domain")) {
            conf->domain_count = 0; /* the last of them counts */
            while (take_word(&line, &domain)) add_domain(conf, domain);
        } else if (is_word(word, "options")) {
            read_options(conf, line);
        }
    }
}

/* ---- The options. */

static struct hr_slice trim(struct hr_slice text) {
    while (text.size > 0 && is_blank(text.data[0]))
        text = hr_slice_bytes(text.data + 1, text.size - 1);
    while (text.size > 0 && is_blank(text.data[text.size - 1])) text.size--;
    return text;
}

/* Takes what stands before the next comma. */
static struct hr_slice take_item(struct hr_slice *list) {
    struct hr_slice item = hr_slice_of("");
    hr_slice_cut(list, ',', &item);
    return trim(item);
}

/* "1.2.3.4", "1.2.3.4:53", "::1", "[::1]", "[::1]:53". */
static bool read_server_port(struct hr_slice text, union hr_address *server) {
    struct hr_slice port = hr_slice_of("");
    unsigned number = DNS_PORT;
    if (text.size > 0 && text.data[0] == '[') {
        const char *end = memchr(text.data, ']', text.size);
        if (!end) return false;
        size_t size = (size_t)(end - text.data);
        port = hr_slice_bytes(end + 1, text.size - size - 1);
        text = hr_slice_bytes(text.data + 1, size - 1);
        if (!memchr(text.data, ':', text.size)) return false;
    } else {
        const char *colon = memchr(text.data, ':', text.size);
        size_t size = colon ? (size_t)(colon - text.data) : text.size;
        if (colon && !memchr(colon + 1, ':', text.size - size - 1)) {
            port = hr_slice_bytes(colon, text.size - size);
            text.size = size;
        }
    }
    if (port.size > 0) {
        struct hr_slice digits = hr_slice_bytes(port.data + 1, port.size - 1);
        if (port.data[0] != ':' || !read_number(digits, 65536, &number) || number == 0 ||
            number > 65535)
            return false;
    }
    if (!read_address(text, server)) return false;
    hr__address_set_port(server, (uint16_t)number);
    return true;
}

static int override_servers(struct hr_resolver_conf *conf, const char *text,
                            struct hr_error *error) {
    struct hr_slice list = hr_slice_of(text);
    unsigned count = 0;
    char shown[121];
    do {
        struct hr_slice item = take_item(&list);
        if (count == HR_NAME_SERVERS_MAX)
            return hr_error_set(error, -EINVAL,
                                "resolver.nameservers names more than %d name servers",
                                HR_NAME_SERVERS_MAX);
        if (item.size == 0 || !read_server_port(item, &conf->servers[count]))
            return hr_error_set(error, -EINVAL,
                                "resolver.nameservers '%s': entry %u is none of "
                                "\"1.2.3.4\", \"1.2.3.4:53\", \"::1\", \"[::1]:53\"",
                                hr_url_show(hr_slice_of(text), shown, sizeof shown), count + 1);
        count++;
    } while (list.size > 0);
    conf->server_count = count;
    return 0;
}

static int override_search(struct hr_resolver_conf *conf, const char *text,
                           struct hr_error *error) {
    struct hr_slice list = hr_slice_of(text);
    char shown[121];
    conf->domain_count = 0;
    while (list.size > 0) {
        struct hr_slice item = take_item(&list);
        if (conf->domain_count == HR_SEARCH_DOMAINS_MAX)
            return hr_error_set(error, -EINVAL, "resolver.search names more than %d domains",
                                HR_SEARCH_DOMAINS_MAX);
        if (!add_domain(conf, item))
            return hr_error_set(error, -EINVAL, "resolver.search '%s': entry %u is no domain name",
                                hr_url_show(hr_slice_of(text), shown, sizeof shown),
                                conf->domain_count + 1);
    }
    return 0;
}

int hr__resolver_conf_override(struct hr_resolver_conf *conf,
                               const struct hr_resolver_options *options, struct hr_error *error) {
    int err = 0;
    if (options->nameservers) err = override_servers(conf, options->nameservers, error);
    if (!err && options->search) err = override_search(conf, options->search, error);
    if (err) return err;
    if (options->tries > TRIES_MAX)
        return hr_error_set(error, -EINVAL, "resolver.tries %u is more than %d", options->tries,
                            TRIES_MAX);
    if (options->tries) conf->tries = options->tries;
    return 0;
}

/* ---- The search rules. */

static unsigned count_dots(const char *name) {
    unsigned dots = 0;
    for (; *name; name++) dots += *name == '.';
    return dots;
}

bool hr__resolver_conf_candidate(const struct hr_resolver_conf *conf, const char *name,
                                 unsigned index, char candidate[HR_DNS_NAME_SIZE]) {
    size_t size = strlen(name);
    bool absolute = size > 0 && name[size - 1] == '.';
    unsigned count = 1 + (absolute ? 0 : conf->domain_count);
    if (index >= count) return false;
    unsigned as_it_is = absolute || count_dots(name) >= conf->ndots ? 0 : count - 1;
    int written;
    if (index == as_it_is)
        written = snprintf(candidate, HR_DNS_NAME_SIZE, "%s%s", name, absolute ? "" : ".");
    else
        written = snprintf(candidate, HR_DNS_NAME_SIZE, "%s.%s.", name,
                           conf->domains[as_it_is == 0 ? index - 1 : index]);
    if (written < 0 || written >= HR_DNS_NAME_SIZE) candidate[0] = 0;
    return true;
}
