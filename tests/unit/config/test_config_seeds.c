/* The configuration tests of the service's first design, by their names there, with their inputs
 * and their limits. Time is that of the thread, so that a busy machine makes no difference. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

#define PARAMS    1000
#define OVERRIDES 100
#define LAYERS    500

static double thread_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Loads; the milliseconds that it has taken, without the writing of the file. */
static double timed_load(struct fixture *fixture) {
    struct fixture first = *fixture; /* code and allocator are warm then */
    fixture_load(&first);
    fixture_free(&first);
    double began = thread_ms();
    fixture_load(fixture);
    double took = thread_ms() - began;
    cr_assert_eq(fixture->result, 0, "%s", fixture->error.message);
    return took;
}

static uint64_t number_at(const struct fixture *fixture, const char *path) {
    uint64_t number = 0;
    cr_assert_eq(hr_config_u64(hr_config_find(fixture->config, path), &number), 0, "%s", path);
    return number;
}

/* As yaml.dump writes it. */
static char *performance_document(void) {
    static const char *const services[] = {"oona", "tamiyo", "tezzeret", "tolaria", "urza"};
    static const unsigned params[] = {500, 200, 400, 100, 300};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("name: performance_test\ntraining:\n  model_config:\n", out);
    for (unsigned i = 0; i < PARAMS; i++) fprintf(out, "    param_%u: value_%u\n", i, i);
    fputs("  services:\n", out);
    for (unsigned i = 0; i < 5; i++)
        fprintf(out, "    %s:\n      param1: value1\n      param2: %u\n", services[i], params[i]);
    fclose(out);
    return text;
}

Test(config_seeds, test_config_loading_performance) {
    char *text = performance_document();
    struct fixture fixture = {.texts = {text}};
    double took = timed_load(&fixture);
    cr_assert_lt(took, 100.0, "config loading took %.1f ms", took);
    cr_assert_str_eq(fixture_text(&fixture, "name", HR_CONFIG_STRING), "performance_test");
    const struct hr_config_node *model = hr_config_find(fixture.config, "training.model_config");
    cr_assert_eq(hr_config_count(model), PARAMS);
    cr_assert_str_eq(fixture_text(&fixture, "training.model_config.param_999", HR_CONFIG_STRING),
                     "value_999");
    cr_assert_eq(number_at(&fixture, "training.services.tezzeret.param2"), 400);
    fixture_free(&fixture);
    free(text);
}

Test(config_seeds, test_environment_override_performance) {
    static char variables[OVERRIDES][48];
    static const char *environment[OVERRIDES + 1];
    char path[48], wanted[48];
    for (unsigned i = 0; i < OVERRIDES; i++) {
        snprintf(variables[i], sizeof variables[i], "ESPER_SERVICE_%u_PARAM=value_%u", i, i);
        environment[i] = variables[i];
    }
    struct fixture fixture = {.texts = {"name: env_test\ntraining:\n  services: {}\n"},
                              .options.environment = environment};
    double took = timed_load(&fixture);
    cr_assert_lt(took, 50.0, "environment override processing took %.1f ms", took);
    for (unsigned i = 0; i < OVERRIDES; i++) {
        snprintf(path, sizeof path, "service.%u.param", i);
        snprintf(wanted, sizeof wanted, "value_%u", i);
        cr_assert_str_eq(fixture_text(&fixture, path, HR_CONFIG_STRING), wanted);
    }
    cr_assert_eq(hr_config_count(hr_config_find(fixture.config, "service")), OVERRIDES);
    cr_assert_str_eq(fixture_text(&fixture, "name", HR_CONFIG_STRING), "env_test");
    fixture_free(&fixture);
}

struct layer {
    const char *name;
    uint32_t size;
};
struct optimizer {
    double lr, weight_decay;
};
struct scheduler {
    uint32_t step_size;
    double gamma;
};
struct training {
    struct hr_config_items model_params;
    struct optimizer optimizer;
    struct scheduler scheduler;
};
struct validated {
    const char *name;
    struct training training;
};
static const struct hr_config_field layer_fields[] = {
    HR_FIELD(struct layer, name, HR_KEY),
    HR_FIELD(struct layer, size, HR_UINT, .max = 65536, .required = true),
};
static const struct hr_config_field optimizer_fields[] = {
    HR_FIELD(struct optimizer, lr, HR_DOUBLE, .max = 1),
    HR_FIELD(struct optimizer, weight_decay, HR_DOUBLE, .max = 1),
};
static const struct hr_config_field scheduler_fields[] = {
    HR_FIELD(struct scheduler, step_size, HR_UINT, .min = 1, .max = 1000),
    HR_FIELD(struct scheduler, gamma, HR_DOUBLE, .max = 1),
};
static const struct hr_config_field training_fields[] = {
    HR_FIELD(struct training, model_params, HR_MAP, HR_FIELDS(layer_fields),
             .item_size = sizeof(struct layer)),
    HR_FIELD(struct training, optimizer, HR_STRUCT, HR_FIELDS(optimizer_fields)),
    HR_FIELD(struct training, scheduler, HR_STRUCT, HR_FIELDS(scheduler_fields)),
};
static const struct hr_config_field validated_fields[] = {
    HR_FIELD(struct validated, name, HR_STRING, .required = true),
    HR_FIELD(struct validated, training, HR_STRUCT, HR_FIELDS(training_fields)),
};
static const struct hr_config_schema validated_schema =
    HR_SCHEMA(struct validated, validated_fields);

/* The size of layer 250 as given. The caller's. */
static char *validation_document(const char *size_of_250) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("name: validation_test\ntraining:\n  model_params:\n", out);
    for (unsigned i = 0; i < LAYERS; i++) {
        fprintf(out, "    layer_%u:\n      size: ", i);
        if (i == 250 && size_of_250)
            fprintf(out, "%s\n", size_of_250);
        else
            fprintf(out, "%u\n", i * 64);
    }
    fputs("  optimizer: {lr: 0.001, weight_decay: 0.0001}\n"
          "  scheduler: {step_size: 10, gamma: 0.1}\n",
          out);
    fclose(out);
    return text;
}

Test(config_seeds, test_configuration_validation_speed) {
    char *text = validation_document(NULL);
    struct fixture fixture = {.texts = {text}, .options.schema = &validated_schema};
    double took = timed_load(&fixture);
    cr_assert_lt(took, 50.0, "validation took %.1f ms", took);
    const struct validated *values = hr_config_values(fixture.config);
    const struct layer *layers = values->training.model_params.items;
    cr_assert_str_eq(values->name, "validation_test");
    cr_assert_eq(values->training.model_params.count, LAYERS);
    for (unsigned i = 0; i < LAYERS; i++) cr_assert_eq(layers[i].size, i * 64);
    cr_assert_float_eq(values->training.optimizer.weight_decay, 0.0001, 1e-12);
    cr_assert_eq(values->training.scheduler.step_size, 10);
    fixture_free(&fixture);
    free(text);
}

/* So that the speed is that of looking at each of them. */
Test(config_seeds, a_fault_in_the_midst_of_the_large_configuration_is_found) {
    char *text = validation_document("wide");
    struct fixture fixture = {.texts = {text}, .options.schema = &validated_schema};
    fixture_load(&fixture);
    free(text);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert_eq(hr_config_problems_count(fixture.problems), 1);
    cr_assert_str_eq(hr_config_problems_at(fixture.problems, 0)->path,
                     "training.model_params.layer_250.size");
    cr_assert(fixture_says(&fixture, 505, 13, "an integer from 0 to 65536"));
    fixture_free(&fixture);
}
