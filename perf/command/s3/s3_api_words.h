/* The words of headrace s3 api: method, path, parameters of the query and header fields. */
#ifndef COMMAND_S3_API_WORDS_H
#define COMMAND_S3_API_WORDS_H

#include <headrace/s3.h>

#include "options.h"
#include "s3_place.h"

#define S3_API_METHOD_MAX 32

/* The checks of --header and --query. */
int s3_api_header_check(const char *text, char *why, size_t why_size);
int s3_api_query_check(const char *text, char *why, size_t why_size);
/* Reads what they have checked, as many as the list has; slices into the command line. */
void s3_api_query_read(const struct option_list *list, struct hr_s3_query *query);
void s3_api_headers_read(const struct option_list *list, struct hr_http_field *fields);

struct s3_api_words {
    char method[S3_API_METHOD_MAX + 1];
    struct s3_place place; /* the bucket, the key: "" is none */
    struct hr_s3_query query[HR_S3_QUERY_COUNT_MAX];
    struct hr_http_field fields[OPTION_LIST_MAX];
    size_t query_count, field_count;
};

struct s3_api_line {
    const char *method, *path;
    const struct option_list *query, *headers;
    bool literal; /* '?' is a byte of the key */
};

/* Reads them; slices point into the command line. EXIT_DONE, or EXIT_USAGE after a complaint. */
int s3_api_words_read(const struct s3_api_line *line, struct s3_api_words *words);

/* Puts them into a request. */
void s3_api_words_use(const struct s3_api_words *words, struct hr_s3_request *request);

#endif
