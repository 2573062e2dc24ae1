#include <criterion/criterion.h>

#include "host_label.h"
#include "partition.h"

Test(partition, of_a_region) {
    static const struct {
        const char *region, *name, *suffix;
    } rows[] = {
        {"us-east-1", "aws", "amazonaws.com"},
        {"cn-north-1", "aws-cn", "amazonaws.com.cn"},
        {"us-gov-west-1", "aws-us-gov", "amazonaws.com"},
        {"us-iso-east-1", "aws-iso", "c2s.ic.gov"},
        {"us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"},
        {"eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"},
        {"us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"},
        {"eusc-de-east-1", "aws-eusc", "amazonaws.eu"},
        {"aws-cn-global", "aws-cn", "amazonaws.com.cn"},
        {"aws-iso-b-global", "aws-iso-b", "sc2s.sgov.gov"},
        {"aws-global", "aws", "amazonaws.com"},
        /* No region of theirs: WORD-NUMBER must follow. */
        {"cn-north", "aws", "amazonaws.com"},
        {"cn-north-1a", "aws", "amazonaws.com"},
        {"cn-north-west-1", "aws", "amazonaws.com"},
        {"cn--1", "aws", "amazonaws.com"},
        {"cn-north-", "aws", "amazonaws.com"},
        {"eusc-fr-east-1", "aws", "amazonaws.com"},
        {"snow", "aws", "amazonaws.com"},
        {"", "aws", "amazonaws.com"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hr__partition *partition = hr__partition_of(hr_slice_of(rows[i].region));
        cr_assert_str_eq(partition->name, rows[i].name, "%s", rows[i].region);
        cr_assert_str_eq(partition->suffix, rows[i].suffix);
    }
}

Test(partition, has_the_hosts_below_its_suffixes) {
    static const char *const own[] = {"s3.amazonaws.com", "amazonaws.com", "S3.AmazonAWS.com",
                                      "x.s3.cn-north-1.amazonaws.com.cn", "s3.us-east-1.api.aws"};
    static const char *const others[] = {"evilamazonaws.com",      "com",      "",
                                         "amazonaws.com.evil.org", "api.awsx", "localhost"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        cr_assert(hr__partition_has_host(hr_slice_of(own[i])), "%s", own[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert(!hr__partition_has_host(hr_slice_of(others[i])), "%s", others[i]);
}

Test(host_label, like_an_ipv4_address) {
    cr_assert(hr__host_label_like_ipv4(hr_slice_of("192.168.1.1")));
    cr_assert(hr__host_label_like_ipv4(hr_slice_of("999.1.1.1")));
    static const char *const others[] = {"1.2.3",  "1.2.3.4.5", "1.2.3.a", "1234.1.1.1",
                                         "1.2.3.", ".1.2.3",    "1..2.3",  ""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert(!hr__host_label_like_ipv4(hr_slice_of(others[i])), "%s", others[i]);
}
