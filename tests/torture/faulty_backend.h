/* A back end in front of a real one, which makes the armed fault happen. */
#ifndef HR_TORTURE_FAULTY_BACKEND_H
#define HR_TORTURE_FAULTY_BACKEND_H

#include "backend.h"
#include "sockets.h"

/* In front of `inner` from now on. */
const struct hr_backend_vtable *faulty_backend(const struct hr_backend_vtable *inner);
extern const struct hr_sockets faulty_sockets;

#endif
