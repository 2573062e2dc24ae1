/* Access lines. Bucket and key are the only text of the target that is written: what signs a
 * presigned URL stands in its query. */
#include "serve_log.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define LOG_NAME    "access"
#define TEXT_MAX    4096 /* a key has at most 1024 bytes */
#define CLIENT_SIZE (INET6_ADDRSTRLEN + 8)

int serve_log_open(const char *path, hr_engine *engine, struct hr_error *error, hr_log **log) {
    bool to_stdout = strcmp(path, "-") == 0;
    const struct hr_log_sink sink = {
        .kind = to_stdout ? HR_LOG_SINK_STDOUT : HR_LOG_SINK_FILE,
        .format = HR_LOG_FORMAT_JSON,
        .path = to_stdout ? NULL : path,
    };
    const struct hr_log_options options = {.name = LOG_NAME,
                                           .sinks = &sink,
                                           .sink_count = 1,
                                           .engine = engine,
                                           .string_bytes_max = TEXT_MAX};
    return hr_log_new(&options, error, log);
}

/* "127.0.0.1:54321", "[::1]:54321"; empty: not known. */
static void print_client(const struct sockaddr_storage *client, char text[CLIENT_SIZE]) {
    char address[INET6_ADDRSTRLEN];
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    text[0] = '\0';
    if (client->ss_family == AF_INET) {
        memcpy(&v4, client, sizeof v4);
        if (inet_ntop(AF_INET, &v4.sin_addr, address, sizeof address))
            snprintf(text, CLIENT_SIZE, "%s:%u", address, (unsigned)ntohs(v4.sin_port));
    } else if (client->ss_family == AF_INET6) {
        memcpy(&v6, client, sizeof v6);
        if (inet_ntop(AF_INET6, &v6.sin6_addr, address, sizeof address))
            snprintf(text, CLIENT_SIZE, "[%s]:%u", address, (unsigned)ntohs(v6.sin6_port));
    }
}

void serve_log_record(void *user, const struct s3_server_record *record) {
    hr_log *log = user;
    char client[CLIENT_SIZE];
    bool broken = record->result < 0;
    print_client(record->client, client);
    HR_INFO(log, "request", "client", client, "access_key", record->access_key, "method",
            record->method, "operation", record->operation ? record->operation : "", "bucket",
            record->bucket, "key", record->key, "status", record->status, "error",
            record->error ? record->error : "", "bytes_in", record->bytes_in, "bytes_out",
            record->bytes_out, "duration_ms", (double)(record->duration_ns / 1000) / 1000,
            "request_id", record->request_id, "broken", broken);
}
