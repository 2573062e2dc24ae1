/* Parts of vectors: every cut of a vector has the bytes that lie there. */
#include <criterion/criterion.h>
#include <string.h>

#include "part_source.h"

static size_t gather(const struct hr_source *part, char *out) {
    size_t size = 0;
    for (size_t i = 0; i < part->iov_count; i++) {
        memcpy(out + size, part->iov[i].iov_base, part->iov[i].iov_len);
        size += part->iov[i].iov_len;
    }
    return size;
}

Test(part_source, every_cut_of_a_vector) {
    char text[] = "abcdefghij", out[16];
    const struct iovec iov[] = {{text, 0}, {text, 3}, {text + 3, 1}, {text + 4, 0}, {text + 4, 6}};
    struct hr_source source = hr_source_iovec(iov, 5), part;
    struct hr__part_vector vector = {NULL, 0};
    for (uint64_t first = 0; first < 10; first++)
        for (uint64_t size = 1; first + size <= 10; size++) {
            struct hr_file_range range = {first, size};
            cr_assert_eq(hr__part_source(&source, range, &vector, &part), 0);
            cr_assert_eq(part.size, size);
            cr_assert_eq(gather(&part, out), size);
            cr_assert_arr_eq(out, text + first, size);
        }
    hr__part_vector_free(&vector);
}

Test(part_source, a_file_behind_its_own_offset) {
    struct hr_source source = hr_source_fd(7, (struct hr_file_range){100, 50}), part;
    cr_assert_eq(hr__part_source(&source, (struct hr_file_range){20, 30}, NULL, &part), 0);
    cr_expect_eq(part.fd, 7);
    cr_expect_eq(part.offset, 120);
    cr_expect_eq(part.size, 30);
}
