/* Refuses options that only a later version has. */
#include <base/reserved.h>

#include <errno.h>

int hr__reserved_check(const struct hr_reserved *structs, size_t count, struct hr_error *error) {
    for (size_t i = 0; i < count; i++)
        if (!hr__is_zero(structs[i].bytes, structs[i].size))
            return hr_error_set(error, -EINVAL,
                                "reserved of struct %s is not zero: it is for later versions",
                                structs[i].of);
    return 0;
}
