/* Answers about a bucket: where it is, and whether it keeps versions. */
#include "documents.h"
#include "shape.h"

static const struct hr__element of_location[] = {
    HR__ELEMENT("", TEXT, OPTIONAL, struct hr__location, constraint),
};

static const struct hr__shape location = {
    .roots = {"LocationConstraint"},
    .elements = of_location,
    .element_count = HR__ROWS(of_location),
};

struct versioning {
    struct hr_slice status, mfa_delete;
};

static const struct hr__element of_versioning[] = {
    HR__ELEMENT("Status", TEXT, OPTIONAL, struct versioning, status),
    HR__ELEMENT("MfaDelete", TEXT, OPTIONAL, struct versioning, mfa_delete),
};

static const struct hr__shape versioning = {
    .roots = {"VersioningConfiguration"},
    .elements = of_versioning,
    .element_count = HR__ROWS(of_versioning),
};

/* The oldest regions have names of their own here. */
static struct hr_slice region_of(struct hr_slice constraint) {
    if (constraint.size == 0) return hr_slice_of("us-east-1");
    if (hr_slice_equal(constraint, hr_slice_of("EU"))) return hr_slice_of("eu-west-1");
    return constraint;
}

int hr__read_location(struct hr_slice xml, struct hr__texts *texts, struct hr_error *error,
                      struct hr__location *out) {
    struct hr__location made = {.constraint = {0}};
    struct hr__shape_sink sink = {.out = &made, .texts = texts};
    int err = hr__shape_read(&location, xml, &sink, error);
    if (err) return err;
    made.region = region_of(made.constraint);
    *out = made;
    return 0;
}

static int refuse(struct hr_error *error, const char *element) {
    return hr_error_set(error, HR_ERR_S3_RESPONSE,
                        "the store's VersioningConfiguration cannot be understood: %s", element);
}

static int status_of(struct hr_slice text, struct hr_error *error, enum hr_s3_versioning *status) {
    if (text.size == 0)
        *status = HR_S3_VERSIONING_OFF;
    else if (hr_slice_equal(text, hr_slice_of("Enabled")))
        *status = HR_S3_VERSIONING_ENABLED;
    else if (hr_slice_equal(text, hr_slice_of("Suspended")))
        *status = HR_S3_VERSIONING_SUSPENDED;
    else
        return refuse(error, "its Status is neither Enabled nor Suspended");
    return 0;
}

static int convert(const struct versioning *texts, struct hr_error *error,
                   struct hr__versioning *out) {
    enum hr_s3_versioning status = HR_S3_VERSIONING_OFF;
    int err = status_of(texts->status, error, &status);
    if (err) return err;
    bool mfa = hr_slice_equal(texts->mfa_delete, hr_slice_of("Enabled"));
    if (!mfa && texts->mfa_delete.size > 0 &&
        !hr_slice_equal(texts->mfa_delete, hr_slice_of("Disabled")))
        return refuse(error, "its MfaDelete is neither Enabled nor Disabled");
    *out = (struct hr__versioning){.status = status, .mfa_delete = mfa};
    return 0;
}

int hr__read_versioning(struct hr_slice xml, struct hr_error *error, struct hr__versioning *out) {
    struct versioning made = {.status = {0}};
    struct hr__texts texts = {NULL};
    struct hr__shape_sink sink = {.out = &made, .texts = &texts};
    int err = hr__shape_read(&versioning, xml, &sink, error);
    if (!err) err = convert(&made, error, out);
    hr__texts_free(&texts);
    return err;
}
