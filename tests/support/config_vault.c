/* Holds a configuration with secrets, and says all that can be said of it, for what it says and its
 * memory to be searched.
 * usage: config_vault FILE ENV-FILE SECRETS-FOLDER [PATH=VALUE…]
 *   Variables count, too. Writes the problems; the values as `headrace config show` has them; the
 *   documents of the schema; and then "held PID". Once a line of standard input comes, all is
 * freed, and "freed" written. At the end of standard input it ends. Its exit status is 1 where the
 * load fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/config_document.h>

struct account {
    const char *key, *user, *token;
};
struct vault {
    const char *control, *plain, *quoted, *block, *anchored, *alias, *included, *folder, *path,
        *variable, *setting, *in_file, *referred;
    uint32_t port;
    struct hr_config_items tokens, accounts;
};

static const struct hr_config_field account_fields[] = {
    HR_FIELD(struct account, key, HR_KEY),
    HR_FIELD(struct account, user, HR_STRING),
    HR_FIELD(struct account, token, HR_SECRET, .length_min = 8),
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct vault, control, HR_STRING),
    HR_FIELD(struct vault, plain, HR_SECRET, .length_min = 8, .was = "plain_of_old"),
    HR_FIELD(struct vault, quoted, HR_SECRET, .length_min = 8, .default_value = "s3cr3t-default"),
    HR_FIELD(struct vault, block, HR_SECRET, .length_min = 8),
    HR_FIELD(struct vault, anchored, HR_SECRET),
    HR_FIELD(struct vault, alias, HR_SECRET),
    HR_FIELD(struct vault, included, HR_SECRET, .pattern = "[a-z0-9-]*"),
    HR_FIELD(struct vault, folder, HR_SECRET),
    HR_FIELD(struct vault, path, HR_SECRET),
    HR_FIELD(struct vault, variable, HR_SECRET),
    HR_FIELD(struct vault, setting, HR_SECRET),
    HR_FIELD(struct vault, in_file, HR_SECRET),
    HR_FIELD(struct vault, referred, HR_SECRET),
    HR_FIELD(struct vault, port, HR_UINT, .max = 65535),
    HR_FIELD(struct vault, tokens, HR_LIST, HR_ITEMS(const char *, HR_SECRET)),
    HR_FIELD(struct vault, accounts, HR_MAP, HR_FIELDS(account_fields),
             .item_size = sizeof(struct account)),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct vault, fields);

static void print_problems(const hr_config_problems *problems) {
    char text[4096];
    const struct hr_config_problem *problem;
    for (size_t i = 0; (problem = hr_config_problems_at(problems, i)); i++) {
        hr_config_problem_text(problem, text, sizeof text);
        printf("%s\n%s\n%s\n%s\n", text, problem->path, problem->message,
               problem->line ? problem->line : "");
    }
}

static void print_nodes(const hr_config *config, const struct hr_config_node *node) {
    for (; node; node = hr_config_next(node)) {
        struct hr_config_origin origin;
        hr_config_origin_of(config, node, &origin);
        printf("%s = %s # %s:%u\n", hr_config_key(node).data,
               hr_config_is_secret(node) ? "***" : hr_config_text(node).data,
               origin.name ? origin.name : "default", origin.line);
        print_nodes(config, hr_config_first(node)); /* as deep as the schema */
    }
}

static void print_documents(void) {
    for (int kind = HR_CONFIG_JSON_SCHEMA; kind <= HR_CONFIG_VARIABLES; kind++) {
        const struct hr_config_document_options options = {.kind =
                                                               (enum hr_config_document_kind)kind};
        char *text;
        size_t size;
        if (hr_config_document_write(&schema, &options, NULL, &text, &size)) abort();
        fwrite(text, 1, size, stdout);
        free(text);
    }
}

static hr_config *load(int count, char **arguments) {
    const char *file = arguments[1], *env_file = arguments[2];
    const struct hr_config_options options = {
        .files = &file,
        .file_count = 1,
        .env_files = &env_file,
        .env_file_count = 1,
        .secrets_folder = arguments[3],
        .sets = (const char *const *)arguments + 4,
        .set_count = (size_t)count - 4,
        .substitute = true,
        .schema = &schema,
    };
    hr_config_problems *problems;
    struct hr_error error = {0};
    hr_config *config = NULL;
    hr_config_load(&options, &problems, &error, &config);
    print_problems(problems);
    puts(error.message);
    hr_config_problems_free(problems);
    return config;
}

int main(int count, char **arguments) {
    char line[8];
    if (count < 4) return 2;
    hr_config *config = load(count, arguments);
    if (config) print_nodes(config, hr_config_first(hr_config_root(config)));
    print_documents();
    printf("held %d\n", (int)getpid());
    fflush(stdout);
    int code = config ? 0 : 1;
    while (read(STDIN_FILENO, line, sizeof line) > 0) {
        hr_config_free(config);
        config = NULL;
        puts("freed");
        fflush(stdout);
    }
    hr_config_free(config);
    return code;
}
