#include "swarm/mesh_int.h"

#define CLOCK_SPAN (60 * SP_S)
#define CLOCK_STEP (20 * SP_S)            /* the seeder's clock was set back */
#define AVAIL_MAX  INT64_C(4102444800000) /* year 2100 */
#define INITS_KEPT 8

sp_time
mesh_local(const struct mesh *m, int64_t ms)
{
	return ms * SP_MS + SP_MIN(m->clock.off[0], m->clock.off[1]);
}

/*
 * The seeder's clock may be hours off; only differences count. What it stamps
 * is at least as old as its way to us, so the least difference seen is the
 * best. True when the mapping has changed.
 */
static bool
clock_sample(struct clockmap *c, int64_t ms, sp_time now)
{
	sp_time off = now - ms * SP_MS;
	sp_time before = SP_MIN(c->off[0], c->off[1]);

	if (!c->any || off - before > CLOCK_STEP) {
		c->off[0] = c->off[1] = off;
		c->span_at = now;
		c->any = true;
		return true;
	}
	if (now - c->span_at > CLOCK_SPAN) {
		c->off[1] = c->off[0];
		c->off[0] = off;
		c->span_at = now;
	}
	c->off[0] = SP_MIN(c->off[0], off);
	return SP_MIN(c->off[0], c->off[1]) != before;
}

/* On our clock, and never later than when we heard of it. */
static sp_time
avail_of(const struct mesh *m, const struct piece *pc)
{
	return SP_MIN(mesh_local(m, pc->rec.avail_ms), pc->known_at);
}

/*
 * After a better sample of the clock. What was stamped before the seeder's
 * clock was set keeps its place.
 */
static void
place_anew(const struct mesh *m, struct piece *pc)
{
	sp_time at = avail_of(m, pc), most;

	most = m->conf.window_ms * SP_MS + CLOCK_STEP;
	if (at > pc->avail_at - most && at < pc->avail_at + most)
		pc->avail_at = at;
}

static void
set_deadline(struct mesh *m, struct piece *pc)
{
	const struct playhead *ph = &m->play[pc->rec.track];

	pc->deadline = playhead_deadline(ph, &m->window, pc);
	if (pc->want_at != SP_NEVER)
		pc->deadline = SP_MIN(pc->deadline,
		    pc->want_at + mesh_fetch_guard(m, pc->rec.length));
}

/* An init piece is due when the first piece that needs it is. */
static void
init_deadline(struct mesh *m, const struct piece *user)
{
	struct piece *pc;

	if (user->rec.init == RECORD_NO_INIT || user->deadline == SP_NEVER)
		return;
	pc = mesh_find(m, (uint8_t)(user->rec.track + LIM_TRACK_INIT),
	    user->rec.init);
	if (pc != NULL)
		pc->deadline = SP_MIN(pc->deadline, user->deadline);
}

void
mesh_retime(struct mesh *m, uint8_t track)
{
	const struct window_track *w;
	struct piece *pc;
	uint64_t n;

	if (track >= LIM_TRACKS)
		return;
	w = &m->window.inits[track];
	for (n = w->first; n < w->edge; n++)
		if ((pc = mesh_find(m, (uint8_t)(track + LIM_TRACK_INIT), n)))
			pc->deadline = pc->want_at;
	w = &m->window.tracks[track];
	for (n = w->first; n < w->edge; n++) {
		pc = mesh_find(m, track, n);
		if (pc == NULL)
			continue;
		place_anew(m, pc);
		set_deadline(m, pc);
		init_deadline(m, pc);
	}
}

static void
retime_all(struct mesh *m)
{
	uint8_t i;

	for (i = 0; i < LIM_TRACKS; i++)
		if (m->window.tracks[i].used)
			mesh_retime(m, i);
}

/* Transfers and requests of pieces that are about to be forgotten end. */
static void
forget_below(struct mesh *m, uint8_t track, uint64_t number)
{
	unsigned i;

	mesh_fetch_forget(m, track, number);
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL)
			mesh_peer_requests_forget(m, m->peers[i], track,
			    number);
	window_advance(&m->window, track, number);
	if (track < LIM_TRACKS && m->play[track].started) {
		m->play[track].scan = SP_MAX(m->play[track].scan, number);
		m->play[track].edge = SP_MAX(m->play[track].edge, number);
	}
}

/* What window_add would push out. */
static void
make_room(struct mesh *m, uint8_t track, uint64_t number)
{
	const struct window_track *w = window_track(&m->window, track);

	if (w->used && number >= w->edge &&
	    number - w->first >= LIM_WINDOW_PIECES)
		forget_below(m, track, number - LIM_WINDOW_PIECES + 1);
}

/* Media older than the window, and init pieces nobody needs any more. */
static void
trim(struct mesh *m, const struct piece *pc)
{
	const struct window_track *w = window_track(&m->window, pc->rec.track);
	const struct piece *old;
	uint64_t n;

	if (pc->rec.track >= LIM_TRACK_INIT) {
		if (w->edge - w->first > INITS_KEPT)
			forget_below(m, pc->rec.track, w->edge - INITS_KEPT);
		return;
	}
	for (n = w->first; n < w->edge; n++) {
		old = mesh_find(m, pc->rec.track, n);
		if (old != NULL &&
		    old->avail_at + m->conf.window_ms * SP_MS >= pc->avail_at)
			break;
	}
	if (n > w->first)
		forget_below(m, pc->rec.track, n);
}

static void
record_added(struct mesh *m, struct piece *pc, bool relay)
{
	uint8_t track = pc->rec.track;
	bool newest;

	m->st.records++;
	m->record_at = m->now;
	pc->avail_at = pc->known_at; /* until the clock is looked at */
	pc->from_peer = relay;
	mesh_have_early(m, pc);
	m->changed |= MESH_CHANGED_RECORDS;
	newest = window_track(&m->window, track)->edge == pc->rec.number + 1;
	if (newest && track < LIM_TRACKS &&
	    clock_sample(&m->clock, pc->rec.avail_ms, m->now))
		retime_all(m);
	pc->avail_at = avail_of(m, pc);
	if (track < LIM_TRACKS) {
		/* the hole was given up before the record came */
		pc->lost = m->play[track].started && !piece_is_complete(pc) &&
			   pc->rec.number < m->play[track].scan;
		set_deadline(m, pc);
		init_deadline(m, pc);
	} else {
		mesh_retime(m, (uint8_t)(track - LIM_TRACK_INIT));
	}
	mesh_duty_draw(m, pc);
	if (newest) {
		mesh_tree_piece(m, pc);
		trim(m, pc);
	}
	/* who has the feed hears of it there */
	if (relay)
		mesh_news(m, track, pc->rec.number, 0)->known = true;
	mesh_dirty(m, 0);
}

/*
 * What trim has dropped or would drop is not taken back: whoever kept old
 * records could have the whole swarm pass them round again and again.
 */
static bool
has_left(const struct mesh *m, const struct record *r)
{
	const struct window_track *w = window_track_const(&m->window, r->track);
	const struct piece *newest;

	if (w == NULL || !w->used || r->number >= w->first)
		return false;
	if (r->track >= LIM_TRACK_INIT)
		return w->edge - r->number > INITS_KEPT;
	newest = mesh_newest(m, r->track);
	return newest != NULL &&
	       r->avail_ms + m->conf.window_ms < newest->rec.avail_ms;
}

/* Form, signature, place in the window; the new piece in *out. */
static int
take(struct mesh *m, const uint8_t *bytes, size_t len, struct piece **out)
{
	struct record_env env;
	struct piece *pc;
	int rv;

	if ((rv = record_open(&env, bytes, len)) < 0)
		return rv;
	pc = mesh_find(m, env.rec.track, env.rec.number);
	if (pc != NULL && pc->env_len == len &&
	    memcmp(pc->env, bytes, len) == 0)
		return SP_ERR_STALE; /* the usual case: told twice */
	if (env.rec.avail_ms < 0 || env.rec.avail_ms > AVAIL_MAX)
		return SP_ERR_RANGE;
	if (has_left(m, &env.rec))
		return SP_ERR_STALE;
	if ((rv = m->crypto->record(&env, m->conf.pk)) < 0)
		return rv;
	make_room(m, env.rec.track, env.rec.number);
	rv = window_add(&m->window, &env, bytes, len, m->now, out);
	return rv == SP_ERR_EXISTS ? SP_ERR_STALE : rv;
}

int
mesh_record_in(struct mesh *m, const uint8_t *bytes, size_t len, bool relay)
{
	struct piece *pc;
	int rv = take(m, bytes, len, &pc);

	if (rv == 0) {
		record_added(m, pc, relay);
	} else if (rv != SP_ERR_STALE) {
		m->st.records_bad++;
		log_msg(m->conf.log, LOG_LEVEL_WARN, "record: refused why=%s",
		    sp_errname(rv));
	}
	return rv;
}

int
mesh_manifest_in(struct mesh *m, const uint8_t *bytes, size_t len, bool relay,
    const struct peer *from)
{
	struct manifest *mf;
	uint8_t *env;
	unsigned i;
	int rv;

	env = mem_dup(m->mem, bytes, len);
	mf = mem_alloc(m->mem, sizeof(*mf));
	if (env == NULL || mf == NULL) {
		rv = SP_ERR_NOMEM;
		goto fail;
	}
	if ((rv = manifest_open(mf, env, len, m->conf.pk)) < 0)
		goto fail;
	if (m->manifest != NULL && mf->serial <= m->manifest->serial) {
		rv = SP_ERR_STALE;
		goto fail;
	}
	mem_free(m->mem, m->manifest_env);
	mem_free(m->mem, m->manifest);
	m->manifest_env = env;
	m->manifest_len = len;
	m->manifest = mf;
	m->changed |= MESH_CHANGED_MANIFEST;
	if (!relay)
		return 0;
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL && m->peers[i] != from &&
		    m->peers[i]->established && !m->peers[i]->closing)
			pw_put_env(mesh_say(m, m->peers[i]), PW_MANIFEST, env,
			    len);
	return 0;
fail:
	mem_free(m->mem, env);
	mem_free(m->mem, mf);
	if (rv != SP_ERR_STALE)
		log_msg(m->conf.log, LOG_LEVEL_WARN, "manifest: refused why=%s",
		    sp_errname(rv));
	return rv;
}
