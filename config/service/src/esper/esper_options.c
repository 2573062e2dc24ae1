/* The options of the parts of a service, out of its configuration. */
#include <headrace/config_esper.h>

static const struct hr_esper *esper_of(const hr_config *config) {
    return hr_config_values(config);
}

void hr_esper_engine_options(const hr_config *config, struct hr_engine_options *options) {
    const struct hr_esper *esper = esper_of(config);
    *options = esper ? esper->engine : (struct hr_engine_options){.reactors = 0};
}

void hr_esper_http_options(const hr_config *config, struct hr_http_client_options *options) {
    const struct hr_esper *esper = esper_of(config);
    *options = esper ? esper->http : (struct hr_http_client_options){.base_url = NULL};
}

void hr_esper_tls_options(const hr_config *config, struct hr_tls_options *options) {
    const struct hr_esper *esper = esper_of(config);
    *options = esper ? esper->http.tls : (struct hr_tls_options){.insecure = false};
}

void hr_esper_s3_options(const hr_config *config, struct hr_s3_client_options *options) {
    const struct hr_esper *esper = esper_of(config);
    *options = esper ? esper->storage.s3 : (struct hr_s3_client_options){.endpoint = NULL};
}

void hr_esper_log_options(const hr_config *config, struct hr_log_service_options *options,
                          struct hr_log_options *log) {
    const struct hr_esper *esper = esper_of(config);
    *options = (struct hr_log_service_options){.name = NULL};
    *log = (struct hr_log_options){.name = NULL};
    if (!esper) return;
    *options = esper->logging.service;
    *log = esper->logging.log;
    options->log = log;
    if (!options->name) options->name = esper->name;
    if (!options->level && esper->debug) options->level = "DEBUG";
}
