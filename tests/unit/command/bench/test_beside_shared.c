/* Whether a server runs on this machine, by its URL. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "bench_beside.h"

Test(beside_shared, loopback_and_the_own_name_are_here) {
    char name[200] = "", url[240];
    cr_assert_eq(gethostname(name, sizeof name - 1), 0);
    snprintf(url, sizeof url, "http://%s:80/", name);
    cr_expect_gt(beside_shared_cores("http://127.0.0.1:8080/x"), 0);
    cr_expect_gt(beside_shared_cores("https://[::1]/"), 0);
    cr_expect_gt(beside_shared_cores("http://LOCALHOST/"), 0);
    cr_expect_gt(beside_shared_cores(url), 0);
}

Test(beside_shared, all_else_is_elsewhere) {
    cr_expect_eq(beside_shared_cores("http://192.0.2.1/"), 0);
    cr_expect_eq(beside_shared_cores("https://s3.us-east-1.amazonaws.com"), 0);
    cr_expect_eq(beside_shared_cores("no URL"), 0);
}
