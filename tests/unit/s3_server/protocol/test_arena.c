/* Memory of one request. */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdio.h>

#include "arena.h"

static struct s3_arena arena;

static void setup(void) {
    s3_server__arena_init(&arena);
}
static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(arena, .init = setup, .fini = teardown);

Test(arena, pieces_are_aligned_and_apart) {
    static unsigned char *pieces[400];
    static size_t sizes[400];
    for (size_t i = 0; i < 400; i++) {
        sizes[i] = i % 61 + (i % 50 == 49 ? 20000 : 0);
        pieces[i] = s3_server__arena_allocate(&arena, sizes[i]);
        cr_assert_not_null(pieces[i]);
        cr_expect_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)i, sizes[i]);
    }
    for (size_t i = 0; i < 400; i++)
        for (size_t k = 0; k < sizes[i]; k++) cr_assert_eq(pieces[i][k], (unsigned char)i);
}

Test(arena, small_requests_cost_no_heap) {
    for (size_t i = 0; i < S3_ARENA_INLINE / 64; i++)
        cr_assert_not_null(s3_server__arena_allocate(&arena, 64));
    cr_expect_null(arena.blocks);
    cr_assert_not_null(s3_server__arena_allocate(&arena, 1));
    cr_expect_not_null(arena.blocks);
}

Test(arena, what_cannot_be_is_refused) {
    cr_expect_null(s3_server__arena_allocate(&arena, SIZE_MAX));
    cr_expect_null(s3_server__arena_allocate(&arena, SIZE_MAX / 2 + 1));
    cr_expect_not_null(s3_server__arena_allocate(&arena, 0));
}

Test(arena, texts) {
    struct hr_slice copy = s3_server__arena_copy(&arena, hr_slice_bytes("a\0b", 3));
    cr_expect_eq(copy.size, 3);
    cr_expect_arr_eq(copy.data, "a\0b", 4, "with a NUL behind it");
    struct hr_slice nothing = s3_server__arena_copy(&arena, hr_slice_bytes(NULL, 0));
    cr_expect_not_null(nothing.data);
    cr_expect_eq(nothing.size, 0);
    struct hr_slice printed = s3_server__arena_print(&arena, "%s-%u", "x", 7u);
    cr_expect(hr_slice_equal(printed, hr_slice_of("x-7")));
    char large[5000];
    memset(large, 'l', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    printed = s3_server__arena_print(&arena, "%s", large);
    cr_expect_eq(printed.size, sizeof large - 1);
    cr_expect_str_eq(printed.data, large);
}

Test(arena, after_the_end_it_begins_anew) {
    s3_server__arena_allocate(&arena, 100000);
    s3_server__arena_deinit(&arena);
    cr_expect_null(arena.blocks);
    cr_expect_eq(arena.left, S3_ARENA_INLINE);
    cr_expect_not_null(s3_server__arena_allocate(&arena, 10));
    cr_expect_null(arena.blocks);
}
