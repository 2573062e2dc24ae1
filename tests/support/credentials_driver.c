/* Asks one of AWS's providers once, and prints what it gave, secrets too: for tests alone.
 *
 * usage: credentials_driver [--kind NUMBER] [--profile NAME] [--region NAME] [--ca FILE] [--now
 * SECONDS]
 *                           [--connect HOST PORT ADDRESS PORT]... */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/s3_credentials.h>

#include "shifted_clock.h"

#define ENTRIES_MAX 64

static struct hr_resolve_entry entries[ENTRIES_MAX];
static struct hr_s3_credentials_options options;
static sem_t ended;
static int status;

static int print_error(const struct hr_error *error) {
    printf("error %s\n", error->message);
    return 1;
}

static void print(const char *name, struct hr_slice text) {
    printf("%s ", name);
    for (size_t i = 0; i < text.size; i++) printf("%02x", (unsigned char)text.data[i]);
    printf("\n");
}

static void on_done(struct hr_s3_credentials_fetch *fetch, int result,
                    const struct hr_s3_credentials *credentials) {
    if (result < 0) {
        status = print_error(&fetch->error);
    } else {
        print("access_key_id", credentials->access_key);
        print("secret_access_key", credentials->secret_key);
        print("session_token", credentials->session_token);
        print("account_id", credentials->account_id);
        printf("expiry %llu\n", (unsigned long long)credentials->expires_s);
    }
    sem_post(&ended);
}

static void read_arguments(char **arguments) {
    struct hr_resolver_options *resolver = &options.http.resolver;
    for (; *arguments; arguments += 2) {
        const char *name = arguments[0];
        if (strcmp(name, "--kind") == 0) {
            options.kind = (enum hr_s3_credentials_kind)strtoul(arguments[1], NULL, 10);
        } else if (strcmp(name, "--profile") == 0) {
            options.profile = arguments[1];
        } else if (strcmp(name, "--region") == 0) {
            options.region = arguments[1];
        } else if (strcmp(name, "--ca") == 0) {
            options.http.tls.ca_file = arguments[1];
        } else if (strcmp(name, "--now") == 0) {
            shifted_clock_set((int64_t)strtoll(arguments[1], NULL, 10) -
                              (int64_t)(shifted_read(CLOCK_REALTIME) / 1000000000u));
        } else if (resolver->entry_count < ENTRIES_MAX) {
            entries[resolver->entry_count++] =
                (struct hr_resolve_entry){.host = arguments[1],
                                          .port = (uint16_t)strtoul(arguments[2], NULL, 10),
                                          .address = arguments[3],
                                          .to_port = (uint16_t)strtoul(arguments[4], NULL, 10)};
            arguments += 3;
        }
    }
    resolver->entries = entries;
}

int main(int argument_count, char **arguments) {
    (void)argument_count;
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_s3_credentials_provider provider;
    struct hr_error error = {0};
    hr_engine *engine;
    shifted_clock_use();
    read_arguments(arguments + 1);
    sem_init(&ended, 0, 0);
    if (hr_engine_new(&engine_options, &error, &engine)) return print_error(&error);
    if (hr_s3_credentials_new(engine, &options, &error, &provider)) {
        status = print_error(&error);
    } else {
        struct hr_s3_credentials_fetch fetch = {.on_done = on_done};
        if (provider.fetch(provider.user, &fetch) == 0)
            while (sem_wait(&ended)) continue;
        provider.free(provider.user);
    }
    hr_engine_close(engine, NULL, NULL);
    return status;
}
