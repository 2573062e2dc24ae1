/* The bundle of authorities that variable or profile name. */
#include "settings_trust.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_open(const struct hr_tls_options *tls) {
    return !tls->insecure && !tls->ca_file && !tls->ca_directory && tls->ca_pem.size == 0 &&
           !tls->ca_system;
}

static int refuse(const struct hr__s3_value *value, const char *why, struct hr_error *error) {
    char source[HR__S3_SOURCE_MAX];
    return hr_error_set(error, HR_ERR_TLS_OPTIONS, "%s \"%.80s\": %s",
                        hr__s3_value_source(value, source), value->text, why);
}

int hr__s3_settings_trust(const struct hr__s3_settings *settings, struct hr_tls_options *tls,
                          struct hr_error *error, struct hr__s3_value *used) {
    struct hr__s3_value value = {NULL, NULL, NULL, 0};
    if (is_open(tls)) value = hr__s3_setting(settings, HR__S3_CA_BUNDLE);
    *used = value;
    if (!value.text) return 0;
    struct stat info;
    if (!value.text[0]) return refuse(&value, "names no file: give one, or unset it", error);
    if (access(value.text, R_OK) != 0 || stat(value.text, &info) != 0)
        return refuse(&value, hr_error_text(-errno), error);
    if (S_ISDIR(info.st_mode))
        tls->ca_directory = value.text;
    else if (S_ISREG(info.st_mode) || S_ISCHR(info.st_mode))
        tls->ca_file = value.text;
    else /* to open a FIFO would wait for a writer */
        return refuse(&value, "is no file (a FIFO or a socket)", error);
    return 0;
}
