/* No credential of a URL is shown, of its query neither. */
#include <criterion/criterion.h>
#include <string.h>

#include "url_masked.h"

static void shows(const char *text, const char *wanted) {
    char shown[200];
    cr_expect_str_eq(perf_url_masked(text, shown, sizeof shown), wanted);
}

Test(url_masked, what_signs_a_url_is_hidden) {
    shows("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20"
          "&X-Amz-Expires=60&X-Amz-Security-Token=tok%3D&X-Amz-Signature=0123abcd",
          "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=***"
          "&X-Amz-Expires=60&X-Amz-Security-Token=***&X-Amz-Signature=***");
    shows("http://h/?x-amz-signature=abcd#end", "http://h/?x-amz-signature=***#end");
    shows("http://h/?AWSAccessKeyId=AKID&Signature=ab%3D&Expires=1",
          "http://h/?AWSAccessKeyId=***&Signature=***&Expires=1");
    shows("http://u:p@h/?X-Amz-Signature=s", "http://***@h/?X-Amz-Signature=*");
}

Test(url_masked, all_else_stays) {
    shows("http://h/X-Amz-Signature=1?a=Signature=b", "http://h/X-Amz-Signature=1?a=Signature=b");
    shows("http://h/?Signatures=1&X-Amz-Signature", "http://h/?Signatures=1&X-Amz-Signature");
    shows("http://h/?X-Amz-Signature=&a=b", "http://h/?X-Amz-Signature=&a=b");
    shows("", "");
}

Test(url_masked, one_that_is_cut_inside_a_value) {
    char shown[40];
    perf_url_masked("http://host/?X-Amz-Signature=0123456789abcdef0123456789abcdef", shown,
                    sizeof shown);
    cr_expect_str_eq(shown, "http://host/?X-Amz-Signature=***");
    cr_expect_eq(perf_url_masked("http://host/", shown, 0), shown);
}
