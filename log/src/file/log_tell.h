/* Sentences on standard error about the logger itself. */
#ifndef HR_LOG_TELL_H
#define HR_LOG_TELL_H

/* Writes one sentence, or nothing where that would wait for whoever reads standard error. Any
 * thread. */
__attribute__((format(printf, 1, 2))) void hr__log_tell(const char *format, ...);

#endif
