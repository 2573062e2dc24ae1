/* The options of TLS, of clients and of servers. */
#include <headrace/tls.h>

#include "option_rows.h"

static const struct hr_config_choice versions[] = {
    {"1.2", HR_TLS_1_2}, {"1.3", HR_TLS_1_3}, {.name = NULL}};

#define CLIENT(member, kind, ...)                                                                  \
    HR_FIELD(struct hr_tls_options, member, kind, .restart = true, __VA_ARGS__)
static const struct hr_config_field client_fields[] = {
    CLIENT(insecure, HR_BOOL, .doc = "Any certificate is taken for any name: for tests only."),
    CLIENT(ca_file, HR_PATH, .doc = "Trust anchors (PEM) instead of the system's."),
    CLIENT(ca_directory, HR_PATH, .doc = "A folder of trust anchors, as c_rehash leaves it."),
    CLIENT(ca_pem, HR_STRING, .doc = "Trust anchors (PEM), written here."),
    CLIENT(ca_system, HR_BOOL, .doc = "The system's trust anchors as well."),
    CLIENT(certificate_file, HR_PATH,
           .doc = "The certificate that is shown (PEM, with its chain); with key_file."),
    CLIENT(key_file, HR_PATH, .doc = "The private key of certificate_file (PEM)."),
    CLIENT(pinned_keys, HR_STRING,
           .doc = "Public keys of which the server has one: sha256//BASE64;sha256//BASE64."),
    CLIENT(server_name, HR_STRING,
           .doc = "The name that is asked for and verified, not the URL's."),
    CLIENT(version_min, HR_CHOICE, .choices = versions, .doc = "The oldest version; 1.2."),
    CLIENT(version_max, HR_CHOICE, .choices = versions, .doc = "The newest version; 1.3."),
    CLIENT(ciphers, HR_STRING, .doc = "OpenSSL's cipher list for TLS 1.2."),
    CLIENT(cipher_suites, HR_STRING, .doc = "Cipher suites of TLS 1.3."),
    CLIENT(groups, HR_STRING, .doc = "Groups of the key exchange, as X25519:P-256."),
    CLIENT(no_resumption, HR_BOOL, .doc = "Every connection makes a full handshake."),
};
#undef CLIENT

const struct hr_config_schema hr_tls_schema = {
    .title = "tls", HR_FIELDS(client_fields), .size = sizeof(struct hr_tls_options)};

#define SERVER(member, kind, ...)                                                                  \
    HR_FIELD(struct hr_tls_server_options, member, kind, .restart = true, __VA_ARGS__)
static const struct hr_config_field server_fields[] = {
    SERVER(certificate_file, HR_PATH, .doc = "The certificate (PEM, with its chain)."),
    SERVER(key_file, HR_PATH, .doc = "Its private key (PEM)."),
    SERVER(client_ca_file, HR_PATH,
           .doc = "Anchors (PEM) that vouch for the certificate which a client has to show."),
    SERVER(version_min, HR_CHOICE, .choices = versions, .doc = "The oldest version; 1.2."),
    SERVER(version_max, HR_CHOICE, .choices = versions, .doc = "The newest version; 1.3."),
    SERVER(ciphers, HR_STRING, .doc = "OpenSSL's cipher list for TLS 1.2."),
    SERVER(cipher_suites, HR_STRING, .doc = "Cipher suites of TLS 1.3."),
    SERVER(no_tickets, HR_BOOL, .doc = "No session is resumed."),
};
#undef SERVER

const struct hr_config_schema hr_tls_server_schema = {
    .title = "tls", HR_FIELDS(server_fields), .size = sizeof(struct hr_tls_server_options)};
