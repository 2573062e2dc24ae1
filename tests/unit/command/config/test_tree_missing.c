/* The sentence about a path that leads to nothing. */
#include "config_command_fixture.h"

#include "output.h"
#include "tree_missing.h"

TestSuite(tree_missing, .init = fixture_open, .fini = fixture_close);

static const char text[] = "database: {host: h, pool_size: 4, names: [a, b]}\n"
                           "labels: {app.kubernetes.io/name: x}\n"
                           "name: n\n";

static void check(const hr_config *config, const char *path, const char *sentence) {
    char line[400];
    int code = EXIT_DONE;
    CAPTURE(code = tree_missing(config, path, "config get", false));
    snprintf(line, sizeof line, "headrace: config get: %s\n", sentence);
    cr_expect_eq(code, EXIT_FAILED);
    cr_expect_str_eq(captured_err, line, "%s", captured_err);
}

Test(tree_missing, the_nearest_path_is_named) {
    hr_config *config = fixture_config("a", text);
    check(config, "nmae", "'nmae' is not there, did you mean 'name'?");
    check(config, "databse.hots", "'databse.hots' is not there, did you mean 'database.host'?");
    check(config, "database.poolsize",
          "'database.poolsize' is not there: 'database' has no such key, did you mean "
          "'database.pool_size'?");
    check(config, "labels.app.kubernetes.io/name",
          "'labels.app.kubernetes.io/name' is not there: 'labels' has no such key, did you mean "
          "'labels.app\\.kubernetes\\.io/name'?");
    check(config, "\\d\\a\\t\\a\\b\\a\\s\\e.hots",
          "'\\d\\a\\t\\a\\b\\a\\s\\e.hots' is not there: '\\d\\a\\t\\a\\b\\a\\s\\e' has no such "
          "key, did "
          "you mean 'database.host'?");
    check(config, "nothing.like.it", "'nothing.like.it' is not there");
    hr_config_free(config);
}

Test(tree_missing, the_end_of_the_way_is_named) {
    hr_config *config = fixture_config("a", text);
    check(config, "database.host.port",
          "'database.host.port' is not there: 'database.host' is a single value");
    check(config, "database.names.2",
          "'database.names.2' is not there: 'database.names' is a list of 2");
    check(config, "labels.app\\.kubernetes\\.io/name.x",
          "'labels.app\\.kubernetes\\.io/name.x' is not there: "
          "'labels.app\\.kubernetes\\.io/name' is a single value");
    hr_config_free(config);
}

Test(tree_missing, a_long_path_is_shortened) {
    hr_config *config = fixture_config("a", text);
    char path[1001];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    CAPTURE(tree_missing(config, path, "config get", false));
    cr_expect_not_null(strstr(captured_err, "xxx…' is not there\n"), "%s", captured_err);
    cr_expect_lt(strlen(captured_err), 300);
    hr_config_free(config);
}

Test(tree_missing, a_path_that_is_there_says_nothing) {
    hr_config *config = fixture_config("a", text);
    const struct hr_config_node *node = NULL;
    CAPTURE(node = tree_find(config, "database.names.1", "config get", false));
    cr_expect_eq(node, hr_config_find(config, "database.names.1"));
    cr_expect_str_empty(captured_err);
    CAPTURE(node = tree_find(config, "database.names.9", "config get", false));
    cr_expect_null(node);
    cr_expect_str_not_empty(captured_err);
    hr_config_free(config);
}
