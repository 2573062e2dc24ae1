/* Other services by their names: what a configuration comes to, kept for those that were asked for
 * last. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <config/config_attached.h>
#include <config/config_nearest.h>
#include <headrace/clock.h>
#include <headrace/config_esper.h>

#define KEPT_MAX     128
#define KEPT_NS      (UINT64_C(300) * 1000000000)
#define NAME_SIZE    64
#define PORT_DEFAULT 8000

/* ---- Resolving. */

static const struct hr_esper_service_entry *entry_of(const struct hr_esper *esper,
                                                     const char *name) {
    const struct hr_esper_service_entry *entries = esper->services.items;
    for (size_t i = 0; i < esper->services.count; i++)
        if (strcmp(entries[i].name, name) == 0) return &entries[i];
    return NULL;
}

/* A name that may be a host's. */
static bool is_name(const char *name) {
    size_t size = name ? strnlen(name, NAME_SIZE) : 0;
    if (size == 0 || size == NAME_SIZE) return false;
    for (size_t i = 0; i < size; i++)
        if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= 'A' && name[i] <= 'Z') &&
            !(name[i] >= '0' && name[i] <= '9') && !strchr("-_.", name[i]))
            return false;
    return true;
}

static int put_url(const struct hr_esper_service_entry *entry, const char *name,
                   struct hr_esper_service *service) {
    const char *host = entry && entry->host ? entry->host : name;
    bool bare6 = strchr(host, ':') && *host != '[';
    unsigned port = entry && entry->port ? entry->port : PORT_DEFAULT;
    int size;
    if (entry && entry->url)
        size = snprintf(service->url, sizeof service->url, "%s", entry->url);
    else
        size = snprintf(service->url, sizeof service->url, "%s://%s%s%s:%u",
                        entry && entry->scheme ? "https" : "http", bare6 ? "[" : "", host,
                        bare6 ? "]" : "", port);
    if ((size_t)size >= sizeof service->url) return -ENAMETOOLONG;
    while (size > 0 && service->url[size - 1] == '/') service->url[--size] = '\0';
    return 0;
}

static int resolve(const hr_config *config, const char *name, struct hr_esper_service *service) {
    const struct hr_esper *esper = hr_config_values(config);
    const struct hr_esper_service_entry *entry = entry_of(esper, name);
    const struct hr_config_node *services = hr_config_find(config, "services");
    *service = (struct hr_esper_service){.known = entry != NULL};
    service->timeout_ms = entry && entry->timeout_ms ? entry->timeout_ms : esper->http.timeout_ms;
    service->attempts_max =
        entry && entry->attempts_max ? entry->attempts_max : esper->http.retry.attempts_max;
    service->node = hr_config_child(config, services, hr_slice_of(name));
    return put_url(entry, name, service);
}

/* ---- Those that were asked for last. */

struct kept {
    char name[NAME_SIZE];
    uint64_t resolved_ns, used; /* by the count of look-ups */
    struct hr_esper_service service;
};

struct services {
    pthread_mutex_t lock;
    uint64_t look_ups;
    size_t count;
    struct kept *kept[KEPT_MAX];
};

static void *services_new(void) {
    struct services *services = calloc(1, sizeof *services);
    if (services) pthread_mutex_init(&services->lock, NULL);
    return services;
}

static void services_free(void *user) {
    struct services *services = user;
    for (size_t i = 0; i < services->count; i++) free(services->kept[i]);
    pthread_mutex_destroy(&services->lock);
    free(services);
}

static struct kept *find_kept(struct services *services, const char *name) {
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->kept[i]->name, name) == 0) return services->kept[i];
    return NULL;
}

/* One more, or the one that was not asked for longest; NULL: no memory. */
static struct kept *take_place(struct services *services) {
    struct kept *oldest = NULL;
    if (services->count < KEPT_MAX) {
        struct kept *made = calloc(1, sizeof *made);
        if (made) services->kept[services->count++] = made;
        return made;
    }
    for (size_t i = 0; i < services->count; i++)
        if (!oldest || services->kept[i]->used < oldest->used) oldest = services->kept[i];
    return oldest;
}

static int look_up(struct services *services, const hr_config *config, const char *name,
                   struct hr_esper_service *service) {
    struct kept *kept = find_kept(services, name);
    uint64_t now_ns = hr_clock_monotonic_ns();
    assert(services->count <= KEPT_MAX);
    if (kept && now_ns - kept->resolved_ns < KEPT_NS) {
        kept->used = ++services->look_ups;
        *service = kept->service;
        return 0;
    }
    int err = resolve(config, name, service);
    if (err) return err;
    if (!kept) kept = take_place(services);
    if (!kept) return -ENOMEM;
    snprintf(kept->name, sizeof kept->name, "%s", name);
    kept->service = *service;
    kept->resolved_ns = now_ns;
    kept->used = ++services->look_ups;
    return 0;
}

/* ---- Asking. */

static int refuse_unknown(const struct hr_esper *esper, const char *name, struct hr_error *error) {
    const struct hr_esper_service_entry *entries = esper->services.items;
    struct hr_config_field *fields = calloc(esper->services.count + 1, sizeof *fields);
    for (size_t i = 0; fields && i < esper->services.count; i++) fields[i].name = entries[i].name;
    const char *near =
        fields ? hr__config_nearest(hr_slice_of(name), fields, esper->services.count) : NULL;
    free(fields);
    return hr_error_set(error, -ENOENT, "services has no \"%s\"%s%s%s", name, near ? ": is \"" : "",
                        near ? near : "", near ? "\" meant?" : "");
}

int hr_esper_service_get(const hr_config *config, const char *name, bool strict,
                         struct hr_error *error, struct hr_esper_service *service) {
    const struct hr_esper *esper = hr_config_values(config);
    if (!esper) return hr_error_set(error, -EINVAL, "there is no configuration with a schema");
    if (!is_name(name))
        return hr_error_set(error, -EINVAL,
                            "the name of a service has 1 to %d letters, digits, '-', '_' and '.'",
                            NAME_SIZE - 1);
    struct services *services = hr__config_attached(config, services_new, services_free);
    if (!services) return hr_error_set(error, -ENOMEM, "no memory for services");
    pthread_mutex_lock(&services->lock);
    int err = look_up(services, config, name, service);
    pthread_mutex_unlock(&services->lock);
    if (err == -ENAMETOOLONG)
        return hr_error_set(error, err, "the URL of \"%s\" is longer than %d bytes", name,
                            HR_ESPER_URL_MAX - 1);
    if (err) return hr_error_set(error, err, "no memory for services");
    return strict && !service->known ? refuse_unknown(esper, name, error) : 0;
}

int hr_config_service_url(const hr_config *config, const char *name, char *out, size_t capacity) {
    struct hr_esper_service service;
    int err = hr_esper_service_get(config, name, false, NULL, &service);
    if (err) return err;
    size_t size = strlen(service.url);
    if (size >= capacity) return -ENAMETOOLONG;
    memcpy(out, service.url, size + 1);
    return 0;
}
