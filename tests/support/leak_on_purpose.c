/* Criterion 2.4.1 reports a test that leaks, or one with undefined behaviour, as passed. The runner
 * therefore looks for the sanitizers' log files; with these two it proves that it would find one.
 */
#include <limits.h>
#include <stdlib.h>

#include <criterion/criterion.h>

static void *volatile lost;

Test(on_purpose, leak) {
    lost = malloc(64);
    lost = NULL;
}

Test(on_purpose, undefined) {
    volatile int big = INT_MAX;
    big = big + 1;
}
