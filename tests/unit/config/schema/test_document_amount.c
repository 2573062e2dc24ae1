/* Durations and sizes as patterns. Their meaning is compared with that of the loader in
 * tests/integration/config_schema_documents.py. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "document_forms.h"

static void check(const struct hr_config_field *field, enum hr_config_kind kind, size_t size,
                  const char *part) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    hr__document_amount(out, field, kind, size);
    fclose(out);
    cr_assert(strstr(text, part), "%s: %s", part, text);
    free(text);
}

Test(document_amount, bounds_are_counted_in_each_unit) {
    const struct hr_config_field hour = {.min = 100, .max = 3600000};
    check(&hour, HR_DURATION, 4, "|(?:0*(?:[1-9]|[1-5][0-9]|60)(?:\\.0{1,9})?|");
    check(&hour, HR_DURATION, 4, "0*(?:[1-9][0-9]{2,5}|[1-2][0-9]{6}|3[0-5][0-9]{5}|3600000)");
}

Test(document_amount, the_room_of_the_member_is_a_bound) {
    const struct hr_config_field any = {.min = 0};
    check(&any, HR_SIZE, 1, "0*(?:[0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])");
    check(&any, HR_SIZE, 8, "(?:[0-9]+(?:\\.0{1,9})?) ?(?:|B))$");
}

Test(document_amount, zero_needs_no_unit_where_it_is_allowed) {
    const struct hr_config_field any = {.min = 0}, some = {.min = 1, .max = 5};
    check(&any, HR_DURATION, 8, "^(?:0|");
    check(&some, HR_DURATION, 8, "^(?:(?:");
}

Test(document_amount, bounds_that_leave_nothing) {
    const struct hr_config_field none = {.min = 300, .max = 400};
    check(&none, HR_SIZE, 1, "(?!)");
    const struct hr__document_range range = hr__document_bounds(&none, 1);
    cr_assert(range.low == 300 && range.high == 255);
}

Test(document_amount, bounds_that_no_integer_has) {
    const struct hr_config_field below = {.min = -5, .max = 2.5}, huge = {.min = 0.5, .max = 1e30};
    cr_assert(hr__document_bounds(&below, 8).low == 0 && hr__document_bounds(&below, 8).high == 2);
    cr_assert(hr__document_bounds(&huge, 8).low == 1 &&
              hr__document_bounds(&huge, 8).high == UINT64_MAX);
}
