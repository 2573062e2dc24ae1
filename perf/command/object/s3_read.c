/* The options of an object that is read, as the client takes them. */
#include "s3_read.h"

int s3_read_fill(const struct s3_object_values *values, struct s3_read *read) {
    *read = (struct s3_read){.options.version_id = values->version_id};
    int code = s3_customer_key_read(values->customer_key, &read->key);
    struct hr_s3_read_options *options = &read->options;
    options->conditions.if_match = values->if_match;
    options->conditions.if_none_match = values->if_none_match;
    options->customer_key = s3_customer_key_bytes(&read->key);
    options->request_payer = values->request_payer;
    options->expected_owner = values->expected_owner;
    return code;
}

void s3_read_wipe(struct s3_read *read) {
    s3_customer_key_wipe(&read->key);
}
