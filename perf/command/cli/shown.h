/* Texts that somebody gave, as messages show them: without credentials, and not too long. */
#ifndef COMMAND_SHOWN_H
#define COMMAND_SHOWN_H

/* A URL, without its user information and what signs it. One of a ring of eight texts, each cut at
 * 200 bytes, which both functions share. */
const char *shown_url(const char *text);
/* An argument that may be a URL, or a file that is called photo@2. */
const char *shown_argument(const char *text);

#endif
