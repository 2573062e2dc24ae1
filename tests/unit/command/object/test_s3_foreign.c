/* Words of aws s3, s3cmd, mc, rclone and s5cmd, as their own manuals list them. */
#include "command_fixture.h"

#include "commands.h"
#include "s3_foreign.h"

static const struct command *const commands[] = {
    &command_s3_ls, &command_s3_cp,   &command_s3_cat,     &command_s3_rm,  &command_s3_mb,
    &command_s3_rb, &command_s3_stat, &command_s3_presign, &command_s3_sync};

/* "aws s3 cp help" of version 2, the long options. */
static const char *const aws_cp[] = {"dryrun",
                                     "quiet",
                                     "include",
                                     "exclude",
                                     "acl",
                                     "follow-symlinks",
                                     "no-follow-symlinks",
                                     "no-guess-mime-type",
                                     "sse",
                                     "sse-c",
                                     "sse-c-key",
                                     "sse-kms-key-id",
                                     "storage-class",
                                     "grants",
                                     "website-redirect",
                                     "cache-control",
                                     "content-disposition",
                                     "content-encoding",
                                     "content-language",
                                     "expires",
                                     "no-progress",
                                     "only-show-errors",
                                     "page-size",
                                     "request-payer",
                                     "metadata-directive",
                                     "copy-props",
                                     "checksum-algorithm",
                                     "checksum-mode",
                                     "default-profile",
                                     "no-sign-request",
                                     "ca-bundle",
                                     "no-verify-ssl",
                                     "output",
                                     "query",
                                     "debug",
                                     "cli-connect-timeout",
                                     "cli-read-timeout",
                                     "no-paginate"};

/* "s3cmd --help", some. */
static const char *const s3cmd[] = {"host",
                                    "host-bucket",
                                    "no-ssl",
                                    "access_key",
                                    "secret_key",
                                    "access_token",
                                    "mime-type",
                                    "acl-public",
                                    "acl-private",
                                    "config",
                                    "add-header",
                                    "ca-certs",
                                    "no-check-certificate"};

static bool is_own(const char *name) {
    for (size_t i = 0; i < COUNT(commands); i++)
        for (const struct option_group *group = commands[i]->groups; group->title; group++)
            for (const struct option *option = group->options; option->name; option++)
                if (strcmp(option->name, name) == 0) return true;
    return false;
}

Test(s3_foreign, options_of_others_have_a_sentence) {
    for (size_t i = 0; i < COUNT(aws_cp); i++)
        cr_expect(is_own(aws_cp[i]) || s3_foreign_option(hr_slice_of(aws_cp[i]), 0), "%s",
                  aws_cp[i]);
    for (size_t i = 0; i < COUNT(s3cmd); i++)
        cr_expect(is_own(s3cmd[i]) || s3_foreign_option(hr_slice_of(s3cmd[i]), 0), "%s", s3cmd[i]);
}

Test(s3_foreign, whole_words_only) {
    static const char *const rows[] = {"", "prof", "profiles", "sse|sse-c", "|profile|", "PROFILE"};
    for (size_t i = 1; i < COUNT(rows); i++)
        cr_expect_null(s3_foreign_option(hr_slice_of(rows[i]), 0), "%s", rows[i]);
    cr_expect_null(s3_foreign_verb(""));
    cr_expect_null(s3_foreign_verb("mv|move"));
    cr_expect_null(s3_foreign_verb("frobnicate"));
}

Test(s3_foreign, letters) {
    static const char known[] = "rRcmPnqvdf";
    for (const char *at = known; *at; at++)
        cr_expect_not_null(s3_foreign_option((struct hr_slice){0}, *at), "-%c", *at);
    cr_expect_null(s3_foreign_option((struct hr_slice){0}, 'z'));
    cr_expect_null(s3_foreign_option((struct hr_slice){0}, '|'));
}

/* What a sentence says to use must be there. */
Test(s3_foreign, sentences_name_options_that_there_are) {
    const char *const *lists[] = {aws_cp, s3cmd};
    const size_t sizes[] = {COUNT(aws_cp), COUNT(s3cmd)};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < sizes[l]; i++) {
            const char *at = s3_foreign_option(hr_slice_of(lists[l][i]), 0);
            while (at && (at = strstr(at, "--"))) {
                char name[64];
                size_t size = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
                snprintf(name, sizeof name, "%.*s", (int)size, at + 2);
                cr_expect(is_own(name), "%s names --%s", lists[l][i], name);
                at += 2;
            }
        }
    }
}

Test(s3_foreign, verbs) {
    static const struct {
        const char *verb, *part;
    } rows[] = {{"mv", "s3 rm"},        {"mirror", "s3 sync"},     {"put", "s3 cp"},
                {"get", "s3 cp"},       {"del", "s3 rm"},          {"la", "s3 ls"},
                {"info", "s3 stat"},    {"size", "s3 du"},         {"mkdir", "s3 mb"},
                {"rmdir", "s3 rb"},     {"signurl", "s3 presign"}, {"setacl", "not part"},
                {"tree", "--recursive"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *answer = s3_foreign_verb(rows[i].verb);
        cr_assert_not_null(answer, "%s", rows[i].verb);
        cr_expect_not_null(strstr(answer, rows[i].part), "%s: %s", rows[i].verb, answer);
    }
}
