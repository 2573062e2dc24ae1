/* Proxies and the hosts that are reached without: proxy, no_proxy and URL, a line each. A host that
 * is listed is reached directly, and "*" is every host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/url.h>

#include "proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static struct hr_proxy_rules *rules_of(const char *proxy, const char *no_proxy) {
    const struct hr_proxy_settings settings = {.http = {proxy, "http_proxy"},
                                               .https = {proxy, "https_proxy"},
                                               .no_proxy = {no_proxy, "no_proxy"}};
    struct hr_proxy_rules *rules;
    check(hr__proxy_rules_new(&settings, NULL, &rules) == 0);
    return rules;
}

static bool is_direct(const char *no_proxy, const struct hr_url *url) {
    struct hr_proxy_rules *rules = rules_of("p", no_proxy);
    struct hr_proxy_choice choice = hr__proxy_find(rules, url);
    hr__proxy_rules_free(rules);
    check(!choice.refusal);
    return !choice.proxy;
}

/* A host as a list can hold it: an IPv6 address, or labels as they are in use. */
static bool is_listable(const struct hr_url *url) {
    if (url->ipv6) return true;
    char before = '.';
    for (size_t i = 0; i < url->host.size; i++) {
        char byte = url->host.data[i];
        bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (byte == '.' ? before == '.'
                        : !letter && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_')
            return false;
        before = byte;
    }
    return url->host.size <= 200;
}

static void check_listed(const struct hr_url *url) {
    char entry[512];
    if (!is_listable(url)) return;
    snprintf(entry, sizeof entry, "x, %s%.*s%s", url->ipv6 ? "[" : "", (int)url->host.size,
             url->host.data, url->ipv6 ? "]" : "");
    check(is_direct(entry, url));
    size_t length = strlen(entry);
    snprintf(entry + length, sizeof entry - length, ":%u", url->port);
    check(is_direct(entry, url));
    check(is_direct("*", url));
}

static void run(char *proxy, char *no_proxy, const char *target) {
    struct hr_proxy_rules *rules = rules_of(proxy, no_proxy);
    char text[256];
    struct hr_url url;
    if (hr__proxy_rules_notice(rules, text, sizeof text))
        for (const char *at = text; *at; at++) check(*at >= ' ' && *at < 0x7f);
    if (hr_url_parse(hr_slice_of(target), NULL, &url) == 0) {
        check_listed(&url);
        struct hr_proxy_choice choice = hr__proxy_find(rules, &url);
        check(!choice.proxy || !choice.refusal);
        if (choice.proxy) check(*choice.proxy->host && choice.proxy->port > 0);
        if (choice.refusal) check(*choice.refusal);
    }
    hr__proxy_rules_free(rules);
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
