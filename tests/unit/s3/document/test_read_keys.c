#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "documents.h"

static char shown[4096];

static void show(const char *format, const char *a, const char *b, const char *c) {
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, format, a, b, c);
}

/* Texts end in NUL; an absent one has no bytes at all. */
static const char *text_of(struct hr_slice text) {
    return text.data ? text.data : "";
}

static int on_deleted(void *user, const struct hr_s3_deleted *one) {
    if (one->code.size > 0)
        show("%s failed: %s: %s;", text_of(one->key), text_of(one->code), text_of(one->message));
    else
        show("%s %s %s", text_of(one->key), text_of(one->version_id),
             text_of(one->delete_marker_version_id));
    if (one->code.size == 0) show(one->delete_marker ? " marker;%s%s%s" : ";%s%s%s", "", "", "");
    return user ? *(int *)user : 0;
}

static int on_tag(void *user, const struct hr_s3_tag *tag) {
    show("%s=%s;%s", tag->key, tag->value, "");
    return user ? *(int *)user : 0;
}

static int read_deleted(const char *xml, int *user, struct hr_error *error) {
    struct hr__deleted_sink sink = {on_deleted, user};
    shown[0] = 0;
    return hr__read_deleted(hr_slice_of(xml), &sink, error);
}

static int read_tags(const char *xml, int *user, struct hr_error *error) {
    struct hr__tags_sink sink = {on_tag, user};
    shown[0] = 0;
    return hr__read_tags(hr_slice_of(xml), &sink, error);
}

Test(read_keys, results_of_keys_in_order) {
    struct hr_error error = {0};
    cr_assert_eq(
        read_deleted("<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Deleted>"
                     "<Key>sample1.txt</Key></Deleted><Error><Key>sample2.txt</Key><Code>"
                     "AccessDenied</Code><Message>Access Denied</Message></Error><Deleted><Key>a "
                     "&amp;&#10;b</Key><VersionId>v</VersionId><DeleteMarker>true</DeleteMarker>"
                     "<DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted></DeleteResult>",
                     NULL, &error),
        0, "%s", error.message);
    cr_assert_str_eq(shown, "sample1.txt  ;sample2.txt failed: AccessDenied: Access Denied;"
                            "a &\nb v m marker;");
}

Test(read_keys, a_quiet_delete_has_no_results) {
    struct hr_error error = {0};
    cr_assert_eq(read_deleted("<DeleteResult/>", NULL, &error), 0, "%s", error.message);
    cr_assert_str_eq(shown, "");
}

Test(read_keys, results_are_all_checked_before_one_is_shown) {
    static const char *const bad[] = {
        "<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted/></DeleteResult>",
        "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key></Error></DeleteResult>",
        "<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key>",
        ("<DeleteResult><Deleted><Key>a</Key><DeleteMarker>1</DeleteMarker></Deleted>"
         "</DeleteResult>"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr_error error = {0};
        cr_assert_eq(read_deleted(bad[i], NULL, &error), HR_ERR_S3_RESPONSE, "%s", bad[i]);
        cr_assert(strstr(error.message, "the store's DeleteResult cannot be understood"));
        cr_assert_str_eq(shown, "");
    }
}

Test(read_keys, tags_may_be_empty) {
    struct hr_error error = {0};
    cr_assert_eq(read_tags("<Tagging><TagSet><Tag><Key>a</Key><Value>1 &lt; 2</Value></Tag><Tag>"
                           "<Key>b</Key><Value/></Tag></TagSet></Tagging>",
                           NULL, &error),
                 0, "%s", error.message);
    cr_assert_str_eq(shown, "a=1 < 2;b=;");
    cr_assert_eq(read_tags("<Tagging><TagSet/></Tagging>", NULL, &error), 0);
    cr_assert_str_eq(shown, "");
    cr_assert_eq(
        read_tags("<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", NULL, &error),
        HR_ERR_S3_RESPONSE);
    cr_assert(strstr(error.message, "in TagSet/Tag, Value is missing"), "%s", error.message);
}

Test(read_keys, the_user_may_end_them) {
    struct hr_error error = {0};
    int result = -99;
    cr_assert_eq(read_tags("<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b"
                           "</Key><Value/></Tag></TagSet></Tagging>",
                           &result, &error),
                 -99);
    cr_assert_str_eq(shown, "a=1;");
    cr_assert_eq(read_deleted("<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>",
                              &result, &error),
                 -99);
}
