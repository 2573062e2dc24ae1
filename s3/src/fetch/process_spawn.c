/* posix_spawn with two pipes, and a descriptor of the process. */
#include "process_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "credentials_process.h"
#include "shell_words.h"

extern char **environ;

static int refuse(struct hr_error *error, const char *what, const char *why) {
    return hr_error_set(error, HR_ERR_S3_CREDENTIALS, "credential_process %.80s: %s", what, why);
}

static void close_pair(const int pair[2]) {
    if (pair[0] >= 0) close(pair[0]);
    if (pair[1] >= 0) close(pair[1]);
}

static int make_pipes(int out[2], int err[2]) {
    if (pipe2(out, O_CLOEXEC)) return -errno;
    if (pipe2(err, O_CLOEXEC)) return -errno;
    if (fcntl(out[0], F_SETFL, O_NONBLOCK) || fcntl(err[0], F_SETFL, O_NONBLOCK)) return -errno;
    return 0;
}

/* Signals as a program expects them: none blocked, and those that we ignore as they are by
 * default. */
static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGCHLD);
    int err = posix_spawnattr_setsigmask(attributes, &none);
    if (!err) err = posix_spawnattr_setsigdefault(attributes, &usual);
    if (!err) err = posix_spawnattr_setpgroup(attributes, 0);
    if (!err)
        err = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                       POSIX_SPAWN_SETPGROUP);
    return err;
}

static int spawn(char *const *words, int out, int err_fd, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int err = posix_spawn_file_actions_init(&actions);
    if (err) return -err;
    err = posix_spawnattr_init(&attributes);
    if (err) {
        posix_spawn_file_actions_destroy(&actions);
        return -err;
    }
    err = set_attributes(&attributes);
    if (!err) err = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!err) err = posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (!err) err = posix_spawn_file_actions_adddup2(&actions, err_fd, 2);
    if (!err) err = posix_spawnp(pid, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -err;
}

static int watch(struct hr__process_descriptors *made) {
    made->fd[2] = (int)syscall(SYS_pidfd_open, made->pid, 0);
    if (made->fd[2] >= 0) return 0;
    int err = -errno;
    kill(-made->pid, SIGKILL);
    waitpid(made->pid, NULL, 0);
    return err;
}

static int start(const struct hr__words *words, struct hr_error *error,
                 struct hr__process_descriptors *made) {
    int out[2] = {-1, -1}, err_pair[2] = {-1, -1};
    int err = make_pipes(out, err_pair);
    if (!err) err = spawn(words->words, out[1], err_pair[1], &made->pid);
    if (!err) err = watch(made);
    if (err) {
        close_pair(out);
        close_pair(err_pair);
        return refuse(error, words->words[0], hr_error_text(err));
    }
    close(out[1]);
    close(err_pair[1]);
    made->fd[0] = out[0];
    made->fd[1] = err_pair[0];
    return 0;
}

int hr__process_spawn(struct hr_slice command, struct hr_error *error,
                      struct hr__process_descriptors *made) {
    char memory[HR__PROCESS_COMMAND_MAX];
    struct hr__words words = {.memory = memory, .capacity = sizeof memory};
    int err = hr__words_split(command, &words);
    if (err == -E2BIG) {
        err = refuse(error, "", "it is too long");
    } else if (err) {
        err = refuse(error, "", "a quote is not closed, or a backslash ends it");
    } else if (words.count == 0) {
        err = refuse(error, "", "it is empty");
    } else {
        err = start(&words, error, made);
    }
    OPENSSL_cleanse(memory, sizeof memory);
    return err;
}
