/* Where credentials come from, decided by settings and files alone, before anybody is asked: one
 * source, and the roles that are taken with what it gives. */
#ifndef HR_S3_CREDENTIALS_PLAN_H
#define HR_S3_CREDENTIALS_PLAN_H

#include "credentials_settings.h"
#include "sts.h"

#define HR__CREDENTIALS_ROLES_MAX 8 /* in a chain */

enum hr__credentials_base {
    HR__CREDENTIALS_KEYS,
    HR__CREDENTIALS_WEB_IDENTITY,
    HR__CREDENTIALS_SSO,
    HR__CREDENTIALS_PROCESS,
    HR__CREDENTIALS_CONTAINER,
    HR__CREDENTIALS_IMDS,
};

/* A role's portal (IAM Identity Center). */
struct hr__credentials_sso {
    struct hr_slice cache_name; /* the session's name or the start URL, by which a token is kept */
    struct hr_slice region, account_id, role_name;
};

struct hr__credentials_plan {
    const struct hr__credentials_settings *settings;
    struct hr__profiles *profiles; /* owned; NULL: no file was read */
    struct hr_slice profile;       /* the one that counts for regions and endpoints */
    const char *source;            /* name of it */
    enum hr__credentials_base base;
    struct hr_s3_credentials keys; /* KEYS; and PROCESS: the account, where it does not say one */
    struct hr__sts_request web_identity;
    struct hr_slice token_file; /* of it */
    struct hr__credentials_sso sso;
    struct hr_slice command;
    struct hr__sts_request roles[HR__CREDENTIALS_ROLES_MAX]; /* in the order of asking */
    unsigned role_count;
};

/* Decides. HR_ERR_S3_CREDENTIALS (nothing is configured, or what is makes no sense),
 * HR_ERR_S3_PROFILE, -ENOMEM; `error` names the setting and its place. `report` NULL: nobody wants
 * to know. Borrows `settings`. Blocks as reading two files does. */
int hr__credentials_plan_make(const struct hr__credentials_settings *settings,
                              struct hr_error *error, struct hr_s3_credentials_report *report,
                              struct hr__credentials_plan *plan);
/* Wipes. */
void hr__credentials_plan_deinit(struct hr__credentials_plan *plan);

/* A property of the profile that counts; false: there is none, or it is empty. */
bool hr__credentials_plan_property(const struct hr__credentials_plan *plan, const char *name,
                                   struct hr_slice *value);
/* A setting that a variable or a property of that profile says; empty: neither. */
struct hr_slice hr__credentials_plan_setting(const struct hr__credentials_plan *plan,
                                             enum hr__credentials_variable variable,
                                             const char *property);
/* The same as "true" or "false" in any case; nowhere: false. `property` NULL: a variable alone.
 * HR_ERR_S3_CREDENTIALS: it is neither; `error` names variable and property. */
int hr__credentials_plan_flag(const struct hr__credentials_plan *plan,
                              enum hr__credentials_variable variable, const char *property,
                              struct hr_error *error, bool *flag);

#endif
