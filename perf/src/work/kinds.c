/* Names of operations. */
#include "kinds.h"

const char *const perf_kind_names[PERF_KINDS] = {"put",    "get",    "head",    "list",
                                                 "delete", "upload", "download"};
