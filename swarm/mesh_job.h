#ifndef SWARM_MESH_JOB_H
#define SWARM_MESH_JOB_H

/* What the mesh has under way for a piece: of mesh_int.h. */

#include "base/tstamp.h"
#include "wire/limits.h"

/* A transfer from the origin. */
struct fetch {
	bool used, head, data;
	bool hung; /* does not answer: its blocks are not marked any more */
	uint32_t id;
	uint8_t track;
	uint64_t number;
	uint32_t first, n; /* blocks */
	unsigned origin;
	sp_time started, first_byte;
	sp_time data_at; /* its first bytes came */
	uint64_t skip;   /* bytes before the first wanted one */
	uint32_t at;     /* block that is being gathered */
	uint32_t fill;
	uint8_t *buf;   /* LIM_BLOCK bytes */
	uint64_t bytes; /* after them */
	uint64_t bad;
};

/* What is to be told to the neighbours about one piece. */
struct news {
	uint8_t track;
	uint64_t number;
	bool known, all;
	uint64_t held[LIM_PIECE_BLOCKS / 64]; /* all are told at once */
	/* at once those whom nobody pushes them, and the rest later */
	uint64_t pushed[LIM_PIECE_BLOCKS / 64];
	uint64_t later[LIM_PIECE_BLOCKS / 64]; /* the former know */
	uint64_t arriving[LIM_PIECE_BLOCKS / 64];
};

#endif
