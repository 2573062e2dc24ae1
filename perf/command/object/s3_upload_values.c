/* The table of an upload's options, and what a PUT makes of them. */
#include "s3_upload_values.h"

#include <stddef.h>
#include <string.h>

#include <headrace/clock.h>

#include "transfer_file.h"

static int check_date(const char *text, char *why, size_t why_size) {
    uint64_t unix_s;
    if (hr_date_parse(hr_slice_of(text), &unix_s) == 0) return 0;
    snprintf(why, why_size, "'%.60s' is no time: 2026-11-22T10:00:00Z, or a date of HTTP", text);
    return -1;
}

static int check_checksum(const char *text, char *why, size_t why_size) {
    if (hr_s3_checksum_by_name(hr_slice_of(text))) return 0;
    snprintf(why, why_size,
             "'%.30s' is none of CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, "
             "XXHASH3 and XXHASH128",
             text);
    return -1;
}

#define VALUE(field) offsetof(struct s3_upload_values, field)
const struct option s3_upload_table[] = {
    {"content-type", "TYPE", OPTION_STRING, VALUE(content_type),
     .help = "Content-Type (default: guessed from its name)"},
    {"content-encoding", "CODING", OPTION_STRING, VALUE(content_encoding),
     .help = "Content-Encoding: gzip, …"},
    {"content-disposition", "TEXT", OPTION_STRING, VALUE(content_disposition),
     .help = "Content-Disposition"},
    {"content-language", "TAG", OPTION_STRING, VALUE(content_language), .help = "Content-Language"},
    {"cache-control", "TEXT", OPTION_STRING, VALUE(cache_control), .help = "Cache-Control"},
    {"expires", "TIME", OPTION_STRING, VALUE(expires), .check = check_date, .of_call = true,
     .help = "Expires, as 2026-11-22T10:00:00Z or a date of HTTP"},
    {"metadata", "NAME=VALUE", OPTION_LIST, VALUE(metadata), .check = s3_metadata_check,
     .help = "User metadata; more behind commas, or repeated"},
    {"tags", "KEY=VALUE", OPTION_LIST, VALUE(tags), .check = s3_tag_words_check,
     .aliases = "tagging", .help = "A tag; more behind '&', or repeated"},
    {"acl", "NAME", OPTION_STRING, VALUE(acl),
     .help = "A canned access control list: private, public-read, …"},
    {"storage-class", "CLASS", OPTION_STRING, VALUE(storage_class),
     .help = "STANDARD, STANDARD_IA, GLACIER_IR, …"},
    {"website-redirect", "URL", OPTION_STRING, VALUE(website_redirect),
     .help = "Where a website leads to from this object"},
    {"sse", "KIND", OPTION_CHOICE, VALUE(encryption),
     .choices = "bucket|AES256|aws:kms|aws:kms:dsse", .standard = "bucket",
     .help = "Encryption at rest: as the bucket has it, AES256 (SSE-S3), aws:kms or aws:kms:dsse"},
    {"sse-kms-key-id", "KEY", OPTION_STRING, VALUE(kms_key_id),
     .help = "With --sse aws:kms: id, ARN or alias of the key"},
    {"checksum", "ALGORITHM", OPTION_STRING, VALUE(checksum), .check = check_checksum,
     .aliases = "checksum-algorithm",
     .help = "Checksum that the store compares and keeps: CRC32, CRC32C, CRC64NVME, SHA1, SHA256, "
             "SHA512, MD5, XXHASH64, XXHASH3 or XXHASH128"},
    {"payload", "MODE", OPTION_CHOICE, VALUE(payload), .choices = "auto|signed|unsigned",
     .standard = "auto",
     .help = "signed: the SHA-256 of the body is part of the signature, so it is read twice; "
             "unsigned: it is not; auto: signed on plain HTTP"},
    {"spool-max", "SIZE", OPTION_SIZE, VALUE(spool_max), .standard = "5GiB",
     .help = "Most bytes that are taken from a pipe before they are uploaded; more is an error"},
    {"exact-key", NULL, OPTION_FLAG, VALUE(exact_key), .of_call = true,
     .help = "The key is used as it is, also where it ends in /"},
    {.name = NULL}};

/* The texts alone; all are borrowed from the command line. */
static void fill_options(const struct s3_upload_values *values,
                         const struct s3_object_values *object, struct hr_s3_object_options *to) {
    to->content_encoding = values->content_encoding;
    to->content_language = values->content_language;
    to->content_disposition = values->content_disposition;
    to->cache_control = values->cache_control;
    to->storage_class = values->storage_class;
    to->acl = values->acl;
    to->website_redirect = values->website_redirect;
    to->encryption.kind = (enum hr_s3_encryption_kind)values->encryption;
    to->encryption.kms_key_id = values->kms_key_id;
    to->request_payer = object->request_payer;
    to->expected_owner = object->expected_owner;
    if (values->expires) hr_date_parse(hr_slice_of(values->expires), &to->expires_s);
}

static int check_encryption(const struct s3_upload_values *values,
                            const struct s3_object_values *object) {
    enum hr_s3_encryption_kind kind = (enum hr_s3_encryption_kind)values->encryption;
    bool kms = kind == HR_S3_ENCRYPTION_KMS || kind == HR_S3_ENCRYPTION_KMS_DUAL;
    if (object->customer_key && kind != HR_S3_ENCRYPTION_DEFAULT)
        output_complain("--sse and --sse-c exclude each other");
    else if (values->kms_key_id && !kms)
        output_complain("--sse-kms-key-id goes with --sse aws:kms or aws:kms:dsse");
    else
        return EXIT_DONE;
    return EXIT_USAGE;
}

int s3_upload_fill(const struct s3_upload_values *values, const struct s3_object_values *object,
                   struct s3_upload *memory, struct hr_s3_upload *upload) {
    *memory = (struct s3_upload){.tags.count = 0};
    int code = check_encryption(values, object);
    if (!code) code = s3_metadata_read(&values->metadata, &memory->metadata);
    if (!code) code = s3_tags_read("--tags", values->tags.items, values->tags.count, &memory->tags);
    if (!code) code = s3_customer_key_read(object->customer_key, &memory->key);
    if (code) {
        s3_upload_free(memory);
        return code;
    }
    fill_options(values, object, &upload->options);
    upload->payload = (enum hr_s3_payload)values->payload;
    upload->metadata = memory->metadata.items;
    upload->metadata_count = memory->metadata.count;
    upload->options.tags = memory->tags.items;
    upload->options.tag_count = memory->tags.count;
    upload->options.encryption.customer_key = s3_customer_key_bytes(&memory->key);
    upload->conditions.if_match = object->if_match;
    upload->conditions.if_none_match = object->if_none_match;
    if (values->checksum)
        upload->checksum_algorithm = hr_s3_checksum_by_name(hr_slice_of(values->checksum));
    return EXIT_DONE;
}

void s3_upload_free(struct s3_upload *memory) {
    s3_metadata_free(&memory->metadata);
    s3_tags_free(&memory->tags);
    s3_customer_key_wipe(&memory->key);
}
