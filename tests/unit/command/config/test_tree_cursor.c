/* The order and the paths of a walk, and its peers. */
#include "config_command_fixture.h"

#include "tree_cursor.h"

TestSuite(tree_cursor, .init = fixture_open, .fini = fixture_close);

static const char text[] = "a: {b: 1, c: [x, {d: 2}, []]}\n"
                           "k.e\\y: {\"\": 3}\n"
                           "z:\n";

/* All paths, each behind a blank. */
static const char *paths(const struct hr_config_node *top) {
    return WRITTEN({
        struct tree_cursor cursor;
        tree_cursor_open(&cursor, top, NULL, NULL);
        do {
            fprintf(out, " %.*s", (int)cursor.path.size, cursor.path.data ? cursor.path.data : "");
        } while (tree_cursor_next(&cursor, true));
        cr_expect_not(cursor.failed);
        tree_cursor_close(&cursor);
    });
}

Test(tree_cursor, walks_in_the_order_of_the_text) {
    hr_config *config = fixture_config("a", text);
    cr_expect_str_eq(paths(hr_config_root(config)),
                     "  a a.b a.c a.c.0 a.c.1 a.c.1.d a.c.2 k\\.e\\\\y k\\.e\\\\y. z");
    cr_expect_str_eq(paths(hr_config_find(config, "a.c.1")), " a.c.1 a.c.1.d",
                     "it stays below its top");
    cr_expect_str_eq(paths(hr_config_find(config, "z")), " z");
    hr_config_free(config);
}

Test(tree_cursor, its_paths_lead_to_its_nodes) {
    hr_config *config = fixture_config("a", "a.b: {c\\d: [1, {.: 2}]}\n\"\\\\\": 3\n");
    struct tree_cursor cursor;
    tree_cursor_open(&cursor, hr_config_root(config), NULL, NULL);
    while (tree_cursor_next(&cursor, true))
        cr_expect_eq(hr_config_find(config, cursor.path.data), cursor.node, "%s", cursor.path.data);
    tree_cursor_close(&cursor);
    hr_config_free(config);
}

Test(tree_cursor, passes_by_what_is_not_entered) {
    hr_config *config = fixture_config("a", text);
    struct tree_cursor cursor;
    tree_cursor_open(&cursor, hr_config_root(config), NULL, NULL);
    cr_expect(tree_cursor_next(&cursor, true));
    cr_expect(tree_cursor_next(&cursor, false));
    cr_expect_str_eq(cursor.path.data, "k\\.e\\\\y");
    tree_cursor_close(&cursor);
    hr_config_free(config);
}

Test(tree_cursor, its_peers_have_the_same_path) {
    hr_config *config = fixture_config("a", text);
    hr_config *other = fixture_config("b", "z: 1\na: {c: [y, 1], b: {d: 2}}\n");
    struct tree_cursor cursor;
    tree_cursor_open(&cursor, hr_config_root(config), other, hr_config_root(other));
    while (tree_cursor_next(&cursor, true))
        cr_expect_eq(cursor.peer, hr_config_find(other, cursor.path.data), "%s", cursor.path.data);
    tree_cursor_close(&cursor);
    hr_config_free(config);
    hr_config_free(other);
}
