/* Which proxy a request goes through: settings, the environment, NO_PROXY. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "credentials_basic.h"
#include "no_proxy.h"
#include "proxy.h"

#define SHOWN_MAX 80 /* bytes of an entry of no_proxy */

struct proxy_rule {
    struct hr_proxy proxy; /* host NULL: none */
    char refusal[200];     /* why it cannot be used; "": it can, or there is none */
};

struct hr_proxy_rules {
    struct proxy_rule http, https;
    struct hr_no_proxy no_proxy;
    const char *no_proxy_name;
};

/* An empty variable is one that is not set, as to curl and Go. */
static struct hr_proxy_setting environment(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    if (value && *value) return (struct hr_proxy_setting){value, name};
    value = otherwise ? getenv(otherwise) : NULL;
    if (value && *value) return (struct hr_proxy_setting){value, otherwise};
    return (struct hr_proxy_setting){NULL, name};
}

void hr__proxy_settings_from_environment(struct hr_proxy_settings *settings) {
    settings->http = environment("http_proxy", NULL);
    settings->https = environment("https_proxy", "HTTPS_PROXY");
    settings->all = environment("all_proxy", "ALL_PROXY");
    settings->no_proxy = environment("no_proxy", "NO_PROXY");
}

static int refuse(struct hr_error *error, const char *which, const char *why) {
    return hr_error_set(error, -EINVAL, "%s: %s", which, why);
}

static int parse_credentials(struct hr_slice userinfo, const char *which, struct hr_error *error,
                             struct hr_proxy *proxy) {
    char *memory = malloc(userinfo.size);
    if (!memory) return hr_error_set(error, -ENOMEM, "no memory for the proxy");
    const char *colon = memchr(userinfo.data, ':', userinfo.size);
    size_t user_size = colon ? (size_t)(colon - userinfo.data) : userinfo.size;
    struct hr_slice user = hr_slice_bytes(userinfo.data, user_size);
    struct hr_slice password = hr_slice_bytes(NULL, 0);
    if (colon) password = hr_slice_bytes(colon + 1, userinfo.size - user_size - 1);

    /* Decoded is never longer than encoded. */
    size_t user_bytes, password_bytes;
    int err = hr_percent_decode(user, memory, user_size, &user_bytes);
    if (!err)
        err = hr_percent_decode(password, memory + user_size, userinfo.size - user_size,
                                &password_bytes);
    if (err) {
        err = refuse(error, which,
                     "a '%' in user or password without two hexadecimal digits (write it %25)");
    } else {
        struct hr_basic_credentials credentials = {
            .user = hr_slice_bytes(memory, user_bytes),
            .password = hr_slice_bytes(memory + user_size, password_bytes)};
        struct hr_error inner = {.code = 0};
        err = hr__credentials_basic(&credentials, &inner, &proxy->authorization);
        if (err == -EINVAL) refuse(error, which, inner.message);
        if (err == -ENOMEM) hr_error_set(error, err, "no memory for the proxy");
    }
    OPENSSL_cleanse(memory, userinfo.size);
    free(memory);
    return err;
}

/* `text` has its scheme. The messages of the URL parser say where, and quote nothing but bytes that
 * were refused before. */
static int parse_url(const char *text, const char *which, struct hr_error *error,
                     struct hr_proxy *proxy) {
    struct hr_url url;
    struct hr_error inner = {.code = 0};
    int err = hr_url_parse(hr_slice_of(text), &inner, &url);
    if (err == HR_ERR_URL_SCHEME)
        return refuse(error, which, "only http:// proxies can be used, not https or socks");
    if (err) return refuse(error, which, inner.message);
    if (url.tls) return refuse(error, which, "only http:// proxies can be used, not https");
    if ((url.path.size > 0 && !hr_slice_equal(url.path, hr_slice_of("/"))) || url.query.data ||
        strchr(text, '#'))
        return refuse(error, which, "something behind host and port");
    if (url.port == 0) return refuse(error, which, "port 0");
    if (url.userinfo.size > 0) {
        err = parse_credentials(url.userinfo, which, error, proxy);
        if (err) return err;
    }
    proxy->port = url.port;
    proxy->host = strndup(url.host.data, url.host.size);
    return proxy->host ? 0 : hr_error_set(error, -ENOMEM, "no memory for the proxy");
}

static int parse_proxy(const char *text, const char *which, struct hr_error *error,
                       struct hr_proxy *proxy) {
    static const char scheme[] = "http://";
    if (!text || !*text) return 0;
    size_t size = strlen(text), offset = strstr(text, "://") ? 0 : sizeof scheme - 1;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
            return refuse(error, which, "a byte that has to be percent-encoded");
    char *whole = malloc(offset + size + 1);
    if (!whole) return hr_error_set(error, -ENOMEM, "no memory for the proxy");
    memcpy(whole, scheme, offset);
    memcpy(whole + offset, text, size + 1);
    int err = parse_url(whole, which, error, proxy);
    OPENSSL_cleanse(whole, offset + size);
    free(whole);
    return err;
}

/* A refusal stands there until a request needs it: a variable that none needs is no error. */
static int make_rule(const struct hr_proxy_setting *own, const struct hr_proxy_setting *all,
                     struct hr_error *error, struct proxy_rule *rule) {
    const struct hr_proxy_setting *setting = own->text && *own->text ? own : all;
    struct hr_error why = {.code = 0};
    int err = parse_proxy(setting->text, setting->name, &why, &rule->proxy);
    if (err == -EINVAL) {
        hr_text_copy(rule->refusal, sizeof rule->refusal, hr_slice_of(why.message));
        return 0;
    }
    return err ? hr_error_set(error, err, "%s", why.message) : 0;
}

int hr__proxy_rules_new(const struct hr_proxy_settings *settings, struct hr_error *error,
                        struct hr_proxy_rules **rules) {
    struct hr_proxy_rules *out = calloc(1, sizeof *out);
    if (!out) return hr_error_set(error, -ENOMEM, "no memory for the proxy");
    int err = make_rule(&settings->http, &settings->all, error, &out->http);
    if (!err) err = make_rule(&settings->https, &settings->all, error, &out->https);
    if (!err) err = hr__no_proxy_init(&out->no_proxy, settings->no_proxy.text, error);
    if (err) {
        hr__proxy_rules_free(out);
        return err;
    }
    out->no_proxy_name = settings->no_proxy.name;
    *rules = out;
    return 0;
}

static bool is_set(const struct proxy_rule *rule) {
    return rule->proxy.host || rule->refusal[0];
}

const char *hr__proxy_rules_refusal(const struct hr_proxy_rules *rules) {
    if (rules->http.refusal[0]) return rules->http.refusal;
    return rules->https.refusal[0] ? rules->https.refusal : NULL;
}

/* An entry as it can be shown: no control byte, no user and password, no more than SHOWN_MAX. */
static void show_entry(struct hr_slice entry, char text[SHOWN_MAX + 1]) {
    const char *sign = memrchr(entry.data, '@', entry.size);
    if (sign) {
        size_t hidden = (size_t)(sign - entry.data) + 1;
        entry = hr_slice_bytes(entry.data + hidden, entry.size - hidden);
    }
    size_t size = entry.size < SHOWN_MAX ? entry.size : SHOWN_MAX;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)entry.data[i];
        text[i] = byte <= ' ' || byte >= 0x7f ? '?' : entry.data[i];
    }
    text[size] = 0;
}

/* Where there is no proxy the list concerns nobody. */
bool hr__proxy_rules_notice(const struct hr_proxy_rules *rules, char *text, size_t size) {
    const struct hr_no_proxy *list = &rules->no_proxy;
    char entry[SHOWN_MAX + 1], more[48] = "";
    if (list->unread_count == 0 || (!is_set(&rules->http) && !is_set(&rules->https))) return false;
    show_entry(list->unread, entry);
    if (list->unread_count > 1)
        snprintf(more, sizeof more, " and %zu more", list->unread_count - 1);
    snprintf(text, size,
             "%s: passed over '%s'%s: no host, address or network, with or without a port",
             rules->no_proxy_name, entry, more);
    return true;
}

void hr__proxy_rules_free(struct hr_proxy_rules *rules) {
    if (!rules) return;
    hr__credentials_free(rules->http.proxy.authorization);
    hr__credentials_free(rules->https.proxy.authorization);
    free(rules->http.proxy.host);
    free(rules->https.proxy.host);
    hr__no_proxy_deinit(&rules->no_proxy);
    free(rules);
}

struct hr_proxy_choice hr__proxy_find(const struct hr_proxy_rules *rules,
                                      const struct hr_url *url) {
    const struct proxy_rule *rule = url->tls ? &rules->https : &rules->http;
    struct hr_proxy_choice choice = {NULL, NULL};
    if (!is_set(rule) || hr__no_proxy_matches(&rules->no_proxy, url)) return choice;
    if (rule->refusal[0])
        choice.refusal = rule->refusal;
    else
        choice.proxy = &rule->proxy;
    return choice;
}
