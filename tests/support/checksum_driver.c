/* Puts files with checksums, whole or in parts, and gets objects back: for tests alone. The store
 * and the keys are those of the variables.
 *
 * usage: checksum_driver [--ca FILE] put BUCKET KEY FILE PAYLOAD ALGORITHM SOURCE [VALUE]
 *        checksum_driver [--ca FILE] parts BUCKET KEY FILE PAYLOAD ALGORITHM TYPE PART_SIZE
 *        checksum_driver [--ca FILE] get BUCKET KEY FILE
 *
 * PAYLOAD is a number of enum hr_s3_payload; ALGORITHM and TYPE are names, "-" is none; SOURCE is
 * bytes, file or producer; VALUE is sent in place of one that is computed.
 *
 * Prints "ok TEXT" (of put the value that was sent, of parts the store's of the whole, of get the
 * algorithm by which it was compared), or "error NAME CODE: MESSAGE", and "attempts N". */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/s3.h>

#define PARTS_MAX 64

static hr_s3_client *client;

struct file {
    int fd;
    size_t size, at;
    const char *bytes;
};

static struct file open_file(const char *path) {
    struct file file = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
    struct stat status;
    if (file.fd < 0 || fstat(file.fd, &status) < 0) exit(2);
    file.size = (size_t)status.st_size;
    if (file.size == 0) return file;
    file.bytes = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (file.bytes == MAP_FAILED) exit(2);
    return file;
}

static ssize_t produce(void *user, void *buffer, size_t capacity) {
    struct file *file = user;
    size_t size = file->size - file->at < capacity ? file->size - file->at : capacity;
    memcpy(buffer, file->bytes + file->at, size);
    file->at += size;
    return (ssize_t)size;
}

/* A producer cannot begin again. */
static struct hr_source source_of(struct file *file, const char *kind) {
    if (strcmp(kind, "file") == 0)
        return hr_source_fd(file->fd, (struct hr_file_range){.size = file->size});
    if (strcmp(kind, "producer") == 0) return hr_source_producer(produce, NULL, file, file->size);
    return hr_source_bytes(file->bytes, file->size);
}

static int ended(int err, struct hr_request *request) {
    if (!err) err = hr_wait(request);
    if (err)
        printf("error %s %s: %s\nattempts %u\n", hr_error_name(err), request->error.service_code,
               request->error.message, (unsigned)request->attempts);
    return err;
}

static int show(const struct hr_s3_checksum *value, const struct hr_request *request) {
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    hr_s3_checksum_format(value, text);
    printf("ok %s\nattempts %u\n", text, (unsigned)request->attempts);
    return 0;
}

static enum hr_s3_checksum_algorithm algorithm_of(const char *name) {
    return hr_s3_checksum_by_name(hr_slice_of(name));
}

static int put(char **arguments) {
    struct file file = open_file(arguments[2]);
    enum hr_s3_checksum_algorithm algorithm = algorithm_of(arguments[4]);
    struct hr_s3_checksum value;
    bool given = arguments[6] != NULL;
    if (given && hr_s3_checksum_parse(algorithm, hr_slice_of(arguments[6]), &value)) return 2;
    struct hr_s3_put request = {.bucket = arguments[0],
                                .key = arguments[1],
                                .payload = (enum hr_s3_payload)strtoul(arguments[3], NULL, 10),
                                .checksum_algorithm = algorithm,
                                .checksum = given ? &value : NULL,
                                .body = source_of(&file, arguments[5])};
    if (ended(hr_s3_put_start(client, &request), &request.request)) return 1;
    return show(&request.sent_checksum, &request.request);
}

/* ---- Parts. */

static char etags[PARTS_MAX][256];
static struct hr_s3_completed_part parts[PARTS_MAX];

static int put_part(const struct hr_s3_upload_create *create, char **arguments, unsigned index,
                    const struct hr_source *body) {
    struct hr_s3_upload_part part = {.bucket = create->bucket,
                                     .key = create->key,
                                     .upload_id = create->upload_id,
                                     .part_number = index + 1,
                                     .body = *body,
                                     .payload = (enum hr_s3_payload)strtoul(arguments[3], NULL, 10),
                                     .checksum_algorithm = create->checksum_algorithm};
    if (ended(hr_s3_upload_part_start(client, &part), &part.request)) return 1;
    memcpy(etags[index], part.etag, sizeof etags[index]);
    parts[index] = (struct hr_s3_completed_part){.part_number = index + 1,
                                                 .etag = etags[index],
                                                 .checksum = part.sent_checksum,
                                                 .size_bytes = body->size};
    return 0;
}

static int put_parts(char **arguments) {
    struct file file = open_file(arguments[2]);
    uint64_t part_size = strtoull(arguments[6], NULL, 10);
    struct hr_s3_upload_create create = {
        .bucket = arguments[0],
        .key = arguments[1],
        .checksum_algorithm = algorithm_of(arguments[4]),
        .checksum_type = hr_s3_checksum_type_by_name(hr_slice_of(arguments[5]))};
    if (ended(hr_s3_upload_create_start(client, &create), &create.request)) return 1;
    unsigned count = 0;
    for (uint64_t at = 0; at < file.size && count < PARTS_MAX; at += part_size, count++) {
        uint64_t left = file.size - at;
        struct hr_source body =
            hr_source_fd(file.fd, (struct hr_file_range){at, left < part_size ? left : part_size});
        if (put_part(&create, arguments, count, &body)) return 1;
    }
    struct hr_s3_upload_complete complete = {.bucket = create.bucket,
                                             .key = create.key,
                                             .upload_id = create.upload_id,
                                             .parts = parts,
                                             .part_count = count,
                                             .checksum_type = create.checksum_type};
    if (ended(hr_s3_upload_complete_start(client, &complete), &complete.request)) return 1;
    return show(&complete.object_checksum, &complete.request);
}

static int get(char **arguments) {
    int fd = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct hr_s3_get request = {
        .bucket = arguments[0], .key = arguments[1], .sink = hr_sink_fd(fd, 0)};
    if (fd < 0) return 2;
    if (ended(hr_s3_get_start(client, &request), &request.request)) return 1;
    printf("ok %s\nattempts %u\n", hr_s3_checksum_traits_of(request.verified)->name,
           (unsigned)request.request.attempts);
    close(fd);
    return 0;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int count;
        int (*run)(char **arguments);
    } commands[] = {{"put", 6, put}, {"parts", 7, put_parts}, {"get", 3, get}};
    struct hr_s3_client_options options = {.http.retry.attempts_max = 2,
                                           .http.retry.backoff_base_ms = 1};
    struct hr_engine_options one = {.reactors = 1};
    struct hr_error error;
    hr_engine *engine;
    char **at = argv + 1;
    int status = 2;
    if (argc > 3 && strcmp(at[0], "--ca") == 0) {
        options.http.tls.ca_file = at[1];
        at += 2;
    }
    if (hr_engine_new(&one, &error, &engine) ||
        hr_s3_client_new(engine, &options, &error, &client)) {
        printf("error %s\n", error.message);
        return 3;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && *at; i++)
        if (strcmp(at[0], commands[i].name) == 0 && argv + argc - at > commands[i].count)
            status = commands[i].run(at + 1);
    hr_s3_client_close(client, NULL, NULL);
    hr_engine_close(engine, NULL, NULL);
    return status;
}
