#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "index.h"

enum { COUNT = 2000 };

static char names[COUNT][16];
static int values[COUNT];

static struct hr_slice name(unsigned i) {
    return hr_slice_of(names[i]);
}

Test(index, random_puts_and_removes_against_an_array) {
    struct s3_index index;
    bool there[COUNT] = {false};
    size_t count = 0;
    s3_server__index_init(&index, 42);
    for (unsigned i = 0; i < COUNT; i++) snprintf(names[i], sizeof names[i], "%07u", i * 13);
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)rand() % COUNT;
        if (rand() % 3) {
            void *old;
            cr_assert_eq(s3_server__index_put(&index, name(i), &values[i], &old), 0);
            cr_assert_eq(old, there[i] ? &values[i] : NULL);
            count += !there[i];
            there[i] = true;
        } else {
            cr_assert_eq(s3_server__index_remove(&index, name(i)), there[i] ? &values[i] : NULL);
            count -= there[i];
            there[i] = false;
        }
        cr_assert_eq(index.count, count);
    }
    struct s3_index_node *node = s3_server__index_first(&index);
    for (unsigned i = 0; i < COUNT; i++) {
        cr_assert_eq(s3_server__index_find(&index, name(i)), there[i] ? &values[i] : NULL);
        if (!there[i]) continue;
        cr_assert_eq(node->value, &values[i]);
        cr_assert_eq(s3_server__index_seek(&index, name(i), 0), node);
        node = s3_server__index_next(node);
        cr_assert_eq(s3_server__index_seek(&index, name(i), 1), node);
    }
    cr_assert_null(node);
    s3_server__index_deinit(&index, NULL);
}

Test(index, order_is_bytewise) {
    cr_assert_lt(hr_slice_compare(hr_slice_of("a"), hr_slice_of("ab")), 0);
    cr_assert_lt(hr_slice_compare(hr_slice_of("Z"), hr_slice_of("a")), 0);
    cr_assert_gt(hr_slice_compare(hr_slice_of("\xff"), hr_slice_of("a")), 0);
    cr_assert_lt(hr_slice_compare(hr_slice_bytes(NULL, 0), hr_slice_of("a")), 0);
    cr_assert_eq(hr_slice_compare(hr_slice_bytes("a\0b", 3), hr_slice_bytes("a\0b", 3)), 0);
}
