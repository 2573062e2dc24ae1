/* A circuit breaker round a call that has nothing to do with HTTP: a lookup that fails for a while.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <headrace/breaker.h>

static int failing = 3; /* so many look-ups */

static int look_up(void) {
    return failing-- > 0 ? -ECONNREFUSED : 0;
}

static void on_transition(void *user, const char *name, const struct hr_breaker_transition *t) {
    (void)user;
    printf("%s: %s to %s (%s)\n", name, hr_breaker_state_name(t->from),
           hr_breaker_state_name(t->to), hr_breaker_cause_name(t->cause));
}

/* 0, what look_up returned, or HR_ERR_BREAKER_OPEN: not asked at all. */
static int guarded_look_up(hr_breaker *breaker, uint64_t *retry_after_ms) {
    struct hr_breaker_pass pass;
    int err = hr_breaker_enter(breaker, &pass, retry_after_ms);
    if (err) return err;
    err = look_up();
    struct hr_breaker_result result = {.code = err};
    hr_breaker_leave(breaker, &pass, hr_breaker_classify(result), err);
    return err;
}

int main(void) {
    const struct hr_breaker_options options = {
        .name = "directory",
        .failures_max = 3,
        .open_ms = 500,
        .on_transition = on_transition,
    };
    hr_breaker *breaker;
    struct hr_error error;
    if (hr_breaker_new(&options, &error, &breaker)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    uint64_t wait_ms = 0;
    for (int i = 0; i < 4; i++) printf("%s\n", hr_error_text(guarded_look_up(breaker, &wait_ms)));
    struct timespec wait = {.tv_nsec = (long)wait_ms * 1000000};
    nanosleep(&wait, NULL);
    printf("%s\n", guarded_look_up(breaker, &wait_ms) ? "failed" : "found");
    hr_breaker_free(breaker);
    return 0;
}
