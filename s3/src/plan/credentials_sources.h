/* The sources of credentials: how each is recognised. */
#ifndef HR_S3_CREDENTIALS_SOURCES_H
#define HR_S3_CREDENTIALS_SOURCES_H

#include "credentials_plan.h"

/* A look at settings and one profile. */
struct hr__credentials_look {
    struct hr__credentials_plan *plan;
    struct hr__profile profile;
    bool variables; /* those with keys and tokens count */
    struct hr_error *error;
    char reason[160]; /* why a source has none */
};

/* Each: 1, and the plan has it; 0, and `reason` says why not; HR_ERR_S3_CREDENTIALS. */
typedef int hr__credentials_look_fn(struct hr__credentials_look *look);
hr__credentials_look_fn hr__look_options, hr__look_environment, hr__look_role,
    hr__look_web_identity, hr__look_sso, hr__look_credentials_file, hr__look_login,
    hr__look_process, hr__look_config_file, hr__look_container, hr__look_imds, hr__look_command;

struct hr__credentials_source_row {
    const char *name;
    hr__credentials_look_fn *look;
};
/* Sources of a profile alone, without roles; NULL ends. */
extern const struct hr__credentials_source_row hr__credentials_profile_rows[];

/* Looks at the rows in their order: 1, 0 (none), or an error. `report` may be NULL. */
int hr__credentials_look_through(struct hr__credentials_look *look,
                                 const struct hr__credentials_source_row *rows,
                                 struct hr_s3_credentials_report *report);

/* One more source that has none. `report` may be NULL. */
void hr__look_note(struct hr_s3_credentials_report *report, const char *name, const char *reason);
/* A property that is there and not empty. */
bool hr__look_property(const struct hr__credentials_look *look, const char *name,
                       struct hr_slice *value);
int hr__look_none(struct hr__credentials_look *look, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int hr__look_refuse(struct hr__credentials_look *look, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
