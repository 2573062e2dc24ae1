/* --level, --since, --until, --where. */
#include "cat_fixture.h"

#include "cat_filter.h"

TestSuite(cat_filter, .fini = close_line);

#define RAW                                                                                        \
    "{\"timestamp\":\"2026-11-22T10:00:00Z\",\"level\":\"WARNING\",\"logger\":\"service.part\","   \
    "\"message\":\"it "                                                                            \
    "failed\",\"status\":404,\"path\":\"/a=b\",\"empty\":\"\",\"o\":{\"p\":\"q\"}}"

static bool fits(struct cat_filter filter) {
    if (!filter.until_ns) filter.until_ns = UINT64_MAX;
    return cat_filter_fits(&filter, &line);
}

Test(cat_filter, conditions) {
    static const struct {
        const char *where;
        bool fits;
    } rows[] = {
        {"status=404", true},
        {"status=40", false},
        {"status=4040", false},
        {"status!=404", false},
        {"status!=200", true},
        {"status~40", true},
        {"status~5", false},
        {"path=/a=b", true},
        {"path~=b", true},
        {"path=/a", false},
        {"empty=", true},
        {"empty!=", false},
        {"empty~", true},
        {"missing=", false},
        {"missing!=x", true},
        {"missing~x", false},
        {"o.p=q", true},
        {"o=q", false},
        {"level=WARNING", true},
        {"level=warning", false},
        {"logger~part", true},
        {"logger=service", false},
        {"message=it failed", true},
        {"message~FAILED", false},
        {"timestamp~2026-11-22", true},
    };
    cr_assert_eq(read_text(RAW), CAT_JSON);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cat_filter filter = {.where = {.items = {rows[i].where}, .count = 1}};
        char why[160];
        cr_expect_eq(cat_filter_check_where(rows[i].where, why, sizeof why), 0);
        cr_expect_eq(fits(filter), rows[i].fits, "%s", rows[i].where);
    }
}

Test(cat_filter, all_conditions_hold) {
    cr_assert_eq(read_text(RAW), CAT_JSON);
    struct cat_filter filter = {.where = {.items = {"status=404", "o.p=q"}, .count = 2}};
    cr_expect(fits(filter));
    filter.where.items[1] = "o.p=x";
    cr_expect_not(fits(filter));
    filter.where.items[1] = "o.p=q";
    filter.where.items[0] = "status=1";
    cr_expect_not(fits(filter));
}

Test(cat_filter, levels_and_times_with_both_ends) {
    cr_assert_eq(read_text(RAW), CAT_JSON);
    uint64_t at = line.time_ns;
    cr_expect(fits((struct cat_filter){.level = 30}));
    cr_expect_not(fits((struct cat_filter){.level = 31}));
    cr_expect(fits((struct cat_filter){.since_ns = at, .until_ns = at}));
    cr_expect_not(fits((struct cat_filter){.since_ns = at + 1}));
    cr_expect_not(fits((struct cat_filter){.until_ns = at - 1}));
}

Test(cat_filter, checks) {
    char why[160] = "";
    static const char *const wrong[] = {"", "key", "=x", "!=x", "~x"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        cr_expect_eq(cat_filter_check_where(wrong[i], why, sizeof why), -1, "'%s'", wrong[i]);
        cr_expect_not_null(strstr(why, "is none of KEY=VALUE"), "%s", why);
    }
    static const char *const levels[] = {"debug", "INFO", "warning", "Error", "critical"};
    for (size_t i = 0; i < COUNT(levels); i++)
        cr_expect_eq(cat_filter_check_level(levels[i], why, sizeof why), 0, "%s", levels[i]);
    cr_expect_eq(cat_filter_check_level("loud", why, sizeof why), -1);
    cr_expect_not_null(strstr(why, "loud"), "%s", why);
    cr_expect_eq(cat_filter_check_time("10m", why, sizeof why), 0);
    cr_expect_eq(cat_filter_check_time("2026-11-22", why, sizeof why), 0);
    cr_expect_eq(cat_filter_check_time("soon", why, sizeof why), -1);
    cr_expect_not_null(strstr(why, "is neither a time"), "%s", why);
}
