#ifndef TOOLS_SIM_PLOT_H
#define TOOLS_SIM_PLOT_H

/* A run as a picture: gnuplot draws it. */

#include "test/sim/simhost.h"

/* What gnuplot is told; for tests too. */
void sim_plot_script(FILE *f, const char *svg, const char *title,
    const struct tally *t);
/* False after a message on stderr: no gnuplot, or it failed. */
bool sim_plot(const char *svg, const char *title, const struct tally *t);

#endif
