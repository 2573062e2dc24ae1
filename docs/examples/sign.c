/* Signature Version 4 alone, without an engine: the "GET Object" example of the S3 API Reference.
 */
#include <stdio.h>

#include <headrace/sigv4.h>

int main(void) {
    struct hr_sigv4_credentials credentials = {
        .access_key = hr_slice_of("AKIAIOSFODNN7EXAMPLE"),
        .secret_key = hr_slice_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    };
    struct hr_sigv4_options options = {
        .region = hr_slice_of("us-east-1"),
        .time_s = 1369353600, /* 2013-05-24T00:00:00Z */
        .add_content_sha256 = true,
    };
    struct hr_http_field fields[] = {
        {hr_slice_of("Host"), hr_slice_of("examplebucket.s3.amazonaws.com")},
        {hr_slice_of("Range"), hr_slice_of("bytes=0-9")},
    };
    struct hr_sigv4_request request = {
        .method = hr_slice_of("GET"),
        .path = hr_slice_of("/test.txt"),
        .fields = fields,
        .field_count = 2,
    };
    struct hr_sigv4_result result;
    hr_sigv4_signer *signer = NULL;
    char authorization[1024];

    int err = hr_sigv4_signer_new(&signer);
    if (!err)
        err = hr_sigv4_sign(signer, &credentials, &options, &request, authorization,
                            sizeof authorization, &result);
    if (err)
        fprintf(stderr, "%s\n", hr_error_text(err));
    else
        printf("%s\n%s\n", result.date, result.signature);
    hr_sigv4_signer_free(signer);
    return err ? 1 : 0;
}
