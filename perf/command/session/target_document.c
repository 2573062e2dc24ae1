/* A document on its way to its target. */
#include "target_document.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "output.h"
#include "target.h"

int target_document(const struct target_document *document, struct session *session) {
    struct local_target target;
    const struct target_options options = {.path = document->path, .name = ""};
    fflush(stdout);
    int code = target_open(&options, session, &target);
    if (code) return code;
    FILE *file = fdopen(dup(target.fd), "w");
    int err = file ? document->write(file, document->user) : -errno;
    off_t size = file && !target.direct ? ftello(file) : 0;
    if (file && fclose(file) != 0 && !err) err = -errno;
    int closed = target_close(&target, err == 0, size > 0 ? (uint64_t)size : 0);
    if (!err) err = closed;
    if (!err) return EXIT_DONE;
    output_complain("cannot write %s: %s", document->path, hr_error_text(err));
    return EXIT_FAILED;
}
