/* Fields of a head kept for later: by name or all, in each memory, where there is too little of it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/http_message.h>

static const struct hr_http_field fields[] = {{{"ETag", 4}, {"\"1\"", 3}},
                                              {{"Content-Type", 12}, {"text/plain", 10}},
                                              {{"x-empty", 7}, {"", 0}},
                                              {{"etag", 4}, {"\"2\"", 3}}};
static const struct hr_http_head head = {.status = 200,
                                         .minor_version = 1,
                                         .reason = {"OK", 2},
                                         .fields = fields,
                                         .field_count = 4,
                                         .has_content_length = true,
                                         .content_length = 7};

static void expect_field(const struct hr_http_kept *kept, size_t index, size_t of) {
    cr_assert_lt(index, kept->head.field_count);
    cr_assert(hr_slice_equal(kept->head.fields[index].name, fields[of].name));
    cr_assert(hr_slice_equal(kept->head.fields[index].value, fields[of].value));
}

Test(http1_kept, by_name_in_any_case_as_often_as_they_come) {
    struct hr_http_kept kept = {.names = " ETAG ,X-Empty, nowhere,"};
    hr_http_head_keep(&head, &kept);
    cr_assert_eq(kept.head.field_count, 3);
    expect_field(&kept, 0, 0);
    expect_field(&kept, 1, 2);
    expect_field(&kept, 2, 3);
    cr_assert(!kept.cut);
    cr_assert_eq(kept.head.status, 200);
    cr_assert_eq(kept.head.content_length, 7);
    cr_assert_eq(kept.head.reason.size, 0);
    cr_assert(hr_slice_equal(hr_http_head_find(&kept.head, "etag"), hr_slice_of("\"1\"")));
}

Test(http1_kept, all_and_none) {
    struct hr_http_kept kept = {.names = "*"};
    hr_http_head_keep(&head, &kept);
    cr_assert_eq(kept.head.field_count, 4);
    for (size_t i = 0; i < 4; i++) expect_field(&kept, i, i);
    kept.names = NULL;
    hr_http_head_keep(&head, &kept);
    cr_assert_eq(kept.head.field_count, 0);
    cr_assert_null(hr_http_head_find(&kept.head, "etag").data);
}

/* Every size of the caller's memory, at every alignment: whole fields or none, and never a byte
 * beyond it. */
Test(http1_kept, little_memory) {
    size_t all = 0;
    for (size_t i = 0; i < 4; i++)
        all += sizeof fields[i] + fields[i].name.size + fields[i].value.size;
    for (size_t size = 0; size <= all + 8; size++)
        for (size_t shift = 0; shift < 8; shift++) {
            char *memory = malloc(size + shift + 1);
            memset(memory, 0x5a, size + shift + 1);
            struct hr_http_kept kept = {
                .names = "*", .memory = memory + shift, .memory_size = size};
            hr_http_head_keep(&head, &kept);
            size_t found = 0;
            for (size_t i = 0; i < 4 && found < kept.head.field_count; i++)
                if (hr_slice_equal(kept.head.fields[found].name, fields[i].name)) {
                    expect_field(&kept, found, i);
                    found++;
                }
            cr_assert_eq(found, kept.head.field_count);
            cr_assert_eq(kept.cut, found < 4, "%zu of %zu bytes, %zu fields", size, all, found);
            if (shift == 0) cr_assert_eq(found == 4, size >= all);
            for (size_t i = 0; i < shift; i++) cr_assert_eq(memory[i], 0x5a);
            cr_assert_eq(memory[size + shift], 0x5a);
            free(memory);
        }
}
