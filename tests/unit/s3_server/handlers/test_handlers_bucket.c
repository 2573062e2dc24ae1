/* CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation, ListBuckets, and settings: S3 API
 * Reference, "Actions". */
#include "server_fixture.h"

TestSuite(handlers_bucket, .init = server_open, .fini = server_close);

Test(handlers_bucket, create_head_delete) {
    EXPECT(404, "", "HEAD", "/photos", "", "");
    cr_expect_eq(server_body_size, 0, "an answer to HEAD has no body");
    EXPECT(200, "", "PUT", "/photos", "", "");
    cr_expect_str_eq(server_field("Location"), "/photos");
    EXPECT(409, "BucketAlreadyOwnedByYou", "PUT", "/photos", "", "");
    EXPECT(200, "", "HEAD", "/photos", "", "");
    cr_expect_str_eq(server_field("x-amz-bucket-region"), "us-east-1");
    EXPECT(200, "", "PUT", "/photos/key", "", "x");
    EXPECT(409, "BucketNotEmpty", "DELETE", "/photos", "", "");
    EXPECT(204, "", "DELETE", "/photos/key", "", "");
    EXPECT(204, "", "DELETE", "/photos", "", "");
    EXPECT(404, "NoSuchBucket", "DELETE", "/photos", "", "");
    cr_expect_str_eq(server_element("BucketName"), "photos");
    cr_expect_str_eq(server_element("Resource"), "/photos");
    cr_expect_str_neq(server_element("RequestId"), "(none)");
    cr_expect_str_eq(server_element("RequestId"), server_field("x-amz-request-id"));
}

/* "Bucket names must be between 3 (min) and 63 (max) characters long" and so on. */
Test(handlers_bucket, names) {
    static const char *const wrong[] = {"/ab",   "/Photos", "/a_b",        "/-abc",
                                        "/abc-", "/a..b",   "/192.168.5.4"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        EXPECT(400, "InvalidBucketName", "PUT", wrong[i], "", "");
    EXPECT(200, "", "PUT", "/my.bucket-1", "", "");
}

#define CONFIGURATION(location)                                                                    \
    "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                \
    "<LocationConstraint>" location "</LocationConstraint></CreateBucketConfiguration>"

/* "Buckets in Region us-east-1 have a LocationConstraint of null." */
Test(handlers_bucket, locations) {
    EXPECT(200, "", "PUT", "/none", "", "");
    EXPECT(200, "", "GET", "/none?location", "", "");
    cr_expect_not_null(strstr(server_body,
                              "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/"
                              "2006-03-01/\"></LocationConstraint>"),
                       "%s", server_body);
    EXPECT(200, "", "PUT", "/west", "", CONFIGURATION("us-west-2"));
    EXPECT(200, "", "GET", "/west?location", "", "");
    cr_expect_not_null(strstr(server_body, ">us-west-2</LocationConstraint>"), "%s", server_body);
    EXPECT(200, "", "HEAD", "/west", "", "");
    cr_expect_str_eq(server_field("x-amz-bucket-region"), "us-west-2");
    EXPECT(200, "", "PUT", "/ireland", "", CONFIGURATION("EU"));
    EXPECT(200, "", "GET", "/ireland?location", "", "");
    cr_expect_not_null(strstr(server_body, ">eu-west-1</LocationConstraint>"), "%s", server_body);
    EXPECT(400, "InvalidLocationConstraint", "PUT", "/nowhere", "", CONFIGURATION("No Where"));
    EXPECT(400, "MalformedXML", "PUT", "/nowhere", "", "<CreateBucketConfiguration>");
    EXPECT(400, "MalformedXML", "PUT", "/nowhere", "", "<Other/>");
    EXPECT(404, "NoSuchBucket", "GET", "/nowhere?location", "", "");
}

Test(handlers_region, a_server_with_a_region_has_no_other) {
    server_open_with("eu-west-1");
    EXPECT(400, "AuthorizationHeaderMalformed", "PUT", "/photos", "", "");
    cr_expect_str_eq(server_element("Region"), "eu-west-1");
    server_close();
}

Test(handlers_bucket, listing) {
    static const char *const names[] = {"/bbb", "/aaa", "/abc", "/abd"};
    EXPECT(200, "", "GET", "/", "", "");
    cr_expect_str_eq(server_elements("Name"), "");
    for (size_t i = 0; i < COUNT(names); i++) EXPECT(200, "", "PUT", names[i], "", "");
    EXPECT(200, "", "PUT", "/west", "", CONFIGURATION("us-west-2"));
    EXPECT(200, "", "GET", "/", "", "");
    cr_expect_str_eq(server_field("Content-Type"), "application/xml");
    cr_expect_str_eq(server_elements("Name"), "aaa|abc|abd|bbb|west|");
    cr_expect_str_eq(server_element("ID"), "000000000000");
    cr_expect_str_eq(server_element("BucketRegion"), "(none)", "only in pages");
    EXPECT(200, "", "GET", "/?prefix=ab", "", "");
    cr_expect_str_eq(server_elements("Name"), "abc|abd|");
    cr_expect_str_eq(server_element("Prefix"), "ab");
    EXPECT(200, "", "GET", "/?bucket-region=us-west-2", "", "");
    cr_expect_str_eq(server_elements("Name"), "west|");
    cr_expect_str_eq(server_element("BucketRegion"), "us-west-2");
}

/* "ContinuationToken is included in the response when there are more buckets" */
Test(handlers_bucket, pages_of_buckets) {
    static const char *const names[] = {"/aaa", "/bbb", "/ccc"};
    static const char *const pages[] = {"aaa|bbb|", "ccc|"};
    char target[256] = "/?max-buckets=2";
    for (size_t i = 0; i < COUNT(names); i++) EXPECT(200, "", "PUT", names[i], "", "");
    for (size_t i = 0; i < 2; i++) {
        EXPECT(200, "", "GET", target, "", "");
        cr_expect_str_eq(server_elements("Name"), pages[i]);
        const char *token = server_element("ContinuationToken");
        cr_expect_eq(strcmp(token, "(none)") == 0, i == 1, "%s", token);
        snprintf(target, sizeof target, "/?max-buckets=2&continuation-token=%s", token);
    }
    static const char *const wrong[] = {"/?max-buckets=0", "/?max-buckets=10001", "/?max-buckets=x",
                                        "/?continuation-token=zz",
                                        "/?continuation-token=00000000616161"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        EXPECT(400, "InvalidArgument", "GET", wrong[i], "", "");
}

/* The errors and examples of GetBucketPolicy, GetBucketCors and so on. */
Test(handlers_bucket, settings) {
    static const struct {
        const char *target;
        int status;
        const char *text; /* the error's code, or a part of the document */
    } rows[] = {
        {"/photos?policy", 404, "NoSuchBucketPolicy"},
        {"/photos?policyStatus", 404, "NoSuchBucketPolicy"},
        {"/photos?cors", 404, "NoSuchCORSConfiguration"},
        {"/photos?lifecycle", 404, "NoSuchLifecycleConfiguration"},
        {"/photos?website", 404, "NoSuchWebsiteConfiguration"},
        {"/photos?tagging", 404, "NoSuchTagSet"},
        {"/photos?replication", 404, "ReplicationConfigurationNotFoundError"},
        {"/photos?object-lock", 404, "ObjectLockConfigurationNotFoundError"},
        {"/photos?publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration"},
        {"/photos?versioning", 200, "<VersioningConfiguration xmlns="},
        {"/photos?acl", 200, "<Permission>FULL_CONTROL</Permission>"},
        {"/photos?encryption", 200, "<SSEAlgorithm>AES256</SSEAlgorithm>"},
        {"/photos?requestPayment", 200, "<Payer>BucketOwner</Payer>"},
        {"/photos?ownershipControls", 200, "<ObjectOwnership>BucketOwnerPreferred<"},
        {"/photos?logging", 200, "<BucketLoggingStatus xmlns="},
        {"/photos?notification", 200, "<NotificationConfiguration xmlns="},
        {"/photos?accelerate", 200, "<AccelerateConfiguration xmlns="},
        {"/photos/key?acl", 200, "<Permission>FULL_CONTROL</Permission>"},
        {"/photos/none?acl", 404, "NoSuchKey"},
        {"/none?policy", 404, "NoSuchBucket"},
    };
    EXPECT(200, "", "PUT", "/photos", "", "");
    EXPECT(200, "", "PUT", "/photos/key", "", "x");
    for (size_t i = 0; i < COUNT(rows); i++) {
        EXPECT(rows[i].status, rows[i].status == 404 ? rows[i].text : "", "GET", rows[i].target, "",
               "");
        cr_expect_not_null(strstr(server_body, rows[i].text), "%s: %s", rows[i].target,
                           server_body);
    }
    EXPECT(501, "NotImplemented", "PUT", "/photos?policy", "", "{}");
    EXPECT(501, "NotImplemented", "GET", "/photos?intelligent-tiering", "", "");
}

Test(handlers_bucket, what_is_not_for_a_bucket) {
    EXPECT(200, "", "PUT", "/photos", "", "");
    EXPECT(405, "MethodNotAllowed", "PATCH", "/photos", "", "");
    EXPECT(405, "MethodNotAllowed", "DELETE", "/", "", "");
    EXPECT(501, "NotImplemented", "POST", "/photos", "", "");
    EXPECT(403, "AccessDenied", "GET", "/photos", "x-amz-expected-bucket-owner: 111122223333\r\n",
           "");
    EXPECT(200, "", "GET", "/photos", "x-amz-expected-bucket-owner: 000000000000\r\n", "");
    EXPECT(400, "InvalidURI", "GET", "/photos/%zz", "", "");
    EXPECT(404, "NoSuchBucket", "PUT", "/none/key", "", "x");
}

/* "OPTIONS object" and questions of load balancers come without a signature. */
Test(handlers_bucket, what_comes_unsigned) {
    static const struct {
        const char *line, *fields;
        int status;
        const char *code;
    } rows[] = {
        {"GET /healthz", "", 200, ""},
        {"HEAD /minio/health/live", "", 200, ""},
        {"GET /healthz?x", "", 403, "AccessDenied"},
        {"POST /healthz", "Content-Length: 0\r\n", 403, "AccessDenied"},
        {"GET /", "", 403, "AccessDenied"},
        {"OPTIONS /photos/key", "", 400, "BadRequest"},
        {"OPTIONS /photos/key", "Origin: http://x\r\n", 400, "BadRequest"},
        {"OPTIONS /photos/key", "Origin: http://x\r\nAccess-Control-Request-Method: PUT\r\n", 403,
         "AccessForbidden"},
        {"POST /photos", "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 0\r\n",
         404, "NoSuchBucket"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];
        int fd = server_connect();
        int size = snprintf(text, sizeof text,
                            "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n",
                            rows[i].line, rows[i].fields);
        server_send(fd, text, (size_t)size);
        server_receive(fd);
        close(fd);
        cr_expect_eq(server_status, rows[i].status, "%s: %d %s", rows[i].line, server_status,
                     server_body);
        if (*rows[i].code) cr_expect_str_eq(server_element("Code"), rows[i].code, "%s", text);
    }
}
