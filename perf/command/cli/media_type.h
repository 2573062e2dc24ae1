/* The media type of a file, guessed from its name by the tables that the system has. */
#ifndef COMMAND_MEDIA_TYPE_H
#define COMMAND_MEDIA_TYPE_H

#include <stdbool.h>

#define MEDIA_TYPE_SIZE    128
#define MEDIA_TYPE_UNKNOWN "application/octet-stream"

/* Looks in mime/globs2 of XDG_DATA_HOME, which is the user's own, in /etc/mime.types (media-types)
 * and in mime/globs2 of XDG_DATA_DIRS (shared-mime-info). Whether one of them knows the name, whose
 * folders do not matter. */
bool media_type_of(const char *path, char type[MEDIA_TYPE_SIZE]);

/* The two forms of tables, by path. */
bool media_type_in_globs(const char *table, const char *name, char type[MEDIA_TYPE_SIZE]);
bool media_type_in_list(const char *table, const char *name, char type[MEDIA_TYPE_SIZE]);

#endif
