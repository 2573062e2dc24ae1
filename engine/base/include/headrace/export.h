/* Marks the functions that the shared library exports. Everything else is hidden. */
#ifndef HEADRACE_EXPORT_H
#define HEADRACE_EXPORT_H

#define HR_API __attribute__((visibility("default")))

#endif
