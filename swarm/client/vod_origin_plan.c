#include "swarm/client/vod_origin_plan.h"

#include "swarm/client/vod_origin_ban.h"

#define GIVEN     256
#define GIVEN_FOR (600 * SP_S) /* then libtorrent has lost it */
#define GRACE_MIN SP_S
#define PER_HOST  4 /* transfers */

struct origin_state {
	sp_time rests_until;
	unsigned fails; /* in a row */
	unsigned jobs;
	bool out, no_range;
};

struct job {
	bool used, whole, object;
	unsigned origin;
	uint32_t first, end; /* pieces */
};

struct given {
	uint32_t piece;
	unsigned origin;
	sp_time at; /* 0: unused */
};

/* Since when a piece has a deadline. */
struct since {
	uint32_t piece;
	sp_time at;
};

struct vod_origin_plan {
	const struct sp_mem *mem;
	const struct lt_info *info;
	unsigned n;
	sp_time started;
	sp_time idle; /* when nothing was wanted of what peers have */
	struct origin_state origins[VOD_ORIGINS_MAX];
	struct job jobs[VOD_ORIGIN_JOBS];
	struct vod_bans bans;
	struct given given[GIVEN];
	struct since since[VOD_DUE_MAX];
	size_t n_since;
	uint8_t *busy; /* a bit for each piece: in a job, or given */
};

int
vod_origin_plan_new(struct vod_origin_plan **out, const struct sp_mem *mem,
    const struct lt_info *info, unsigned n_origins, sp_time now)
{
	struct vod_origin_plan *p;

	*out = NULL;
	if (n_origins == 0 || n_origins > VOD_ORIGINS_MAX ||
	    info->n_pieces == 0 || info->n_files == 0)
		return SP_ERR_ARG;
	if ((p = mem_zalloc(mem, 1, sizeof(*p))) == NULL)
		return SP_ERR_NOMEM;
	p->mem = mem;
	p->info = info;
	p->n = n_origins;
	p->started = p->idle = now;
	p->busy = mem_zalloc(mem, (size_t)info->n_pieces / 8 + 1, 1);
	if (p->busy == NULL) {
		vod_origin_plan_free(p);
		return SP_ERR_NOMEM;
	}
	*out = p;
	return 0;
}

void
vod_origin_plan_free(struct vod_origin_plan *p)
{
	if (p == NULL)
		return;
	mem_free(p->mem, p->busy);
	mem_free(p->mem, p);
}

/* ---- places ---- */

static uint64_t
start_of(const struct vod_origin_plan *p, uint32_t piece)
{
	return (uint64_t)piece * p->info->piece_length;
}

/* One past its last byte. */
static uint64_t
end_of(const struct vod_origin_plan *p, uint32_t piece)
{
	return SP_MIN(start_of(p, piece) + p->info->piece_length,
	    (uint64_t)p->info->total);
}

static void
mark(struct vod_origin_plan *p, uint32_t i, bool busy)
{
	uint8_t bit = (uint8_t)(0x80 >> (i & 7));

	if (busy)
		p->busy[i >> 3] |= bit;
	else
		p->busy[i >> 3] &= (uint8_t)~bit;
}

/* Is one of the files of [from, to) not to be had at |origin|? */
static bool
is_banned(const struct vod_origin_plan *p, unsigned origin, uint64_t from,
    uint64_t to, sp_time now)
{
	return vod_bans_has(&p->bans, p->info, origin, from, to, now);
}

static void
rest(struct origin_state *o, sp_time retry, sp_time now)
{
	static const uint8_t seconds[] = { 1, 2, 4, 4, 4, 8, 8, 15, 30 };
	sp_time t = SP_S * seconds[SP_MIN(o->fails, SP_LEN(seconds) - 1)];

	/* several that fail together are one failure */
	if (now < o->rests_until)
		return;
	o->fails++;
	if (retry > 0)
		t = SP_MIN(retry, VOD_ORIGIN_REST_MAX);
	o->rests_until = now + t;
}

/* Who lacks more than can be noted would be asked for all of it for ever. */
static void
ban_files(struct vod_origin_plan *p, unsigned origin, uint64_t from,
    uint64_t to, sp_time now)
{
	if (vod_bans_add(&p->bans, p->info, origin, from, to, now))
		rest(&p->origins[origin], 0, now);
}

/* ---- which piece ---- */

static bool
is_missing(const struct vod_origin_plan *p, const struct vod_origin_in *in,
    uint32_t i)
{
	return !vod_bit(in->have, i) && !vod_bit(p->busy, i);
}

/* Peers may still be met, or say what they have. */
static bool
in_grace(const struct vod_origin_plan *p, const struct vod_origin_in *in)
{
	sp_time t = in->now - p->started;

	return !in->met && t < (in->known > 0 ? VOD_ORIGIN_GRACE : GRACE_MIN);
}

static bool
is_silent(const struct vod_origin_plan *p, const struct vod_origin_in *in)
{
	return in->now - SP_MAX(in->carried, p->idle) >= VOD_ORIGIN_SILENCE;
}

static sp_time
since(const struct vod_origin_plan *p, uint32_t piece, sp_time now)
{
	for (size_t i = 0; i < p->n_since; i++)
		if (p->since[i].piece == piece)
			return p->since[i].at;
	return now;
}

/* Notes which pieces have deadlines, and since when. */
static void
note_due(struct vod_origin_plan *p, const struct vod_origin_in *in)
{
	struct since now[VOD_DUE_MAX];
	uint32_t piece;
	size_t n = 0;
	sp_time at;

	while (n < VOD_DUE_MAX && vod_plan_nth_due(in->plan, n, &piece, &at)) {
		now[n].piece = piece;
		now[n].at = since(p, piece, in->now);
		n++;
	}
	memcpy(p->since, now, n * sizeof(*now));
	p->n_since = n;
}

/* Peers have it, and do not bring it in time. */
static bool
is_late(const struct vod_origin_plan *p, const struct vod_origin_in *in,
    uint32_t piece, sp_time due)
{
	return in->now - since(p, piece, in->now) >= VOD_ORIGIN_PATIENCE &&
	       due - in->now <= VOD_ORIGIN_GUARD;
}

static bool
covers(const struct job *j, unsigned origin, uint32_t piece)
{
	return j->used && j->origin == origin && j->first <= piece &&
	       piece < j->end;
}

/* Does it come already, with a whole file? */
static bool
is_coming(const struct vod_origin_plan *p, unsigned origin, uint32_t piece)
{
	for (size_t i = 0; i < SP_LEN(p->jobs); i++)
		if (p->jobs[i].whole && covers(&p->jobs[i], origin, piece))
			return true;
	return false;
}

static bool
is_ready(const struct vod_origin_plan *p, unsigned origin, sp_time now)
{
	const struct origin_state *o = &p->origins[origin];

	return !o->out && now >= o->rests_until &&
	       o->jobs < (o->fails > 0 ? 1u : PER_HOST);
}

static int
origin_for(const struct vod_origin_plan *p, uint32_t piece, sp_time now)
{
	for (unsigned i = 0; i < p->n; i++)
		if (is_ready(p, i, now) && !is_coming(p, i, piece) &&
		    !is_banned(p, i, start_of(p, piece), end_of(p, piece), now))
			return (int)i;
	return SP_ERR_NOTFOUND;
}

/* The piece that is due first, of those that peers do not bring. */
static bool
pick_due(struct vod_origin_plan *p, const struct vod_origin_in *in,
    uint32_t *out, unsigned *origin)
{
	sp_time at, best = SP_NEVER;
	bool lacks;
	uint32_t i;
	size_t k;
	int o;

	for (k = 0; vod_plan_nth_due(in->plan, k, &i, &at); k++) {
		lacks = in->peers[i] == 0;
		if (at >= best || !is_missing(p, in, i) ||
		    (!lacks && !is_late(p, in, i, at)) ||
		    (o = origin_for(p, i, in->now)) < 0)
			continue;
		best = at;
		*out = i;
		*origin = (unsigned)o;
	}
	return best != SP_NEVER;
}

/* Of the rest, what is wanted most; then what comes first. */
static bool
pick_ahead(struct vod_origin_plan *p, const struct vod_origin_in *in,
    uint32_t *out, unsigned *origin)
{
	uint8_t best = in->all ? VOD_P_NONE : VOD_P_AHEAD - 1, prio;
	bool silent = is_silent(p, in), found = false;
	uint32_t i;
	int o;

	for (i = 0; i < p->info->n_pieces; i++) {
		prio = vod_plan_want(in->plan, i);
		if (prio <= best || !is_missing(p, in, i) ||
		    (in->peers[i] > 0 && !silent) ||
		    (o = origin_for(p, i, in->now)) < 0)
			continue;
		best = prio;
		*out = i;
		*origin = (unsigned)o;
		found = true;
	}
	return found;
}

/* ---- transfers ---- */

static struct job *
free_job(struct vod_origin_plan *p)
{
	for (size_t i = 0; i < SP_LEN(p->jobs); i++)
		if (!p->jobs[i].used)
			return &p->jobs[i];
	return NULL;
}

/*
 * What can come along with |first|: pieces behind it that begin in the same
 * file, are wanted, and that no peer has.
 */
static uint32_t
run_end(const struct vod_origin_plan *p, const struct vod_origin_in *in,
    uint32_t first, unsigned origin)
{
	const struct lt_file *f =
	    &p->info->files[vod_origin_file(p->info, end_of(p, first) - 1)];
	uint64_t from = start_of(p, first);
	uint32_t i = first + 1;

	while (i < p->info->n_pieces &&
	       start_of(p, i) < (uint64_t)(f->offset + f->length) &&
	       end_of(p, i) - from <= VOD_ORIGIN_BYTES && in->peers[i] == 0 &&
	       is_missing(p, in, i) &&
	       vod_plan_want(in->plan, i) >= (in->all ? 1 : VOD_P_AHEAD) &&
	       !is_banned(p, origin, start_of(p, i), end_of(p, i), in->now))
		i++;
	return i;
}

/* The file that |piece| begins in, as a whole. */
static void
take_file(const struct vod_origin_plan *p, struct job *j, uint32_t piece)
{
	const struct lt_file *f;
	uint64_t at = start_of(p, piece), end;
	uint32_t len = p->info->piece_length;

	f = &p->info->files[vod_origin_file(p->info, at)];
	end = SP_MAX((uint64_t)(f->offset + f->length), end_of(p, piece));
	j->whole = true;
	j->first = (uint32_t)((uint64_t)f->offset / len);
	j->end = (uint32_t)((end + len - 1) / len);
}

static bool
take_object(const struct vod_origin_plan *p, struct job *j, uint32_t piece)
{
	const struct lt_file *f =
	    &p->info->files[vod_origin_file(p->info, start_of(p, piece))];
	uint32_t len = p->info->piece_length;

	if (!f->has_root || (uint64_t)f->length > VOD_ORIGIN_BYTES ||
	    (uint64_t)f->offset % len != 0)
		return false;
	j->object = true;
	j->first = (uint32_t)((uint64_t)f->offset / len);
	j->end = j->first + (uint32_t)(((uint64_t)f->length + len - 1) / len);
	return true;
}

static void
begin(struct vod_origin_plan *p, const struct vod_origin_in *in,
    struct vod_origin_job *out, uint32_t piece, unsigned origin)
{
	struct job *j = free_job(p);

	*j = (struct job){ .used = true, .origin = origin, .first = piece };
	if (take_object(p, j, piece))
		;
	else if (p->origins[origin].no_range)
		take_file(p, j, piece);
	else
		j->end = run_end(p, in, piece, origin);
	for (uint32_t i = j->first; !j->whole && i < j->end; i++)
		mark(p, i, true);
	p->origins[origin].jobs++;
	*out = (struct vod_origin_job){
		.id = (unsigned)(j - p->jobs),
		.origin = origin,
		.at = start_of(p, j->first),
		.end = end_of(p, j->end - 1),
		.whole = j->whole,
		.object = j->object,
	};
}

/* What libtorrent never spoke of again may be fetched again. */
static void
forget_given(struct vod_origin_plan *p, sp_time now)
{
	for (size_t i = 0; i < GIVEN; i++)
		if (p->given[i].at != 0 && now - p->given[i].at > GIVEN_FOR)
			vod_origin_plan_got(p, p->given[i].piece);
}

/* Is anything wanted of what peers have? */
static bool
wants_of_peers(const struct vod_origin_plan *p, const struct vod_origin_in *in)
{
	for (uint32_t i = 0; i < p->info->n_pieces; i++)
		if (in->peers[i] > 0 && !vod_bit(in->have, i) &&
		    vod_plan_want(in->plan, i) > VOD_P_NONE)
			return true;
	return false;
}

void
vod_origin_plan_look(struct vod_origin_plan *p, const struct vod_origin_in *in)
{
	note_due(p, in);
	forget_given(p, in->now);
	if (!wants_of_peers(p, in))
		p->idle = in->now;
}

bool
vod_origin_plan_next(struct vod_origin_plan *p, const struct vod_origin_in *in,
    struct vod_origin_job *out)
{
	unsigned origin = 0, ready = 0;
	uint32_t piece = 0;

	for (unsigned i = 0; i < p->n; i++)
		ready += is_ready(p, i, in->now);
	if (ready == 0 || in_grace(p, in) || free_job(p) == NULL)
		return false;
	if (!pick_due(p, in, &piece, &origin) &&
	    !pick_ahead(p, in, &piece, &origin))
		return false;
	begin(p, in, out, piece, origin);
	return true;
}

static struct given *
find_given(struct vod_origin_plan *p, uint32_t piece)
{
	for (size_t i = 0; i < GIVEN; i++)
		if (p->given[i].at != 0 && p->given[i].piece == piece)
			return &p->given[i];
	return NULL;
}

void
vod_origin_plan_end(struct vod_origin_plan *p, unsigned id,
    enum vod_origin_end how, uint64_t at, sp_time retry, sp_time now)
{
	struct job *j = &p->jobs[id];
	struct origin_state *o = &p->origins[j->origin];

	assert(j->used && "a transfer ends once");
	for (uint32_t i = j->first; !j->whole && i < j->end; i++)
		if (find_given(p, i) == NULL)
			mark(p, i, false);
	j->used = false;
	o->jobs--;
	switch (how) {
	case VOD_ORIGIN_DONE:
		o->fails = 0;
		break;
	case VOD_ORIGIN_CUT:
		break;
	case VOD_ORIGIN_BUSY:
		rest(o, retry, now);
		break;
	case VOD_ORIGIN_NONE:
		ban_files(p, j->origin, at, at + 1, now);
		break;
	case VOD_ORIGIN_WRONG:
		ban_files(p, j->origin, start_of(p, j->first),
		    end_of(p, j->end - 1), now);
		break;
	case VOD_ORIGIN_NORANGE:
		o->no_range = true;
		break;
	case VOD_ORIGIN_REFUSED:
		o->out = true;
		break;
	}
}

/* ---- what came of it ---- */

void
vod_origin_plan_given(struct vod_origin_plan *p, unsigned id, uint32_t piece,
    sp_time now)
{
	struct given *g = find_given(p, piece), *old = p->given;

	for (size_t i = 0; g == NULL && i < GIVEN; i++) {
		if (p->given[i].at == 0)
			g = &p->given[i];
		else if (p->given[i].at < old->at)
			old = &p->given[i];
	}
	/* of more than that those which are longest known stay busy */
	if (g == NULL)
		g = old;
	mark(p, piece, true);
	*g = (struct given){ piece, p->jobs[id].origin, SP_MAX(now, 1) };
}

void
vod_origin_plan_got(struct vod_origin_plan *p, uint32_t piece)
{
	struct given *g = find_given(p, piece);

	if (g == NULL)
		return;
	g->at = 0;
	mark(p, piece, false);
}

void
vod_origin_plan_renew(struct vod_origin_plan *p)
{
	for (size_t i = 0; i < GIVEN; i++)
		if (p->given[i].at != 0)
			vod_origin_plan_got(p, p->given[i].piece);
}

int
vod_origin_plan_wrong(struct vod_origin_plan *p, uint32_t piece, sp_time now)
{
	struct given *g = find_given(p, piece);
	unsigned origin;

	if (g == NULL)
		return SP_ERR_NOTFOUND;
	origin = g->origin;
	vod_origin_plan_got(p, piece);
	ban_files(p, origin, start_of(p, piece), end_of(p, piece), now);
	return (int)origin;
}

bool
vod_origin_plan_spoilt(const struct vod_origin_plan *p, unsigned id,
    sp_time now)
{
	const struct job *j = &p->jobs[id];

	return j->used && is_banned(p, j->origin, start_of(p, j->first),
			      end_of(p, j->end - 1), now);
}

/* ---- for people ---- */

enum vod_origin_state
vod_origin_plan_state(const struct vod_origin_plan *p, unsigned origin,
    sp_time now)
{
	const struct origin_state *o = &p->origins[origin];

	if (o->out)
		return VOD_ORIGIN_OUT;
	return now < o->rests_until ? VOD_ORIGIN_RESTS : VOD_ORIGIN_READY;
}

bool
vod_origin_plan_ignores_range(const struct vod_origin_plan *p, unsigned origin)
{
	return p->origins[origin].no_range;
}
