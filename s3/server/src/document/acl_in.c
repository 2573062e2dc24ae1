/* Access control lists, read and written. Source: the S3 User Guide, "Canned ACL". */
#include "acl_in.h"

#include "xml_reader.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* There is one owner of buckets and objects, so that these lists give others nothing. */
bool s3_server__acl_of_name(struct hr_slice name, enum s3_acl *acl) {
    static const struct {
        const char *name;
        enum s3_acl acl;
    } canned[] = {
        {"private", S3_ACL_PRIVATE},
        {"bucket-owner-read", S3_ACL_PRIVATE},
        {"bucket-owner-full-control", S3_ACL_PRIVATE},
        {"public-read", S3_ACL_PUBLIC_READ},
        {"public-read-write", S3_ACL_PUBLIC_READ_WRITE},
        {"authenticated-read", S3_ACL_AUTHENTICATED},
    };
    for (size_t i = 0; i < COUNT(canned); i++) {
        if (!hr_slice_equal_nocase(name, hr_slice_of(canned[i].name))) continue;
        *acl = canned[i].acl;
        return true;
    }
    return false;
}

/* ---- Reading. */

enum grant { ALL_READ = 1, ALL_WRITE = 2, AUTHENTICATED_READ = 4, OTHER = 8 };

struct policy {
    unsigned grants, count;
    struct hr_slice id, uri, permission; /* of the grant that is being read */
};

static enum grant grant_of(const struct policy *policy) {
    bool reads = hr_slice_equal(policy->permission, hr_slice_of("READ"));
    bool writes = hr_slice_equal(policy->permission, hr_slice_of("WRITE"));
    if (hr_slice_equal(policy->uri, hr_slice_of(S3_GROUP_ALL)))
        return reads ? ALL_READ : writes ? ALL_WRITE : OTHER;
    if (hr_slice_equal(policy->uri, hr_slice_of(S3_GROUP_AUTHENTICATED)))
        return reads ? AUTHENTICATED_READ : OTHER;
    bool is_owner = policy->uri.size == 0 && hr_slice_equal(policy->id, hr_slice_of(S3_OWNER_ID));
    return is_owner && hr_slice_equal(policy->permission, hr_slice_of("FULL_CONTROL")) ? 0 : OTHER;
}

static void acl_start(struct s3_xml_reader *reader, const char *path) {
    struct policy *policy = reader->document;
    if (strcmp(path, "AccessControlList/Grant") != 0) return;
    policy->id = policy->uri = policy->permission = hr_slice_bytes(NULL, 0);
    if (++policy->count > S3_GRANTS_MAX) s3_server__xml_fail(reader, S3_MalformedXML);
}

static void acl_end(struct s3_xml_reader *reader, const char *path, struct hr_slice text) {
    struct policy *policy = reader->document;
    if (strcmp(path, "AccessControlList/Grant") == 0)
        policy->grants |= grant_of(policy);
    else if (strcmp(path, "AccessControlList/Grant/Permission") == 0)
        policy->permission = s3_server__xml_keep(reader, text);
    else if (strcmp(path, "AccessControlList/Grant/Grantee/ID") == 0)
        policy->id = s3_server__xml_keep(reader, text);
    else if (strcmp(path, "AccessControlList/Grant/Grantee/URI") == 0)
        policy->uri = s3_server__xml_keep(reader, text);
    else if (strcmp(path, "Owner/ID") == 0 && !hr_slice_equal(text, hr_slice_of(S3_OWNER_ID)))
        s3_server__xml_fail(reader, S3_AccessDenied);
}

enum s3_error s3_server__xml_read_acl(struct hr_slice document, struct s3_arena *arena,
                                      enum s3_acl *acl, struct hr_slice *unknown) {
    static const struct s3_xml_element elements[] = {
        {"Owner", false},
        {"Owner/ID", false},
        {"Owner/DisplayName", false},
        {"AccessControlList", false},
        {"AccessControlList/Grant", true},
        {"AccessControlList/Grant/Grantee", false},
        {"AccessControlList/Grant/Grantee/ID", false},
        {"AccessControlList/Grant/Grantee/DisplayName", false},
        {"AccessControlList/Grant/Grantee/URI", false},
        {"AccessControlList/Grant/Permission", false},
    };
    struct policy policy = {.grants = 0};
    struct s3_xml_reader reader = {.arena = arena,
                                   .root = "AccessControlPolicy",
                                   .elements = elements,
                                   .element_count = COUNT(elements),
                                   .unknown = unknown,
                                   .on_start = acl_start,
                                   .on_end = acl_end,
                                   .document = &policy};
    enum s3_error error = s3_server__xml_read(&reader, document);
    if (error) return error;
    switch (policy.grants) {
    case 0:
        *acl = S3_ACL_PRIVATE;
        return S3_OK;
    case ALL_READ:
        *acl = S3_ACL_PUBLIC_READ;
        return S3_OK;
    case ALL_READ | ALL_WRITE:
        *acl = S3_ACL_PUBLIC_READ_WRITE;
        return S3_OK;
    case AUTHENTICATED_READ:
        *acl = S3_ACL_AUTHENTICATED;
        return S3_OK;
    default:
        *unknown = hr_slice_of("AccessControlList/Grant");
        return S3_NotImplemented;
    }
}

/* ---- Writing. */

#define GRANTEE(type)                                                                              \
    "Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"" type "\""

static void write_group(struct s3_xml *xml, const char *uri, const char *permission) {
    s3_server__xml_open(xml, "Grant");
    s3_server__xml_open(xml, GRANTEE("Group"));
    s3_server__xml_string(xml, "URI", uri);
    s3_server__xml_close(xml, "Grantee");
    s3_server__xml_string(xml, "Permission", permission);
    s3_server__xml_close(xml, "Grant");
}

static void write_owner_grant(struct s3_xml *xml) {
    s3_server__xml_open(xml, "Grant");
    s3_server__xml_open(xml, GRANTEE("CanonicalUser"));
    s3_server__xml_owner(xml);
    s3_server__xml_close(xml, "Grantee");
    s3_server__xml_string(xml, "Permission", "FULL_CONTROL");
    s3_server__xml_close(xml, "Grant");
}

void s3_server__xml_write_acl(struct s3_xml *xml, enum s3_acl acl) {
    s3_server__xml_open(xml, "Owner");
    s3_server__xml_owner(xml);
    s3_server__xml_close(xml, "Owner");
    s3_server__xml_open(xml, "AccessControlList");
    write_owner_grant(xml);
    if (acl == S3_ACL_PUBLIC_READ || acl == S3_ACL_PUBLIC_READ_WRITE)
        write_group(xml, S3_GROUP_ALL, "READ");
    if (acl == S3_ACL_PUBLIC_READ_WRITE) write_group(xml, S3_GROUP_ALL, "WRITE");
    if (acl == S3_ACL_AUTHENTICATED) write_group(xml, S3_GROUP_AUTHENTICATED, "READ");
    s3_server__xml_close(xml, "AccessControlList");
}
