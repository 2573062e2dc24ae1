/* The syntax of host names. */
#include "dns_name.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* RFC 952 has no underscore in host names; many names in use do. */
static bool may_stand(char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

const char *hr__dns_name_read(struct hr_slice text, char name[HR_DNS_NAME_SIZE]) {
    size_t size = text.size;
    if (size > 0 && text.data[size - 1] == '.') size--;
    if (size == 0) return "the name is empty";
    if (size > HR_DNS_NAME_MAX) return "the name is longer than 253 bytes";
    size_t label = 0; /* bytes of it so far */
    bool number = true;
    for (size_t i = 0; i < size; i++) {
        char c = text.data[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        name[i] = c;
        if (c == '.') {
            if (label == 0) return "the name has an empty label (two dots, or one in front)";
            label = 0;
            number = true;
            continue;
        }
        if ((unsigned char)c >= 0x80)
            return "the name is not ASCII: give it in punycode (xn--…, RFC 3492)";
        if (!may_stand(c)) return "the name has a byte that is no letter, digit, '-', '_' or '.'";
        if (++label > HR_DNS_LABEL_MAX) return "the name has a label of more than 63 bytes";
        number = number && is_digit(c);
    }
    if (label == 0) return "the name has an empty label (two dots)";
    if (number) return "the name ends in a number and is no IPv4 address of four numbers";
    if (size < text.size) name[size++] = '.';
    name[size] = 0;
    return NULL;
}
