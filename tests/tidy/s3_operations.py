#!/usr/bin/env python3
"""The tables of docs/s3-operations.md, made from the table of operations and the public structs.

usage: python3 tests/tidy/s3_operations.py --check | --write [--model service-2.json]

The typed operations are the rows of s3/src/operation/s3_rows.c; options are the members of their structs before those
that are out, and those that are both. Operations that have no row are sent by hr_s3_request: their names are those of botocore's model (plain or .gz) where
--model gives it, else those that the page has. --check fails where the page is not what --write would make of it.

The third table has the input members of S3's API that a typed operation lacks, each with its reason (LEFT_OUT). With --model every input member of the
model has to be a member of the operation's struct, by its own name or by that of ALIASES, or left out; and nothing that is left out may be there.
"""
import argparse
import glob
import gzip
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs/s3-operations.md")
ROWS = os.path.join(ROOT, "s3/src/operation/s3_rows.c")
BEGIN, END = "<!-- begin: %s, by tests/tidy/s3_operations.py -->\n", "<!-- end: %s -->\n"
# Every request has the first; the next two are what it is about, not options.
NO_OPTIONS = {"request", "bucket", "key"}
# Names of the API, and ours where they are not the same in other letters; with a blank between two that belong to one.
ALIASES = {
    "ACL": "acl", "BypassGovernanceRetention": "bypass_governance", "BucketKeyEnabled": "bucket_key", "ChecksumAlgorithm": "checksum_algorithm",
    "ContentLength": "body", "CopySource": "source", "CopySourceIfMatch": "source", "CopySourceIfModifiedSince": "source",
    "CopySourceIfNoneMatch": "source", "CopySourceIfUnmodifiedSince": "source", "CopySourceRange": "ranged", "CopySourceSSECustomerAlgorithm": "source",
    "CopySourceSSECustomerKey": "source", "CopySourceSSECustomerKeyMD5": "source", "Delete": "keys", "ExpectedBucketOwner": "expected_owner",
    "ExpectedSourceBucketOwner": "source", "Expires": "expires_s", "IfModifiedSince": "if_modified_since_s",
    "IfUnmodifiedSince": "if_unmodified_since_s", "KeyMarker": "key_after", "MaxBuckets": "page_size", "MaxKeys": "page_size",
    "MaxParts": "page_size parts_max", "MaxUploads": "page_size", "MetadataDirective": "replace_metadata", "MFA": "mfa",
    "MpuObjectSize": "object_size_bytes", "MultipartUpload": "parts", "ObjectLockEnabledForBucket": "object_lock",
    "ObjectLockLegalHoldStatus": "legal_hold", "ObjectLockMode": "lock", "ObjectLockRetainUntilDate": "retain_until_s", "ObjectOwnership": "ownership",
    "PartNumberMarker": "part_number_after", "Range": "ranged", "ResponseCacheControl": "overrides", "ResponseContentDisposition": "overrides",
    "ResponseContentEncoding": "overrides", "ResponseContentLanguage": "overrides", "ResponseContentType": "overrides", "ResponseExpires": "overrides",
    "RestoreRequest": "days", "ServerSideEncryption": "encryption", "SSECustomerAlgorithm": "customer_key", "SSECustomerKey": "customer_key",
    "SSECustomerKeyMD5": "customer_key", "SSEKMSEncryptionContext": "kms_context", "SSEKMSKeyId": "kms_key_id", "Tagging": "tags",
    "TaggingDirective": "replace_tags", "ContinuationToken": "next_token", "UploadIdMarker": "upload_id_after", "VersionIdMarker": "version_id_after",
    "VersioningConfiguration": "status", "WebsiteRedirectLocation": "website_redirect",
}
FIELDS = "a header field: `fields`"
GRANTS = ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"]
EVENT_HOLD = ["ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears"]
STORED = ["CopyObject", "CreateMultipartUpload", "PutObject"]
# (members, operations or None for all that lack them, reason)
LEFT_OUT = [
    (GRANTS + EVENT_HOLD, STORED, FIELDS),
    (GRANTS + ["GrantWrite", "BucketNamespace"], ["CreateBucket"], "a header field: `hr_s3_request`"),
    (["CreateBucketConfiguration"], ["CreateBucket"], "the client writes it: the bucket is made in its region"),
    (["WriteOffsetBytes"], ["PutObject"], FIELDS + "; of directory buckets"),
    (["ContentMD5"], ["PutObject", "UploadPart"], FIELDS + "; a checksum is more"),
    (["ContentMD5", "ChecksumAlgorithm"], None, "the client chooses: S3 wants a checksum of these documents, and older stores an MD5"),
    (["AnnotationDirective"], ["CopyObject"], FIELDS),
    (["ObjectAttributes"], ["GetObjectAttributes"], "all of them are asked for"),
    (["ChecksumMode"], ["GetObject", "HeadObject"], "`response_checksums` of the client; `fields` for one request"),
    (["Range"], ["HeadObject"], FIELDS),
    (["EncodingType"], None, "the client asks for it, so that any byte of a key arrives"),
    (["ContinuationToken"], ["ListBuckets"], "all pages are followed"),
    (["FetchOwner", "OptionalObjectAttributes"], None, "what an entry shows has no place for it: `hr_s3_request`"),
    (["IfMatchInitiatedTime", "IfMatchLastModifiedTime", "IfMatchSize"], None, "of directory buckets: `hr_s3_request`"),
]
WIDTH = 150


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows():
    """(operation, method, parameter or None, struct) of each typed row, in the table's order."""
    for row in re.split(r"\n    \[HR__S3_", read(ROWS))[1:]:
        struct = re.search(r"\b(?:OF_KEY|OF_BUCKET|COMMON|TIMED)\((\w+),", row).group(1)
        said = re.search(r'\.operation = \{\w+,\s*(?:\.name = )?"(\w+)",\s*(?:\.method = )?"(\w+)",\s*(?:"([^"]+)")?', row)
        if said:
            yield (*said.groups(), struct)
        elif struct != "hr_s3_request":
            sys.exit(f"s3_rows.c: the row of {struct} has no operation that can be read")


def options(struct, headers):
    """Names of the members that a caller may set."""
    body = re.search(r"struct %s \{\n(.*?)\n\};" % struct, headers, re.S)
    if not body:
        sys.exit(f"s3/include/headrace: there is no struct {struct}")
    text = re.split(r"/\* Out\.|void \*call_;", body.group(1))[0]
    text = re.sub(r"[^\n;]*; */\* out\b.*", "", text)  # a member that is out, and what follows it
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = []
    for member in text.split(";"):
        callback = re.search(r"\(\*(\w+)\)", member)
        names = [callback.group(1)] if callback else re.findall(r"(\w+)(?:\[[^]]*\])?\s*(?:,|$)", member.strip())
        found += [name for name in names if name not in NO_OPTIONS]
    return found + re.findall(r"(\w+); /\* in and out\b", body.group(1))


def public_headers():
    return "\n".join(read(path) for path in sorted(glob.glob(os.path.join(ROOT, "s3/include/headrace/s3*.h"))))


def typed_table():
    headers = public_headers()
    lines = ["| operation | request | struct | members that may be set |", "|---|---|---|---|"]
    for name, method, parameter, struct in rows():
        members = ", ".join(f"`{member}`" for member in options(struct, headers))
        lines.append(f"| {name} | {method}{f' ?{parameter}' if parameter else ''} | `{struct}` | {members} |")
    return "\n".join(lines) + "\n"


def load_model(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def members(struct, headers, known):
    """Names of what may be set, those of the structs in it too."""
    body = re.search(r"struct %s \{\n(.*?)\n\};" % struct, headers, re.S).group(1)
    found = set(options(struct, headers)) | {"bucket", "key"}
    for inner, name in re.findall(r"\bstruct (hr_s3_\w+) (\w+);", re.sub(r"/\*.*?\*/", "", body, flags=re.S)):
        if name in found and inner not in known:
            found |= members(inner, headers, known | {inner})
    return found


def is_there(member, found):
    if re.fullmatch(r"Checksum(CRC|SHA|MD5|XX)\w*", member):
        return "checksum" in found
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", member).lower()
    return name in found or bool(set(ALIASES.get(member, "").split()) & found)


def check_members(model):
    """Ends the program with what is neither there nor left out, or both."""
    headers = public_headers()
    operations = {row[0]: members(row[3], headers, set()) for row in rows() if row[0] in model["operations"]}
    left = {(member, operation) for names, of, _ in LEFT_OUT for member in names for operation in of or operations}
    wrong, lacking = [], set()
    for operation, found in operations.items():
        for member in model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]:
            if not is_there(member, found):
                lacking.add((member, operation))
                if (member, operation) not in left:
                    wrong.append(f"{operation}: {member} has no member and no reason")
            elif any(member in names and operation in (of or ()) for names, of, _ in LEFT_OUT):
                wrong.append(f"{operation}: {member} is left out, and is there")
    wrong += [f"{operation}: {member} is left out, and the model has none"
              for names, of, _ in LEFT_OUT for member in names for operation in of or () if (member, operation) not in lacking]
    if wrong:
        sys.exit("\n".join(wrong))


def left_table():
    lines = ["| members of the API | of | instead |", "|---|---|---|"]
    for names, of, reason in LEFT_OUT:
        lines.append(f"| {', '.join(names)} | {', '.join(of) if of else 'others'} | {reason} |")
    return "\n".join(lines) + "\n"


def passed_list(names):
    """Names that no row has, in lines of at most WIDTH characters."""
    typed = {row[0] for row in rows()}
    lines = [""]
    for name in sorted(set(names) - typed):
        if len(lines[-1]) + len(name) + 2 > WIDTH:
            lines.append("")
        lines[-1] += ("" if not lines[-1] else " ") + name + ","
    return "\n".join(lines).rstrip(",") + ".\n"


def between(page, name):
    begin, end = BEGIN % name, END % name
    if page.count(begin) != 1 or page.count(end) != 1:
        sys.exit(f"docs/s3-operations.md: the marks of its {name} are not there once")
    return page.index(begin) + len(begin), page.index(end)


def replaced(page, name, text):
    start, end = between(page, name)
    return page[:start] + "\n" + text + "\n" + page[end:]


def made(page, model):
    start, end = between(page, "pass-through")
    names = model["operations"].keys() if model else re.findall(r"\w+", page[start:end])
    page = replaced(replaced(page, "typed", typed_table()), "pass-through", passed_list(names))
    return replaced(page, "left out", left_table())


def main():
    parser = argparse.ArgumentParser()
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    parser.add_argument("--model", help="botocore's data/s3/2006-03-01/service-2.json")
    arguments = parser.parse_args()
    page, model = read(PAGE), load_model(arguments.model) if arguments.model else None
    if model:
        check_members(model)
    text = made(page, model)
    if arguments.check and text != page:
        sys.exit("docs/s3-operations.md is out of date: python3 tests/tidy/s3_operations.py --write")
    if arguments.write:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
