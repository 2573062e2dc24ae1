/* Profiles with roles: a chain of them, walked to the source that begins it. */
#include <assert.h>

#include <headrace/text.h>

#include "credentials_sources.h"

/* A walk from the profile that was asked for to the one that has keys. */
struct walk {
    struct hr__credentials_look *look;
    struct hr_slice visited[HR__CREDENTIALS_ROLES_MAX];
    struct hr__sts_request roles[HR__CREDENTIALS_ROLES_MAX];
    unsigned count;
};

static bool has(const struct hr__credentials_look *look, const char *name) {
    struct hr_slice value;
    return hr__look_property(look, name, &value);
}

static bool has_keys(const struct hr__credentials_look *look) {
    return has(look, "aws_access_key_id") || has(look, "aws_secret_access_key");
}

static bool has_role(const struct hr__credentials_look *look) {
    return has(look, "role_arn") && !has(look, "web_identity_token_file");
}

static int size_of(struct hr_slice name) {
    return name.size < 80 ? (int)name.size : 80;
}

/* ---- The beginning of a chain. */

static int named_source(struct hr__credentials_look *look, struct hr_slice source) {
    int found;
    if (hr_slice_equal(source, hr_slice_of("Environment")))
        found = hr__look_environment(look);
    else if (hr_slice_equal(source, hr_slice_of("Ec2InstanceMetadata")))
        found = hr__look_imds(look);
    else if (hr_slice_equal(source, hr_slice_of("EcsContainer")))
        found = hr__look_container(look);
    else
        return hr__look_refuse(look,
                               "credential_source \"%.*s\" of profile \"%.*s\" is none of "
                               "Environment, Ec2InstanceMetadata and EcsContainer",
                               size_of(source), source.data, size_of(look->profile.name),
                               look->profile.name.data);
    if (found != 0) return found;
    char why[sizeof look->reason];
    hr_text_copy(why, sizeof why, hr_slice_of(look->reason));
    return hr__look_refuse(look, "credential_source %.*s: %s", size_of(source), source.data, why);
}

/* Of a profile that is the source of another one: variables do not count. */
static int profile_source(struct hr__credentials_look *look) {
    bool variables = look->variables;
    look->variables = false;
    int found = hr__credentials_look_through(look, hr__credentials_profile_rows, NULL);
    look->variables = variables;
    if (found != 0) return found;
    return hr__look_refuse(look, "source_profile \"%.*s\" has no credentials",
                           size_of(look->profile.name), look->profile.name.data);
}

/* ---- The walk. */

static int read_role(struct walk *walk) {
    struct hr__credentials_look *look = walk->look;
    struct hr_slice value;
    if (walk->count == HR__CREDENTIALS_ROLES_MAX)
        return hr__look_refuse(look, "more than %d profiles with roles one behind the other",
                               HR__CREDENTIALS_ROLES_MAX);
    struct hr__sts_request *role = &walk->roles[walk->count];
    *role = (struct hr__sts_request){.token = {NULL, 0}};
    hr__look_property(look, "role_arn", &role->role_arn);
    hr__look_property(look, "role_session_name", &role->session_name);
    hr__look_property(look, "external_id", &role->external_id);
    uint64_t seconds;
    if (hr__look_property(look, "duration_seconds", &role->duration_s) &&
        hr_text_u64(role->duration_s, UINT32_MAX, &seconds))
        return hr__look_refuse(look, "duration_seconds of profile \"%.*s\" is no number",
                               size_of(look->profile.name), look->profile.name.data);
    if (hr__look_property(look, "mfa_serial", &value))
        return hr__look_refuse(look,
                               "profile \"%.*s\" has mfa_serial, and nobody is there to ask for a "
                               "code: use credential_process, or a session of 'aws sts'",
                               size_of(look->profile.name), look->profile.name.data);
    walk->visited[walk->count++] = look->profile.name;
    return 0;
}

static bool is_visited(const struct walk *walk, struct hr_slice name) {
    for (unsigned i = 0; i < walk->count; i++)
        if (hr_slice_equal(walk->visited[i], name)) return true;
    return false;
}

/* Goes on to the source profile. 1: the chain begins there, 0: it has a role itself. */
static int step(struct walk *walk, struct hr_slice next) {
    struct hr__credentials_look *look = walk->look;
    bool same = hr_slice_equal(look->profile.name, next);
    bool visited = is_visited(walk, next);
    look->profile.name = next;
    if (next.size > HR__PROFILE_NAME_MAX || !hr__profile_exists(&look->profile))
        return hr__look_refuse(look, "source_profile \"%.*s\" is not there", size_of(next),
                               next.data);
    if (visited && !(same && has_keys(look)))
        return hr__look_refuse(look, "source_profile \"%.*s\" leads back to itself", size_of(next),
                               next.data);
    if (!has_keys(look) && has_role(look)) return 0;
    return profile_source(look);
}

/* 1: the source has been found; 0: one profile further. */
static int walk_on(struct walk *walk) {
    struct hr__credentials_look *look = walk->look;
    struct hr_slice source, next;
    int err = read_role(walk);
    if (err) return err;
    bool named = hr__look_property(look, "credential_source", &source);
    bool profile = hr__look_property(look, "source_profile", &next);
    if (named == profile)
        return hr__look_refuse(look, "profile \"%.*s\" has %s source_profile %s credential_source",
                               size_of(look->profile.name), look->profile.name.data,
                               named ? "both" : "neither", named ? "and" : "nor");
    return named ? named_source(look, source) : step(walk, next);
}

int hr__look_role(struct hr__credentials_look *look) {
    if (!has_role(look))
        return hr__look_none(look, "profile \"%.*s\" has no role_arn", size_of(look->profile.name),
                             look->profile.name.data);
    struct walk walk = {.look = look};
    struct hr_slice first = look->profile.name;
    bool variables = look->variables;
    int found;
    do found = walk_on(&walk);
    while (found == 0);
    look->profile.name = first;
    look->variables = variables;
    if (found < 0) return found;
    struct hr__credentials_plan *plan = look->plan;
    assert(walk.count > 0);
    for (unsigned i = 0; i < walk.count; i++) plan->roles[i] = walk.roles[walk.count - 1 - i];
    plan->role_count = walk.count;
    return 1;
}
