/* The library's words become those of the command at work. */
#include "command_fixture.h"

#include <stddef.h>

#include "commands.h"
#include "wording.h"

static void use(const struct command *command) {
    static char values[1 << 16];
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    cr_assert(command->values_size <= sizeof values);
    fixture_parse(command, values, &call, (const char *const[]){"a", NULL}, why);
}

struct row {
    const char *message, *text;
};

static void check(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char text[512];
        wording_of_command(rows[i].message, text, sizeof text);
        cr_expect_str_eq(text, rows[i].text, "%s: %s", rows[i].message, text);
    }
}

Test(wording, options_that_the_command_has) {
    static const struct row rows[] = {
        {"connect_timeout_ms", "--connect-timeout"},
        {"no connection (connect_timeout_ms)", "no connection (--connect-timeout)"},
        {"see ca_file, certificate_file", "see --ca-file, --cert"},
        {"request.fields[12] has a line feed", "--header has a line feed"},
        {"resolver.entries[0].address: 'x'", "--resolve: 'x'"},
        {"first_byte_timeout_ms: nothing came", "--first-byte-timeout: nothing came"},
        {"the option proxy.url", "--proxy"},
        {"the sink could not grow", "the memory for it could not grow"},
        {"nothing of ours", "nothing of ours"},
        {"", ""},
    };
    use(&command_http);
    check(rows, COUNT(rows));
}

Test(wording, options_that_it_has_not) {
    static const struct row rows[] = {
        {"unix_socket", "the socket"},
        {"no connection (connect_timeout_ms)", "no connection"},
        {"resolver.nameservers", "--nameserver"},
        {"session_token", "AWS_SESSION_TOKEN"},
        {"the option endpoint", "the option endpoint"},
        {"the option profile \"x\": no such profile", "--profile \"x\": no such profile"},
    };
    use(&command_s3_ls);
    check(rows, COUNT(rows));
    use(&command_serve_s3);
    static const struct row serve[] = {{"certificate_file", "--tls-cert"},
                                       {"key_file", "--tls-key"}};
    check(serve, COUNT(serve));
}

/* A path or a host that has such a word in it is nobody's option. */
Test(wording, parts_of_words_are_left_alone) {
    static const struct row rows[] = {
        {"/etc/ca_file", "/etc/ca_file"},
        {"ca_file.pem", "ca_file.pem"},
        {"my_ca_file", "my_ca_file"},
        {"'ca_file'", "'ca_file'"},
        {"ca_file: no", "--ca-file: no"},
        {"ca_file", "--ca-file"},
        {"ca_file;ca_directory", "--ca-file;--ca-directory"},
    };
    use(&command_http);
    check(rows, COUNT(rows));
}

Test(wording, is_cut_to_its_room) {
    char text[16];
    use(&command_http);
    wording_of_command("the message is longer than its room", text, sizeof text);
    cr_expect_str_eq(text, "the message is ");
    wording_of_command("1234567890123 connect_timeout_ms", text, sizeof text);
    cr_expect_eq(strlen(text), 15);
    wording_of_command("x", text, 1);
    cr_expect_str_eq(text, "");
}
