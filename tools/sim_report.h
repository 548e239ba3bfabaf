#ifndef TOOLS_SIM_REPORT_H
#define TOOLS_SIM_REPORT_H

/* How the results of a run are printed. */

#include "tools/sim_options.h"
#include "tools/sim_run.h"

/* Around all runs of a call: brackets of JSON. */
void sim_report_begin(enum sim_output o, FILE *f);
void sim_report_end(enum sim_output o, FILE *f);
/*
 * One run of |file|. |quiet|: text is the trace only. What depends on this
 * machine is in text and JSON, never in TSV.
 */
void sim_report(enum sim_output o, FILE *f, const char *file,
    const struct sim_result *r, bool quiet);

/* A string in quotes, and a metric's value in its unit, for JSON. */
void sim_json_string(FILE *f, const char *s);
void sim_json_value(FILE *f, enum metric_unit unit, int64_t v);
/* All metrics as members of an object. */
void sim_json_metrics(FILE *f, const struct sim_result *r);

#endif
