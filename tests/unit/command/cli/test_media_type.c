/* The forms of /etc/mime.types and of the Shared MIME-info Database's globs2. */
#include "command_fixture.h"

#include "media_type.h"

TestSuite(media_type, .init = fixture_open, .fini = fixture_close);

struct row {
    const char *name, *type; /* NULL: not known */
};

static void check(bool (*look)(const char *, const char *, char *), const char *table,
                  const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char type[MEDIA_TYPE_SIZE] = "untouched";
        bool found = look(table, rows[i].name, type);
        cr_expect_eq(found, rows[i].type != NULL, "%s", rows[i].name);
        cr_expect_str_eq(type, rows[i].type ? rows[i].type : "untouched", "%s", rows[i].name);
    }
}

Test(media_type, list_of_extensions) {
    const char *table = fixture_text("mime.types", "# a comment with words.txt\n"
                                                   "text/html\t\t\thtml htm shtml\n"
                                                   "text/plain txt\ttext # behind it: log\n"
                                                   "application/gzip gz\r\n"
                                                   "application/x-compressed-tar tar.gz\n"
                                                   "application/alone\n"
                                                   "\n"
                                                   "notype ext\n"
                                                   "bad/\"quoted\" quoted\n"
                                                   "image/jpeg jpeg jpg jpe");
    static const struct row rows[] = {
        {"index.html", "text/html"},
        {"INDEX.HTM", "text/html"},
        {"a.b.shtml", "text/html"},
        {"notes.text", "text/plain"},
        {"x.gz", "application/gzip"},
        {"x.tar.gz", "application/x-compressed-tar"}, /* the longest */
        {"cat.jpe", "image/jpeg"},                    /* the last line without a line end */
        {"html", NULL},
        {"xhtml", NULL},
        {"a.log", NULL},
        {"a.words", NULL},
        {"a.ext", NULL},
        {"a.quoted", NULL},
        {"a.", NULL},
        {"", NULL},
    };
    check(media_type_in_list, table, rows, COUNT(rows));
    char type[MEDIA_TYPE_SIZE];
    cr_expect_not(media_type_in_list(fixture_path("missing"), "a.txt", type));
}

/* "the pattern with the highest weight", then "the longest pattern", Shared MIME-info 0.21, 2.17.
 */
Test(media_type, globs) {
    const char *table = fixture_text("globs2", "# This file was generated\n"
                                               "80:text/x-makefile:makefile\n"
                                               "50:text/plain:*.txt\n"
                                               "50:application/gzip:*.gz\n"
                                               "50:application/x-compressed-tar:*.tar.gz\n"
                                               "50:text/x-c++src:*.C:cs\n"
                                               "50:text/x-csrc:*.c:cs\n"
                                               "10:text/x-readme:readme*\n"
                                               "50:text/html:*.html\n"
                                               "60:application/xhtml+xml:*.html\n"
                                               "40:text/low:*.html\n"
                                               "50:no-slash:*.none\n"
                                               "50:text/cut\n"
                                               "50\n"
                                               "50:text/empty:\n"
                                               "50:video/mp4:*.mp4");
    static const struct row rows[] = {
        {"a.txt", "text/plain"},
        {"A.TXT", "text/plain"},
        {"a.tar.gz", "application/x-compressed-tar"},
        {"a.gz", "application/gzip"},
        {"a.C", "text/x-c++src"},
        {"a.c", "text/x-csrc"},
        {"Makefile", "text/x-makefile"},
        {"readme.txt", "text/plain"},
        {"README", "text/x-readme"},
        {"a.html", "application/xhtml+xml"},
        {"film.mp4", "video/mp4"},
        {"a.none", NULL},
        {"a.zip", NULL},
        {"# This file was generated", NULL},
    };
    check(media_type_in_globs, table, rows, COUNT(rows));
}

Test(media_type, the_users_own_table_goes_first) {
    char data[128], type[MEDIA_TYPE_SIZE];
    snprintf(data, sizeof data, "%s/share", fixture_folder);
    cr_assert_eq(mkdir(data, 0700), 0);
    cr_assert_eq(mkdir(fixture_path("share/mime"), 0700), 0);
    fixture_text("share/mime/globs2",
                 "50:text/x-of-a-unit-test:*.unit-test\n50:text/x-mine:*.html\n");
    setenv("XDG_DATA_HOME", data, 1);
    cr_expect(media_type_of("folder/a.unit-test", type));
    cr_expect_str_eq(type, "text/x-of-a-unit-test");
    cr_expect(media_type_of("a.html", type));
    cr_expect_str_eq(type, "text/x-mine");
    setenv("XDG_DATA_HOME", fixture_path("nothing"), 1);
    cr_expect_not(media_type_of("a.unit-test", type));
    char folders[256];
    snprintf(folders, sizeof folders, ":%s::%s", fixture_path("nothing"), data);
    setenv("XDG_DATA_DIRS", folders, 1);
    cr_expect(media_type_of("a.unit-test", type), "of the system's folders");
    cr_expect_not(media_type_of("a.unit-test/", type), "a folder has no name");
    cr_expect_not(media_type_of("", type));
    cr_expect_not(media_type_of("a.unit-test/plain-name-of-nothing", type));
}
