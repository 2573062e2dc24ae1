/* The output of the command: results to standard output, everything else to standard error. */
#ifndef COMMAND_OUTPUT_H
#define COMMAND_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <headrace/error.h>
#include <headrace/json_write.h>
#include <headrace/slice.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

/* "headrace: …" and a line end, to standard error. */
void output_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "COMMAND: …. See 'headrace COMMAND --help'.": the command line is wrong. Returns EXIT_USAGE. */
int output_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The functions here write nothing to standard error from now on. */
void output_silence(void);

/* The on_notice of engines and clients: says it in the command's words. */
void output_notice(void *user, const char *text);

/* Which exit code an error is where nothing has been asked of anybody yet: EXIT_USAGE for what the
 * options say wrong, else EXIT_FAILED. */
enum exit_code output_class(int code);

/* Says on standard error that `what` failed and why (an error's message, S3 code, request id,
 * attempt) and, with `json`, prints {"error":{…}} to standard output. Returns EXIT_FAILED, or
 * EXIT_USAGE by output_class where no response had come. */
int output_error(const struct hr_error *error, bool json, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with an exit code of the caller's, which is returned. */
int output_error_as(enum exit_code class, const struct hr_error *error, bool json, const char *what,
                    ...) __attribute__((format(printf, 4, 5)));

/* More of a store's refusal, which the errors that follow have; borrowed. NULL: none. */
void output_refusal(const struct hr_refusal *refusal);

/* The same where no server has responded: the line is the message alone, of any length. `code`
 * is negative. Returns EXIT_FAILED. */
int output_failed(bool json, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int output_failed_as(enum exit_code class, bool json, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* An object with the error is owed on standard output: where a command ends with 1, 2 or 3 and has
 * printed none, output_finish prints one with its first complaint. */
void output_expect_json(void);
/* The error object stands in the output already. */
void output_json_reported(void);

/* "SIGINT"; "a signal" for one without a name. */
const char *output_signal_name(int number);

/* The remedy for an error whose own words do not say it; "" where there is nothing to
 * add. */
const char *output_remedy(const struct hr_error *error);

/* The members of the object that describes an error: with it the error counts as told. */
void output_error_json(struct hr_json_writer *json, const struct hr_error *error,
                       enum exit_code class);

/* A writer that goes to `file`. A window of OUTPUT_WINDOW bytes, the caller's. */
#define OUTPUT_WINDOW 8192
void output_json_init(struct hr_json_writer *json, char window[OUTPUT_WINDOW], FILE *file);
/* Ends the object and the line; 0 or a negative code. */
int output_json_finish(struct hr_json_writer *json, FILE *file);

/* Bytes as they are; where standard output is a terminal, control bytes as \xHH. */
void output_bytes(struct hr_slice bytes);

#define OUTPUT_SIZE_TEXT 24
/* "1.5 GiB" */
const char *output_size(uint64_t bytes, char text[OUTPUT_SIZE_TEXT]);

/* Flushes and closes standard output. Returns `code`, or EXIT_FAILED (and says why) where not
 * everything could be written. The last call of main. */
int output_finish(int code);

/* A line on standard error that overwrites itself; nothing where that is no terminal. */
struct output_progress {
    bool shown;
    uint64_t started_ns;
};
/* The transfer begins: the rate counts from here. */
void output_progress_begin(struct output_progress *progress);
void output_progress_bytes(struct output_progress *progress, const char *verb, uint64_t bytes,
                           uint64_t total);
void output_progress_text(struct output_progress *progress, const char *text);
void output_progress_end(struct output_progress *progress);

#endif
