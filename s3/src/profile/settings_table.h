/* The names of each setting, and what it may be. */
#ifndef HR_S3_SETTINGS_TABLE_H
#define HR_S3_SETTINGS_TABLE_H

#include "aws_settings.h"

enum hr__s3_setting_kind {
    HR__S3_SETTING_TEXT = 0,
    HR__S3_SETTING_FLAG,   /* true or false, in any case */
    HR__S3_SETTING_NUMBER, /* from 1 to count_max */
    HR__S3_SETTING_WORD,   /* one of `words`; its place among them is the value */
};

struct hr__s3_setting_row {
    enum hr__s3_setting_kind kind;
    const char *variables[2]; /* the first that is set */
    const char *keys[2];      /* of the profile, behind the variables */
    const char *words;        /* "auto path virtual"; the first is the default */
    unsigned count_max;
    unsigned standard; /* the default of a flag or count; of a count 0: nowhere */
};

extern const struct hr__s3_setting_row hr__s3_setting_rows[HR__S3_SETTING_COUNT];

#endif
