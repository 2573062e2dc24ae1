/* Which variables are a command's. */
#include "command_fixture.h"

#include "commands.h"

#include "own_variables.h"

static bool is_taken(const struct command *command, const char *variable) {
    char text[256], *environment[] = {"PATH=/bin", text, NULL};
    const char **taken = NULL;
    snprintf(text, sizeof text, "%s=x", variable);
    cr_assert_eq(own_variables_of(command, environment, &taken), 0);
    bool found = taken && taken[0] == text && !taken[1];
    cr_expect_eq(found, taken != NULL, "%s", variable);
    free(taken);
    return found;
}

Test(own_variables, names_of_the_family_and_of_the_command) {
    static const char *const rows[] = {
        "ESPER_S3_REGION",          "esper_s3_region",         "ESPER_S3__REGION",
        "ESPER_S3_CP_REGION",       "ESPER_S3__CP__SPOOL_MAX", "ESPER_S3_CP_JSON",
        "ESPER_S3_SECRET_KEY_FILE", "ESPER_S3_CA_FILE",        "ESPER_S3_CA_FILE_FILE"};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect(is_taken(&command_s3_cp, rows[i]), "%s", rows[i]);
    cr_expect(is_taken(&command_http, "ESPER_HTTP_RETRY"));
}

Test(own_variables, others_are_left_alone) {
    static const char *const rows[] = {"ESPER_S3",
                                       "ESPER_S3_",
                                       "ESPER_S3_LS_REGION",
                                       "ESPER_S3_REGIONS",
                                       "ESPER_S3_REGION_",
                                       "ESPER_S3___REGION",
                                       "ESPER_S3_CP",
                                       "ESPER_S3_ENDPOINT_URL",
                                       "ESPER_REGION",
                                       "XESPER_S3_REGION",
                                       "S3_REGION",
                                       "ESPER_S3_CP__",
                                       "ESPER_S3_SPOOL__MAX",
                                       "ESPER_S3_REGION_FILES",
                                       "ESPER_"};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_not(is_taken(&command_s3_cp, rows[i]), "%s", rows[i]);
    const char **taken = NULL;
    cr_expect_eq(own_variables_of(&command_s3_cp, NULL, &taken), 0);
    cr_expect_null(taken);
}
