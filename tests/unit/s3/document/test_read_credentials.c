#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "documents.h"

/* The example of the STS API's page. */
static const char assumed[] =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  "
    "<AssumeRoleResult>\n"
    "  <SourceIdentity>Alice</SourceIdentity>\n    <AssumedRoleUser>\n      <Arn>"
    "arn:aws:sts::123456789012:assumed-role/demo/TestAR</Arn>\n      <AssumedRoleId>"
    "ARO123EXAMPLE123:TestAR</AssumedRoleId>\n    </AssumedRoleUser>\n    <Credentials>\n"
    "      <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\n      <SecretAccessKey>"
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>\n      <SessionToken>\n       "
    "AQoDYXdzEPT=\n      </SessionToken>\n      <Expiration>2019-11-09T13:34:41Z</Expiration>\n"
    "    </Credentials>\n    <PackedPolicySize>6</PackedPolicySize>\n  </AssumeRoleResult>\n"
    "  <ResponseMetadata>\n    <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>\n"
    "  </ResponseMetadata>\n</AssumeRoleResponse>";

Test(read_credentials, assumed_role) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__issued_credentials issued;
    cr_assert_eq(hr__read_assumed_role(hr_slice_of(assumed), &texts, &error, &issued), 0, "%s",
                 error.message);
    cr_assert_str_eq(issued.access_key_id.data, "ASIAIOSFODNN7EXAMPLE");
    cr_assert_str_eq(issued.secret_access_key.data, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY");
    cr_assert_str_eq(issued.session_token.data, "AQoDYXdzEPT=");
    cr_assert_str_eq(issued.assumed_role_arn.data,
                     "arn:aws:sts::123456789012:assumed-role/demo/TestAR");
    cr_assert_eq(issued.expires_s, 1573306481);
    cr_assert_eq(hr__read_web_identity(hr_slice_of(assumed), &texts, &error, &issued),
                 HR_ERR_S3_RESPONSE);
    hr__texts_free(&texts);
}

#define KEYS                                                                                       \
    "<AccessKeyId>accessKeyId</AccessKeyId><SecretAccessKey>secretKey</SecretAccessKey>"           \
    "<SessionToken>sessionToken</SessionToken>"

Test(read_credentials, web_identity) {
    struct hr__texts texts = {NULL};
    struct hr_error error = {0};
    struct hr__issued_credentials issued;
    struct hr_slice xml = hr_slice_of(
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>" KEYS
        "<Expiration>2014-10-24T23:00:23Z</Expiration></Credentials>"
        "<Audience>client.5498841531868486423.1548@apps.example.com</Audience>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
    cr_assert_eq(hr__read_web_identity(xml, &texts, &error, &issued), 0, "%s", error.message);
    cr_assert_str_eq(issued.access_key_id.data, "accessKeyId");
    cr_assert_eq(issued.assumed_role_arn.size, 0);
    cr_assert_eq(issued.expires_s, 1414191623);
    hr__texts_free(&texts);
}

static const char *const incomplete[] = {
    KEYS,
    KEYS "<Expiration>soon</Expiration>",
    KEYS "<Expiration/>",
    "<AccessKeyId/><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2014-10-24T23:00:23Z</Expiration>",
    "<AccessKeyId>a</AccessKeyId><SecretAccessKey>secretKey</SecretAccessKey>"
    "<Expiration>2014-10-24T23:00:23Z</Expiration>",
};

Test(read_credentials, are_whole_or_refused_without_a_secret) {
    for (size_t i = 0; i < sizeof incomplete / sizeof incomplete[0]; i++) {
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__issued_credentials issued = {.expires_s = 5};
        char xml[512];
        snprintf(xml, sizeof xml,
                 "<CreateSessionResult><Credentials>%s</Credentials>"
                 "</CreateSessionResult>",
                 incomplete[i]);
        cr_assert_eq(hr__read_session(hr_slice_of(xml), &texts, &error, &issued),
                     HR_ERR_S3_RESPONSE, "%s", xml);
        cr_assert_eq(issued.expires_s, 5);
        cr_assert(!strstr(error.message, "secretKey") && !strstr(error.message, "sessionToken"));
        hr__texts_free(&texts);
    }
}

Test(read_credentials, cases_given) {
    json_t *all = cases_load("s3/response-scripted.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/response-scripted");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        if (strcmp(cases_text(one, "operation"), "CreateSession") != 0) continue;
        const json_t *keys = json_object_get(
            json_object_get(json_object_get(one, "expect"), "result"), "Credentials");
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__issued_credentials issued;
        cr_assert_eq(hr__read_session(cases_slice(json_object_get(one, "response"), "body"), &texts,
                                      &error, &issued),
                     0, "%s", error.message);
        cr_assert_str_eq(issued.access_key_id.data, cases_text(keys, "AccessKeyId"));
        cr_assert_str_eq(issued.secret_access_key.data, cases_text(keys, "SecretAccessKey"));
        cr_assert_str_eq(issued.session_token.data, cases_text(keys, "SessionToken"));
        hr__texts_free(&texts);
        counted++;
    }
    cr_assert_geq(counted, 1);
    json_decref(all);
}

/* White space is no key: found by the fuzzer. */
Test(read_credentials, a_word_of_white_space_is_missing) {
    static const char *const names[] = {"AccessKeyId", "SecretAccessKey", "SessionToken"};
    for (size_t i = 0; i < 3; i++) {
        char xml[600];
        size_t size = (size_t)snprintf(xml, sizeof xml, "<CreateSessionResult><Credentials>");
        for (size_t j = 0; j < 3; j++)
            size += (size_t)snprintf(xml + size, sizeof xml - size, "<%s>%s</%s>", names[j],
                                     i == j ? " \n" : "x", names[j]);
        snprintf(xml + size, sizeof xml - size,
                 "<Expiration>2023-06-26T17:33:30Z</Expiration></Credentials>"
                 "</CreateSessionResult>");
        struct hr__texts texts = {NULL};
        struct hr_error error = {0};
        struct hr__issued_credentials out;
        cr_expect_eq(hr__read_session(hr_slice_of(xml), &texts, &error, &out), HR_ERR_S3_RESPONSE);
        cr_expect_not_null(strstr(error.message, names[i]), "%s", error.message);
        hr__texts_free(&texts);
    }
}
