/* The table of AWS's partitions. */
#include "partition.h"

#include <string.h>

/* aws is the last row: it has every region that no other has. */
static const struct hr__partition partitions[] = {
    {"aws-cn", "cn-", "aws-cn-global", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
    {"aws-us-gov", "us-gov-", "aws-us-gov-global", "amazonaws.com", "api.aws", true},
    {"aws-iso", "us-iso-", "aws-iso-global", "c2s.ic.gov", "api.aws.ic.gov", true},
    {"aws-iso-b", "us-isob-", "aws-iso-b-global", "sc2s.sgov.gov", "api.aws.scloud", true},
    {"aws-iso-e", "eu-isoe-", "aws-iso-e-global", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", true},
    {"aws-iso-f", "us-isof-", "aws-iso-f-global", "csp.hci.ic.gov", "api.aws.hci.ic.gov", true},
    {"aws-eusc", "eusc-de-", "aws-eusc-global", "amazonaws.eu", "api.amazonwebservices.eu", true},
    {"aws", "", "aws-global", "amazonaws.com", "api.aws", true},
};
#define PARTITIONS (sizeof partitions / sizeof partitions[0])

static bool is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

/* WORD-NUMBER, as in "north-1". */
static bool is_place(struct hr_slice text) {
    size_t at = 0, word;
    while (at < text.size && is_word(text.data[at])) at++;
    word = at;
    if (word == 0 || at == text.size || text.data[at] != '-') return false;
    for (at++; at < text.size; at++)
        if (text.data[at] < '0' || text.data[at] > '9') return false;
    return at > word + 1;
}

static bool has_region(const struct hr__partition *partition, struct hr_slice region) {
    if (hr_slice_equal(region, hr_slice_of(partition->global))) return true;
    size_t size = strlen(partition->prefix);
    return region.size > size && memcmp(region.data, partition->prefix, size) == 0 &&
           is_place(hr_slice_bytes(region.data + size, region.size - size));
}

const struct hr__partition *hr__partition_of(struct hr_slice region) {
    for (size_t i = 0; i < PARTITIONS - 1; i++)
        if (has_region(&partitions[i], region)) return &partitions[i];
    return &partitions[PARTITIONS - 1];
}

static bool is_below(struct hr_slice host, const char *suffix) {
    size_t size = strlen(suffix);
    if (host.size < size) return false;
    const char *end = host.data + host.size - size;
    return hr_slice_equal_nocase(hr_slice_bytes(end, size), hr_slice_bytes(suffix, size)) &&
           (host.size == size || end[-1] == '.');
}

bool hr__partition_has_host(struct hr_slice host) {
    for (size_t i = 0; i < PARTITIONS; i++)
        if (is_below(host, partitions[i].suffix) || is_below(host, partitions[i].dual_stack_suffix))
            return true;
    return false;
}
