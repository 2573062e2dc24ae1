/* Proxies and the hosts that are reached without: proxy, no_proxy and URL, a line each. A host that
 * is listed is reached directly, and "*" is every host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/url.h>

#include "proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static const struct hr_proxy *find(const char *no_proxy, const struct hr_url *url) {
    struct hr_proxy_rules *rules;
    struct hr_proxy_settings settings = {.all = "p", .no_proxy = no_proxy};
    check(hr__proxy_rules_new(&settings, NULL, &rules) == 0);
    const struct hr_proxy *proxy = hr__proxy_find(rules, url);
    hr__proxy_rules_free(rules);
    return proxy;
}

static void check_listed(const struct hr_url *url) {
    char entry[512];
    if (url->host.size > 200 || memchr(url->host.data, ',', url->host.size) ||
        memchr(url->host.data, '*', url->host.size) || url->host.data[0] == '.')
        return;
    snprintf(entry, sizeof entry, "x, %s%.*s%s", url->ipv6 ? "[" : "", (int)url->host.size,
             url->host.data, url->ipv6 ? "]" : "");
    check(!find(entry, url));
    size_t length = strlen(entry);
    snprintf(entry + length, sizeof entry - length, ":%u", url->port);
    check(!find(entry, url));
    check(!find("*", url));
}

static void run(char *proxy, char *no_proxy, const char *target) {
    struct hr_proxy_settings settings = {.http = proxy, .https = proxy, .no_proxy = no_proxy};
    struct hr_proxy_rules *rules;
    struct hr_error error = {.code = 0};
    int err = hr__proxy_rules_new(&settings, &error, &rules);
    check(err == error.code && (err == 0 || err == -EINVAL));
    struct hr_url url;
    if (hr_url_parse(hr_slice_of(target), NULL, &url) == 0) {
        check_listed(&url);
        const struct hr_proxy *found = err ? NULL : hr__proxy_find(rules, &url);
        if (found) check(*found->host && found->port > 0);
    }
    if (!err) hr__proxy_rules_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *lines[3] = {NULL};
    const char *at = (const char *)data;
    for (int i = 0; i < 3; i++) {
        size_t length = 0;
        while (length < size && at[length] != '\n') length++;
        lines[i] = strndup(at ? at : "", length);
        size_t past = length < size ? length + 1 : length;
        at += past;
        size -= past;
    }
    run(lines[0], lines[1], lines[2]);
    for (int i = 0; i < 3; i++) free(lines[i]);
    return 0;
}
