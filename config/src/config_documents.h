/* The files of a load, with what they include. */
#ifndef HR_CONFIG_DOCUMENTS_H
#define HR_CONFIG_DOCUMENTS_H

#include "config_sources.h"

/* Merges options->files into the tree, with the files of folders, overlays of the profile, and what
 * all of them include. */
void hr__config_take_files(struct hr__config_load *load);

#endif
