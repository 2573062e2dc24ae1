/* The system's trust anchors, which all clients share. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "needs_kernel.h"
#include "tls_certs.h"
#include "tls_private.h"

/* NULL: there are none. Criterion's assertions are for one thread. */
static void *read_them(void *some) {
    X509_STORE *store = hr__tls_trust_system();
    X509_STORE_free(store);
    return store ? some : NULL;
}

/* A bundle that is a pipe keeps the thread that reads it, with what it holds. */
Test(tls_trust, a_child_reads_while_a_thread_of_its_parent_does) {
    NEEDS_KERNEL("a process of its own");
    char path[128];
    pthread_t thread;
    snprintf(path, sizeof path, "%s/bundle", tls_folder());
    cr_assert_eq(mkfifo(path, 0600), 0);
    setenv("SSL_CERT_FILE", path, 1);
    unsetenv("SSL_CERT_DIR");
    cr_assert_eq(pthread_create(&thread, NULL, read_them, path), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC); /* returns when the thread has opened it */
    cr_assert_geq(fd, 0);
    /* It has taken half a line and is back in read: AddressSanitizer's allocator does not outlive a
     * fork while another thread is in it. */
    int unread = 1;
    cr_assert_eq(write(fd, "#", 1), 1);
    while (unread && ioctl(fd, FIONREAD, &unread) == 0) sched_yield();
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        setenv("SSL_CERT_FILE", "/dev/null", 1);
        _exit(hr__tls_trust_system() ? 0 : 1);
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    close(fd);
    void *read = NULL;
    pthread_join(thread, &read);
    cr_assert_not_null(read);
    cr_assert_eq(status, 0, "signal %d, code %d", WTERMSIG(status), WEXITSTATUS(status));
}
