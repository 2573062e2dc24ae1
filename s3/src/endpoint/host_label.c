/* One label of a host, and names that look like an address. */
#include "host_label.h"

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_alnum(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || is_digit(byte);
}

bool hr__host_label(struct hr_slice text) {
    if (text.size == 0 || text.size > HR__HOST_LABEL_MAX) return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_alnum(text.data[i]) && text.data[i] != '-') return false;
    return text.data[0] != '-' && text.data[text.size - 1] != '-';
}

bool hr__host_label_like_ipv4(struct hr_slice text) {
    unsigned dots = 0, digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (is_digit(text.data[i])) {
            if (++digits > 3) return false;
        } else if (text.data[i] == '.' && digits > 0) {
            dots++;
            digits = 0;
        } else {
            return false;
        }
    }
    return dots == 3 && digits > 0;
}
