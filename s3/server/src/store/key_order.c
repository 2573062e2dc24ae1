/* Prefixes and delimiters of keys. */
#include "key_order.h"

bool s3_server__key_begins(struct hr_slice text, struct hr_slice prefix) {
    return text.size >= prefix.size &&
           hr_slice_equal(hr_slice_bytes(text.data, prefix.size), prefix);
}

bool s3_server__key_behind(struct hr_slice prefix, char *memory, struct hr_slice *behind) {
    size_t size = prefix.size;
    while (size > 0 && (unsigned char)prefix.data[size - 1] == 0xff) size--;
    if (size == 0) return false;
    memcpy(memory, prefix.data, size);
    memory[size - 1] = (char)(memory[size - 1] + 1);
    *behind = hr_slice_bytes(memory, size);
    return true;
}

struct hr_slice s3_server__key_roll_up(struct hr_slice name, struct hr_slice prefix,
                                       struct hr_slice delimiter) {
    if (delimiter.size == 0 || name.size - prefix.size < delimiter.size)
        return hr_slice_bytes(NULL, 0);
    const char *found =
        memmem(name.data + prefix.size, name.size - prefix.size, delimiter.data, delimiter.size);
    if (!found) return hr_slice_bytes(NULL, 0);
    return hr_slice_bytes(name.data, (size_t)(found - name.data) + delimiter.size);
}
