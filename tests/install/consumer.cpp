// The same from C++: callbacks are captureless lambdas, structs are zeroed and filled.
#include <cstdio>
#include <future>
#include <string>

#include <headrace/http_client.h>
#include <headrace/http_server.h>
#include <headrace/s3_client.h>

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

int main() {
    hr_slice bucket, key;
    if (hr_s3_parse_uri(hr_slice_of("s3://models/seed/42.pt"), &bucket, &key) != 0) return 1;
    if (std::string(key.data, key.size) != "seed/42.pt") return 1;

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
    hr_http_client_close(client, nullptr, nullptr);
    hr_http_server_close(server, nullptr, nullptr);
    if (hr_engine_close(engine, nullptr, nullptr) != 0 || err) return 1;
    std::puts("installed");
    return 0;
}
