#ifndef TEST_SIM_SIMMEM_H
#define TEST_SIM_SIMMEM_H

/* Memory of the simulator: the heap, or the end of the program. */

#include "base/mem.h"

extern const struct sp_mem sim_mem; /* for the cores */

/* From now on in slabs, for speed: once, before anything is allocated. */
void sim_mem_slabs(void);

/* Never NULL. */
void *sim_alloc(size_t size);
void *sim_zalloc(size_t n, size_t size);
void *sim_resize(void *p, size_t n, size_t size);

#endif
