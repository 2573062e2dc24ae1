/* Shared by the two files of the io_uring back end. */
#ifndef HR_ENGINE_BACKEND_URING_H
#define HR_ENGINE_BACKEND_URING_H

#include <liburing.h>

#include "backend.h"

#define BUFFER_GROUP 0 /* of the lent buffers */

/* Writes an operation of a known kind into a submission, but for its user_data and link. */
void hr__uring_fill(struct io_uring_sqe *sqe, struct hr_operation *operation);

#endif
