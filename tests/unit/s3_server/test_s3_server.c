/* The server as a handle: how long it lives, and what a forked child has of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace_server/s3_server.h>

static const struct s3_server_options options = {.access_key = "access", .secret_key = "secret"};

static s3_server *server;
static unsigned closed;

static void on_closed(void *user) {
    closed++;
    cr_assert_null(user);
    cr_assert_neq(s3_server_port(server), 0);
}

static hr_engine *open_all(enum hr_engine_mode mode) {
    const struct hr_engine_options with = {.mode = mode, .reactors = 1};
    struct hr_error error = {0};
    hr_engine *engine;
    cr_assert_eq(hr_engine_new(&with, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(s3_server_new(engine, &options, &error, &server), 0, "%s", error.message);
    return engine;
}

Test(s3_server, lives_until_on_closed_has_returned) {
    hr_engine *engine = open_all(HR_ENGINE_CALLER);
    s3_server_close(server, on_closed, NULL);
    for (int turns = 0; turns < 1000 && !closed; turns++) hr_engine_poll(engine, 1);
    cr_assert_eq(closed, 1);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

Test(s3_server, a_region_that_buckets_cannot_keep) {
    const struct hr_engine_options with = {.mode = HR_ENGINE_CALLER};
    struct s3_server_options wrong = options;
    struct hr_error error = {0};
    hr_engine *engine;
    cr_assert_eq(hr_engine_new(&with, &error, &engine), 0, "%s", error.message);
    wrong.region = "a-region-of-thirty-two-bytes-abc";
    cr_assert_eq(s3_server_new(engine, &wrong, &error, &server), -EINVAL);
    cr_assert(strstr(error.message, "longer than 31 bytes"), "%s", error.message);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

static int refused_as(const struct s3_server_options *wrong, hr_engine *engine,
                      const char *sentence) {
    struct hr_error error = {0};
    int err = s3_server_new(engine, wrong, &error, &server);
    cr_expect(strstr(error.message, sentence), "%s", error.message);
    cr_expect(!strstr(error.message, "hidden"), "%s", error.message);
    return err;
}

Test(s3_server, keys_and_buckets_that_cannot_be) {
    const struct hr_engine_options with = {.mode = HR_ENGINE_CALLER};
    const char *no_bucket[] = {"good-bucket", "No_Bucket"};
    const struct s3_server_key twice[] = {{"a", "hidden", false}, {"a", "hidden", true}};
    const struct s3_server_key again[] = {{"access", "hidden", true}};
    const struct s3_server_key no_secret[] = {{"a", NULL, true}};
    const struct s3_server_key comma[] = {{"a,b", "hidden", true}};
    const struct s3_server_options rows[] = {
        {.keys = twice, .key_count = 2},
        {.keys = again, .key_count = 1, .access_key = "access", .secret_key = "hidden"},
        {.keys = no_secret, .key_count = 1},
        {.keys = comma, .key_count = 1},
        {.keys = twice, .key_count = 1, .access_key = "access"},
        {.keys = twice, .key_count = S3_SERVER_KEYS_MAX + 1},
        {.keys = twice, .key_count = 1, .anonymous_read = no_bucket, .anonymous_read_count = 2},
        {.keys = twice, .key_count = 1, .anonymous_read_count = S3_SERVER_BUCKETS_MAX + 1},
    };
    static const char *const sentences[] = {"'a' is there twice",
                                            "'access' is there twice",
                                            "keys: an access key and keys: a secret key are needed",
                                            "keys: an access key is not valid",
                                            "access_key and secret_key are needed",
                                            "more than 1000 keys",
                                            "'No_Bucket' is no name of a bucket",
                                            "more than 1000 buckets"};
    struct hr_error error = {0};
    hr_engine *engine;
    cr_assert_eq(hr_engine_new(&with, &error, &engine), 0, "%s", error.message);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(refused_as(&rows[i], engine, sentences[i]), -EINVAL, "%s", sentences[i]);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

static void never(void *user) {
    (void)user;
    _exit(20);
}

static int in_child(hr_engine *engine) {
    struct hr_error error = {0};
    s3_server *other = NULL;
    alarm(20);
    if (s3_server_new(engine, &options, &error, &other) != -ESHUTDOWN) return 1;
    s3_server_close(server, never, NULL);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 2;
}

Test(s3_server, a_forked_child_has_none) {
    hr_engine *engine = open_all(HR_ENGINE_THREADS);
    pid_t child = fork();
    if (child == 0) _exit(in_child(engine));
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "signal %d, code %d", WTERMSIG(status), WEXITSTATUS(status));
    s3_server_close(server, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}
