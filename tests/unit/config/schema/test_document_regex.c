/* POSIX extended regular expressions as ECMA-262 has them. Validators compare their meaning in
 * tests/integration/config_schema_documents.py. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "document_forms.h"

static void check(const char *pattern, const char *wanted) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int err = hr__document_regex(out, pattern);
    fclose(out);
    if (wanted)
        cr_assert(err == 0 && strcmp(text, wanted) == 0, "%s: %s", pattern, text);
    else
        cr_assert(err == -EINVAL && size == 0, "%s: %s", pattern, text);
    free(text);
}

Test(document_regex, a_text_is_matched_as_a_whole) {
    check("a|b", "^(?:a|b)$");
    check("", "^(?:)$");
    check("(a|b)+", "^(?:(a|b)+)$");
}

Test(document_regex, brackets_have_no_escapes_in_posix) {
    check("[\\d]", "^(?:[\\\\d])$");
    check("[]a-z-]", "^(?:[\\]a-z\\-])$");
    check("[^]^]", "^(?:[^\\]\\^])$");
    check("[[:alpha:]_[:digit:]]", "^(?:[A-Za-z_0-9])$");
    check("[[.-.]x]", "^(?:[\\-x])$");
}

Test(document_regex, a_point_is_any_character) {
    check(".", "^(?:[\\s\\S])$");
    check("\\.", "^(?:\\.)$");
}

Test(document_regex, quantifiers_of_quantified_things) {
    check("a+?", "^(?:(?:a+)?)$");
    check("(ab)*+", "^(?:(?:(ab)*)+)$");
    check("a{,3}", "^(?:a{0,3})$");
    check("a{2,3}?", "^(?:(?:a{2,3})?)$");
    check("xa**", "^(?:x(?:a*)*)$");
}

Test(document_regex, characters_that_mean_something_in_ecma_only) {
    check("a/b", "^(?:a\\/b)$");
    check("a]b}", "^(?:a\\]b\\})$");
    check("\\-\\d", "^(?:-d)$");
    check("\\w\\<", "^(?:\\w\\b)$");
    check("\xc3\xa9+", "^(?:\xc3\xa9+)$");
}

Test(document_regex, broken_ones_are_refused) {
    check("(a", NULL);
    check("[a", NULL);
    check("[[:nothing:]]", NULL);
    check("a{3,2}", NULL);
}
