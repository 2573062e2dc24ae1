// The same from C++: callbacks are captureless lambdas, structs are zeroed and filled.
#include <cstdio>
#include <future>
#include <string>

#include <headrace/breaker.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/log.h>
#include <headrace/s3.h>
#include <headrace/url.h>

#include "log_forms.hpp"

static int get(hr_http_client *client, unsigned port) {
    std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
    std::promise<int> done;
    hr_buffer body{};
    hr_http_request request{};
    request.url = url.c_str();
    request.sink = hr_sink_buffer(&body, 0);
    request.request.timeout_ms = 10000;
    request.request.user = &done;
    request.request.on_done = [](hr_request *finished) {
        static_cast<std::promise<int> *>(finished->user)->set_value(finished->result);
    };
    int err = hr_http_request_start(client, &request);
    if (!err) err = done.get_future().get();
    if (err) std::fprintf(stderr, "GET: %s\n", hr_error_name(err));
    if (!err && std::string(body.data, body.size) != "installed") err = -1;
    hr_buffer_deinit(&body);
    return err;
}

// A log with C++'s own types, into a function.
static int log_once() {
    std::string lines;
    hr_log_sink sink{};
    sink.kind = HR_LOG_SINK_CALLBACK;
    sink.format = HR_LOG_FORMAT_LOGFMT;
    sink.user = &lines;
    sink.write = [](void *user, const char *text, size_t size) {
        static_cast<std::string *>(user)->append(text, size);
    };
    hr_log_options options{};
    options.sinks = &sink;
    options.sink_count = 1;
    hr_log *log = nullptr;
    hr_error error{};
    if (hr_log_new(&options, &error, &log)) return -1;
    const int numbers[] = {1, 2};
    HR_INFO(log, "from C++", "text", std::string("a b"), "numbers", HR_ARRAY(numbers, 2), "group",
            HR_GROUP("id", 7, "on", true));
    if (hr_log_close(log)) return -1;
    const char *expected = "msg=\"from C++\" text=\"a b\" numbers=[1,2] group.id=7 group.on=true\n";
    return lines.find(expected) == std::string::npos ? -1 : 0;
}

// A breaker round a call that fails twice, with a hook; a URL; and TLS options that are refused by
// name.
static int breaker_and_url(hr_engine *engine) {
    unsigned transitions = 0;
    hr_error error{};
    hr_breaker *breaker = nullptr;
    hr_breaker_options options{};
    options.failures_max = 2;
    options.user = &transitions;
    options.on_transition = [](void *user, const char *, const hr_breaker_transition *) {
        ++*static_cast<unsigned *>(user);
    };
    if (hr_breaker_new(&options, &error, &breaker)) return -1;
    for (int i = 0; i < 2; i++) {
        hr_breaker_pass pass;
        if (hr_breaker_enter(breaker, &pass, nullptr)) return -1;
        hr_breaker_leave(breaker, &pass, hr_breaker_classify(hr_breaker_result{-1, 0}), -1);
    }
    hr_breaker_free(breaker);
    hr_url url;
    if (hr_url_parse(hr_slice_of("https://[::1]/a?b"), &error, &url) || !url.tls || url.port != 443)
        return -1;
    hr_http_client_options tls{};
    hr_http_client *client = nullptr;
    tls.tls.ca_file = "/nowhere";
    if (hr_http_client_new(engine, &tls, &error, &client) != HR_ERR_TLS_OPTIONS) return -1;
    return transitions == 1 ? 0 : -1;
}

int main() {
    hr_s3_uri uri;
    if (hr_s3_parse_uri(hr_slice_of("s3://models/seed/42.pt"), &uri) != 0) return 1;
    if (std::string(uri.key.data, uri.key.size) != "seed/42.pt") return 1;

    hr_error error{};
    hr_engine_options options{};
    options.reactors = 1;
    hr_http_server_options serve{};
    hr_http_client_options client_options{};
    serve.on_request = [](void *, hr_http_exchange *exchange) {
        hr_http_response response{};
        response.status = 200;
        response.body = hr_source_bytes("installed", 9);
        (void)hr_http_exchange_respond(exchange, &response);
    };
    hr_engine *engine = nullptr;
    hr_http_server *server = nullptr;
    hr_http_client *client = nullptr;
    int err = hr_engine_new(&options, &error, &engine);
    if (!err) err = hr_http_server_new(engine, &serve, &error, &server);
    if (!err) err = hr_http_client_new(engine, &client_options, &error, &client);
    if (err)
        std::fprintf(stderr, "%s: %s\n", hr_error_name(err), error.message);
    else
        err = get(client, hr_http_server_port(server));
    if (!err) err = breaker_and_url(engine);
    if (!err) err = log_once();
    if (!err) err = log_forms::all() ? 0 : -1;
    hr_http_client_close(client, nullptr, nullptr);
    hr_http_server_close(server, nullptr, nullptr);
    if (hr_engine_close(engine, nullptr, nullptr) != 0 || err) return 1;
    std::puts("installed");
    return 0;
}
