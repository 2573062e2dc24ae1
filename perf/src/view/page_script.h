/* The page's own style and script. */
#ifndef PERF_PAGE_SCRIPT_H
#define PERF_PAGE_SCRIPT_H

extern const char perf_page_style[];
/* Draws the plots of the object in the element `data` by Chart.js, and again where the colour
 * scheme changes. */
extern const char perf_page_script[];

#endif
