#include <criterion/criterion.h>

#include <headrace/slice.h>

static struct hr_slice s(const char *text) {
    return hr_slice_of(text);
}

Test(slice, order_is_bytewise_and_a_prefix_comes_first) {
    static const char *const sorted[] = {"", "A", "a", "aa", "ab", "b", "\xff"};
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < 7; k++) {
            int order = hr_slice_compare(s(sorted[i]), s(sorted[k]));
            cr_assert_eq((order > 0) - (order < 0), (i > k) - (i < k), "%d %d", i, k);
        }
    cr_assert_eq(hr_slice_compare(hr_slice_bytes(NULL, 0), s("")), 0);
    cr_assert_lt(hr_slice_compare(hr_slice_bytes("a\0", 2), hr_slice_bytes("a\0a", 3)), 0);
}

Test(slice, trimming_takes_blanks_and_tabs_off_both_ends) {
    static const char *const rows[][2] = {{"", ""},      {" ", ""},      {"\t \t", ""},  {"a", "a"},
                                          {" a\t", "a"}, {"a b", "a b"}, {" \na", "\na"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert(hr_slice_equal(hr_slice_trim(s(rows[i][0])), s(rows[i][1])), "%zu", i);
    cr_assert_eq(hr_slice_trim(hr_slice_bytes(NULL, 0)).size, 0);
}

static void assert_parts(const char *list, size_t count, const char *const *parts) {
    struct hr_slice rest = s(list), part;
    size_t at = 0;
    for (; hr_slice_cut(&rest, ',', &part); at++) {
        cr_assert_lt(at, count, "%s", list);
        cr_assert(hr_slice_equal(part, s(parts[at])), "%s: %zu", list, at);
    }
    cr_assert_eq(at, count, "%s", list);
    cr_assert_eq(rest.size, 0);
}

Test(slice, a_list_is_cut_into_its_parts) {
    assert_parts("", 0, NULL);
    assert_parts("a", 1, (const char *const[]){"a"});
    assert_parts("a,b", 2, (const char *const[]){"a", "b"});
    assert_parts("a, b,,c", 4, (const char *const[]){"a", " b", "", "c"});
    assert_parts("a,", 1, (const char *const[]){"a"});
    assert_parts(",a", 2, (const char *const[]){"", "a"});
    assert_parts(",", 1, (const char *const[]){""});
}
