#include <criterion/criterion.h>

#include "blocks.h"

Test(blocks, sizes_and_reuse) {
    static const size_t rows[][2] = {{0, HR_BLOCK_TINY},
                                     {HR_BLOCK_TINY, HR_BLOCK_TINY},
                                     {HR_BLOCK_TINY + 1, HR_BLOCK_SMALL},
                                     {HR_BLOCK_SMALL, HR_BLOCK_SMALL},
                                     {HR_BLOCK_SMALL + 1, HR_BLOCK_MEDIUM},
                                     {HR_BLOCK_MEDIUM + 1, HR_BLOCK_LARGE},
                                     {HR_BLOCK_LARGE, HR_BLOCK_LARGE}};
    struct hr_blocks blocks = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(hr__block_size(rows[i][0]), rows[i][1]);
        void *first = hr__blocks_take(&blocks, rows[i][0]);
        cr_assert_not_null(first);
        memset(first, 1, rows[i][1]);
        hr__blocks_give(&blocks, first, rows[i][0]);
        cr_assert_eq(hr__blocks_take(&blocks, rows[i][0]), first, "the last one given is warm");
        hr__blocks_give(&blocks, first, rows[i][0]);
    }
    hr__blocks_give(&blocks, NULL, 1);
    hr__blocks_free(&blocks);
    hr__blocks_free(&blocks);
}

Test(blocks, what_rests_is_bounded) {
    static void *taken[100];
    struct hr_blocks blocks = {0};
    for (int i = 0; i < 100; i++) taken[i] = hr__blocks_take(&blocks, HR_BLOCK_LARGE);
    for (int i = 0; i < 100; i++) hr__blocks_give(&blocks, taken[i], HR_BLOCK_LARGE);
    cr_assert_leq(blocks.classes[HR_BLOCK_CLASSES - 1].count, 32);
    hr__blocks_free(&blocks);
}
