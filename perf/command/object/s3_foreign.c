/* Options and verbs of other S3 programs, with what they are here. */
#include "s3_foreign.h"

#include <stddef.h>

struct word {
    const char *names; /* "|name|name|" */
    const char *sentence;
};

#define NOT_HERE "not part of this version"

static const struct word options[] = {
    {"|default-profile|", "use --profile"},
    {"|public|", "use --no-sign-request"},
    {"|ca-bundle|ca-certs|ca-cert|", "use --ca-file"},
    {"|no-verify-ssl|no-check-certificate|no-check-hostname|", "use --insecure"},
    {"|host|endpoint-url-s3|s3-endpoint|", "use --endpoint"},
    {"|host-bucket|", "use --endpoint 'http://{bucket}.HOST', or --addressing virtual"},
    {"|no-ssl|ssl|", "the scheme of --endpoint says it: http:// or https://"},
    {"|access_key|s3-access-key-id|", "use --access-key"},
    {"|secret_key|s3-secret-access-key|", "use --secret-key"},
    {"|access_token|session-token|", "a session token comes from AWS_SESSION_TOKEN"},
    {"|mime-type|default-mime-type|", "use --content-type"},
    {"|guess-mime-type|no-guess-mime-type|no-mime-magic|",
     "the type is guessed from the name unless --content-type says it"},
    {"|expires|expires-in|expiry|", "--expires belongs to s3 presign"},
    {"|output|query|format|", "--json prints one JSON object"},
    {"|acl-public|", "use --acl public-read"},
    {"|acl-private|", "use --acl private"},
    {"|acl-grant|grants|", "grants are " NOT_HERE ": an upload has --acl with a canned list"},
    {"|server-side-encryption|encrypt|", "an upload has --sse"},
    {"|encrypt-key|", "an upload and a download have --sse-c file:PATH"},
    {"|metadata-directive|copy-props|",
     "a copy keeps type, metadata and tags; s3 cp --replace-metadata and --tags give others"},
    {"|multipart-threshold|replace-metadata|sse-c-copy-source|sse-c-copy-source-key|",
     "it belongs to a copy from store to store: s3 cp s3://A/KEY s3://B/KEY"},
    {"|checksum-mode|", "a download is compared with the checksum that the store names, anyway"},
    {"|add-header|attr|", "an upload has --metadata, and an option for each field"},
    {"|acl|storage-class|cache-control|content-encoding|content-disposition|content-language|"
     "content-type|metadata|website-redirect|checksum|checksum-algorithm|tagging|tags|sse|"
     "sse-kms-key-id|exact-key|payload|spool-max|",
     "it belongs to an upload: s3 cp FILE s3://BUCKET/KEY"},
    {"|sse-c|sse-c-key|", "it belongs to commands that read or write one object: cp, cat, stat"},
    {"|if-match|if-none-match|", "it belongs to cp, cat and stat; rm has --if-match"},
    {"|request-payer|requester-pays|expected-bucket-owner|",
     "it belongs to commands over an object, and to s3 versions"},
    {"|exclude|include|", "patterns belong to s3 sync, and to cp and rm with --recursive"},
    {"|rexclude|rinclude|", "use --exclude and --include, whose patterns have *, ? and [a-z]"},
    {"|dryrun|dry-run|", "it belongs to s3 sync, and to cp and rm with --recursive"},
    {"|delete|delete-removed|size-only|no-follow-symlinks|", "it belongs to s3 sync"},
    {"|follow-symlinks|", "links are followed, unless s3 sync has --no-follow-symlinks"},
    {"|exact-timestamps|skip-existing|no-clobber|",
     NOT_HERE ": s3 sync copies what is newer or has another size"},
    {"|recursive|", "it belongs to s3 ls, cp and rm; sync, du and find need none"},
    {"|force|", "it belongs to s3 rb, which then empties the bucket first"},
    {"|human-readable|summarize|humanize|",
     NOT_HERE ": sizes are bytes, and --json has count and size_bytes of all"},
    {"|only-show-errors|quiet|", "it belongs to s3 sync, and to cp and rm with --recursive"},
    {"|no-progress|progress|",
     "progress is shown on a terminal only, results go to standard output"},
    {"|page-size|max-items|starting-token|no-paginate|", "all pages are followed"},
    {"|max-keys|limit|", NOT_HERE ": pipe the lines to head"},
    {"|version-id|", "it belongs to commands over one object: cp from a store, cat, stat, rm, tag"},
    {"|versions|all-versions|", "use 's3 versions'"},
    {"|range|offset|", "ranges are " NOT_HERE " of the command"},
    {"|debug|verbose|", NOT_HERE ": an error names code, status and request"},
    {"|cli-connect-timeout|cli-read-timeout|connect-timeout|", "use --timeout, of a whole request"},
    {"|retries|retry-count|max-retries|", "use --attempts, the first one counted"},
    {"|multipart-chunk-size-mb|disable-multipart|",
     "s3 cp sends what is larger than --part-size in parts"},
    {"|part-size|concurrency|", "it belongs to s3 cp and sync"},
    {"|config|config-dir|", "files of configuration are " NOT_HERE},
};

static const struct word letters[] = {
    {"|r|R|", "s3 ls, cp and rm have --recursive, the latter two -r too"},
    {"|c|", "files of configuration are " NOT_HERE},
    {"|m|", "use --content-type"},
    {"|P|", "use --acl public-read"},
    {"|n|", NOT_HERE},
    {"|q|", "progress is shown on a terminal only"},
    {"|v|d|", NOT_HERE ": an error names code, status and request"},
    {"|f|", NOT_HERE},
};

static const struct word verbs[] = {
    {"|mv|move|rename|", NOT_HERE ": 's3 sync' to the new name, then 's3 rm' the old one"},
    {"|mirror|", "use 's3 sync', with --delete for what is gone"},
    {"|put|get|copy|copyto|upload|download|pipe|", "use 's3 cp'"},
    {"|del|delete|remove|unlink|deletefile|", "use 's3 rm'"},
    {"|list|la|dir|tree|lsd|lsf|lsl|", "use 's3 ls', with --recursive for all below"},
    {"|info|head|", "use 's3 stat'"},
    {"|size|", "use 's3 du'"},
    {"|mkdir|create-bucket|make-bucket|", "use 's3 mb'"},
    {"|rmdir|delete-bucket|remove-bucket|purge|",
     "use 's3 rb', with --force for one that has objects"},
    {"|list-object-versions|list-versions|", "use 's3 versions'"},
    {"|tagging|get-object-tagging|put-object-tagging|delete-object-tagging|tags|", "use 's3 tag'"},
    {"|head-bucket|ping|ready|", "use 's3 ls'"},
    {"|s3api|request|raw|", "use 's3 api'"},
    {"|signurl|sign|share|link|", "use 's3 presign'"},
    {"|website|setacl|setpolicy|delpolicy|setcors|delcors|setlifecycle|dellifecycle|accesslog|"
     "policy|version|versioning|select|diff|event|ilm|replicate|multipart|abortmp|listmp|"
     "run|",
     NOT_HERE},
};

static const char *find(const struct word *words, size_t count, struct hr_slice name) {
    for (size_t i = 0; i < count; i++) {
        const char *at = words[i].names;
        while (*++at) {
            size_t size = strcspn(at, "|");
            if (hr_slice_equal(hr_slice_bytes(at, size), name)) return words[i].sentence;
            at += size;
        }
    }
    return NULL;
}

const char *s3_foreign_option(struct hr_slice name, char letter) {
    if (name.size > 0) return find(options, sizeof options / sizeof *options, name);
    return find(letters, sizeof letters / sizeof *letters, hr_slice_bytes(&letter, 1));
}

const char *s3_foreign_verb(const char *verb) {
    return find(verbs, sizeof verbs / sizeof *verbs, hr_slice_of(verb));
}
