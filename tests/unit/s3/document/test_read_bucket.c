#include <criterion/criterion.h>
#include <string.h>

#include "cases.h"
#include "documents.h"

static const struct {
    const char *document, *constraint, *region;
} locations[] = {
    {"<LocationConstraint/>", "", "us-east-1"},
    {"<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>",
     "", "us-east-1"},
    {"<LocationConstraint>EU</LocationConstraint>", "EU", "eu-west-1"},
    {"<LocationConstraint>us-west-2</LocationConstraint>\n", "us-west-2", "us-west-2"},
    {"<a:LocationConstraint xmlns:a=\"u\">garage</a:LocationConstraint>", "garage", "garage"},
};

Test(read_bucket, locations) {
    for (size_t i = 0; i < sizeof locations / sizeof locations[0]; i++) {
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__location location;
        cr_assert_eq(
            hr__read_location(hr_slice_of(locations[i].document), &texts, &error, &location), 0,
            "%s", error.message);
        cr_assert(hr_slice_equal(location.constraint, hr_slice_of(locations[i].constraint)));
        cr_assert(hr_slice_equal(location.region, hr_slice_of(locations[i].region)));
        hr__texts_free(&texts);
    }
}

static const struct {
    const char *inside;
    struct hr__versioning versioning;
} versionings[] = {
    {"", {HR_S3_VERSIONING_OFF, false}},
    {"<Status>Enabled</Status>", {HR_S3_VERSIONING_ENABLED, false}},
    {"<Status>Suspended</Status><MfaDelete>Enabled</MfaDelete>",
     {HR_S3_VERSIONING_SUSPENDED, true}},
    {"<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>", {HR_S3_VERSIONING_ENABLED, false}},
};

static int read_versioning(const char *inside, struct hr_error *error, struct hr__versioning *out) {
    char xml[256];
    snprintf(xml, sizeof xml, "<VersioningConfiguration>%s</VersioningConfiguration>", inside);
    return hr__read_versioning(hr_slice_of(xml), error, out);
}

Test(read_bucket, versioning) {
    for (size_t i = 0; i < sizeof versionings / sizeof versionings[0]; i++) {
        struct hr_error error = {0};
        struct hr__versioning versioning;
        cr_assert_eq(read_versioning(versionings[i].inside, &error, &versioning), 0, "%s",
                     error.message);
        cr_assert_eq(versioning.status, versionings[i].versioning.status);
        cr_assert_eq(versioning.mfa_delete, versionings[i].versioning.mfa_delete);
    }
}

Test(read_bucket, versioning_of_another_kind_is_refused) {
    struct hr_error error = {0};
    struct hr__versioning versioning;
    cr_assert_eq(read_versioning("<Status>enabled</Status>", &error, &versioning),
                 HR_ERR_S3_RESPONSE);
    cr_assert(strstr(error.message, "its Status is neither Enabled nor Suspended"));
    cr_assert_eq(read_versioning("<MfaDelete>on</MfaDelete>", &error, &versioning),
                 HR_ERR_S3_RESPONSE);
    cr_assert(strstr(error.message, "its MfaDelete is neither"));
    cr_assert_eq(hr__read_versioning(hr_slice_of("<Versioning/>"), &error, &versioning),
                 HR_ERR_S3_RESPONSE);
}

Test(read_bucket, cases_given) {
    json_t *all = cases_load("s3/response.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/response");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        if (strcmp(cases_text(one, "operation"), "GetBucketLocation") != 0) continue;
        const json_t *result = json_object_get(json_object_get(one, "expect"), "result");
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__location location;
        cr_assert_eq(hr__read_location(cases_slice(json_object_get(one, "response"), "body"),
                                       &texts, &error, &location),
                     0, "%s: %s", cases_text(one, "name"), error.message);
        cr_assert(hr_slice_equal(location.constraint, cases_slice(result, "LocationConstraint")));
        hr__texts_free(&texts);
        counted++;
    }
    cr_assert_geq(counted, 3);
    json_decref(all);
}
