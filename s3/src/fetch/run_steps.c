/* The steps of a fetch, as a table. */
#include "credentials_run.h"

const struct hr__run_steps hr__run_steps = {
    .base = {[HR__CREDENTIALS_WEB_IDENTITY] = hr__run_web_identity,
             [HR__CREDENTIALS_SSO] = hr__run_sso,
             [HR__CREDENTIALS_PROCESS] = hr__run_process,
             [HR__CREDENTIALS_CONTAINER] = hr__run_container,
             [HR__CREDENTIALS_IMDS] = hr__run_imds},
    .role = hr__run_role,
};
