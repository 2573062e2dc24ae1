/* Forms by the ending of a file's name. */
#include <criterion/criterion.h>

#include "report_form.h"

Test(report_form, the_ending_names_the_form) {
    static const char *const endings[] = {"a.md",   "b/c.html", "x.json", "x.xml", "x.csv",
                                          "x.hgrm", "x.hlog",   "x.prom", "x.txt"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        cr_expect_not_null(report_form_of(endings[i]), "%s", endings[i]);
    cr_expect_null(report_form_of("html"));
    cr_expect_null(report_form_of("a.HTML"));
    cr_expect_null(report_form_of("a.html.gz"));
}

Test(report_form, histograms_hold_one_result) {
    cr_expect(report_form_of("a.hgrm")->is_single);
    cr_expect(report_form_of("a.hlog")->is_single);
    cr_expect_not(report_form_of("a.json")->is_single);
}
