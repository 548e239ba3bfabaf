#include "swarm/mesh_int.h"

int
mesh_roster(struct mesh *m, const struct roster *r, sp_time now)
{
	m->now = now;
	if (m->roster == NULL) {
		m->roster = mem_alloc(m->mem, sizeof(*m->roster));
		if (m->roster == NULL)
			return SP_ERR_NOMEM;
	}
	memcpy(m->roster, r, offsetof(struct roster, entries));
	memcpy(m->roster->entries, r->entries, r->n * sizeof(r->entries[0]));
	m->roster_at = now;
	return 0;
}
