/* A service from one file: its own keys beside those of the engine, the log and the S3 client, one
 * of them from a variable, and a change of the file while it runs. */
#include <stdio.h>
#include <stdlib.h>

#include <headrace/s3.h>
#include <headrace/service.h>

struct program {
    struct hr_esper esper; /* first: name, engine, logging, storage, … */
    uint32_t copies;
};
static const struct hr_config_field fields[] = {
    HR_ESPER_FIELDS(struct program, esper),
    HR_FIELD(struct program, copies, HR_UINT, .min = 1, .max = 9, .default_value = "1"),
};
static const struct hr_config_schema schema = {HR_FIELDS(fields), .size = sizeof(struct program),
                                               .check = hr_esper_check};

static void write_file(const char *path, const char *level) {
    FILE *file = fopen(path, "w");
    if (file)
        fprintf(file, "name: tamiyo\nstorage: {bucket: examples}\nlogging: {level: %s}\n", level),
            fclose(file);
}

static int copy(hr_service *service) {
    const struct program *program = hr_config_values(hr_config_get());
    unsigned done = 0;
    for (char name[16]; done < program->copies; done++) {
        struct hr_s3_put put = {.bucket = program->esper.storage.bucket, .key = name};
        put.body = hr_source_bytes("hello", 5);
        snprintf(name, sizeof name, "copy-%u", done);
        int err = hr_s3_put_start(hr_service_s3(service), &put);
        if (!err) err = hr_wait(&put.request);
        if (err) return puts(hr_error_text(err)), 1;
        HR_DEBUG(hr_service_log(service), "copied", "key", put.key);
    }
    return printf("%s: %u copies\n", program->esper.name, done) < 0;
}

int main(void) {
    const char *files[] = {"from_one_file.yaml"};
    const struct hr_config_options config = {.files = files, .file_count = 1, .schema = &schema};
    const struct hr_service_options options = {.config = &config};
    struct hr_error error;
    hr_service *service;
    write_file(files[0], "INFO");
    setenv("ESPER_COPIES", "3", 1); /* for one process, as a deployment does */
    if (hr_service_new(&options, NULL, &error, &service)) return puts(error.message), 1;
    int err = copy(service);
    write_file(files[0], "OFF"); /* hr_service_run sees it, or SIGHUP; here it is asked for */
    hr_config_watch_reload(hr_service_watch(service), NULL, NULL);
    printf("the level is %d\n", hr_log_level_get(hr_service_log(service)));
    return hr_service_close(service) || err;
}
