/* Starting and ending the embedded server. */
#include "bench_store.h"

#include <stdio.h>

#include "output.h"

int bench_store_check(const char *command, const struct connection_options *connection) {
    bool key = connection->access_key || connection->secret_key;
    if (connection->endpoint || (!key && !connection->client.resolve.count)) return EXIT_DONE;
    output_complain("%s: --%s needs --endpoint: the embedded server makes up its own credentials",
                    command,
                    connection->access_key ? "access-key"
                    : key                  ? "secret-key"
                                           : "resolve");
    return EXIT_USAGE;
}

int bench_store_start(struct perf_child *child, uint64_t bytes, unsigned cores_left, bool json,
                      struct hr_s3_client_options *client) {
    int exit_code;
    const struct perf_child_plan plan = {.store_bytes = bytes, .cores_left = cores_left};
    int err = perf_child_start(child, &plan, &exit_code);
    if (err) {
        const char *refusal = child->refusal;
        if (json && *refusal) {
            fputs(refusal, stdout);
            output_json_reported();
        }
        return output_failed_as(exit_code == EXIT_ENVIRONMENT ? EXIT_ENVIRONMENT : EXIT_FAILED,
                                json && !*refusal, err, "the embedded server did not start: %s",
                                exit_code ? "it says why above" : hr_error_text(err));
    }
    client->endpoint = child->endpoint;
    client->access_key = child->access_key;
    client->secret_key = child->secret_key;
    client->http.proxy.from_environment = false;
    return EXIT_DONE;
}

int bench_store_stop(struct perf_child *child, int code) {
    int server_code = perf_child_stop(child);
    if (!server_code) return code;
    output_complain("the embedded server had ended before, with exit code %d", server_code);
    return code == EXIT_DONE ? EXIT_FAILED : code;
}
