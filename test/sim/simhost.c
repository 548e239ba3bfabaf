#include "test/sim/simhost.h"

#include "base/map.h"
#include "test/sim/countcipher.h"
#include "test/sim/world.h"

struct simhost {
	struct world w;
	FILE *trace;
};

/* ---- services to the others ---- */

struct use *
world_use(struct world *w, uint32_t end)
{
	size_t cap = w->cap_uses;

	if (end >= cap) {
		w->cap_uses = SP_MAX(2 * cap, (size_t)end + 64);
		w->uses = sim_resize(w->uses, w->cap_uses, sizeof(*w->uses));
		memset(w->uses + cap, 0,
		    (w->cap_uses - cap) * sizeof(*w->uses));
	}
	return &w->uses[end];
}

/* Each node has a /24 of its own. */
struct sp_addr
world_addr(uint32_t node, uint16_t port)
{
	uint8_t ip[4] = { (uint8_t)(44 + (node >> 16)), (uint8_t)(node >> 8),
		(uint8_t)node, 10 };

	return addr_make(4, ip, port);
}

uint32_t
world_node_of(const struct world *w, const struct sp_addr *a)
{
	uint32_t node;

	if (a->family != 4 || a->ip[0] < 44 || a->ip[3] != 10)
		return UINT32_MAX;
	node = (uint32_t)(a->ip[0] - 44) << 16 | (uint32_t)a->ip[1] << 8 |
	       a->ip[2];
	return node < w->n_agents ? node : UINT32_MAX;
}

uint32_t
world_add(struct world *w, const struct simnet_node_conf *nc)
{
	uint32_t node = simnet_node(w->net, nc);

	assert(node == w->n_agents && "nodes are made here only");
	if (w->n_agents == w->cap_agents) {
		w->cap_agents = SP_MAX(2 * w->cap_agents, 64);
		w->agents =
		    sim_resize(w->agents, w->cap_agents, sizeof(*w->agents));
	}
	memset(&w->agents[w->n_agents++], 0, sizeof(*w->agents));
	return node;
}

void
world_random(struct world *w, void *p, size_t len)
{
	uint8_t *at = p;
	uint64_t v;
	size_t n;

	for (; len > 0; at += n, len -= n) {
		v = rng_u64(&w->rng);
		n = SP_MIN(len, sizeof(v));
		memcpy(at, &v, n);
	}
}

void
world_join(struct world *w, const struct scn_group *g)
{
	w->joined++;
	if (g->kind == SCN_LIARS)
		liar_new(w, g);
	else
		viewer_new(w, g);
}

void
world_broken(const struct world *w, const char *what, uint64_t v)
{
	fprintf(stderr, "spate-sim: at %" PRId64 " ms: %s (%" PRIu64 ")\n",
	    (world_now(w) - SIM_START) / SP_MS, what, v);
	exit(1);
}

/* ---- setting up ---- */

static void
make_net(struct world *w)
{
	struct simnet_conf nc;
	struct simnet_ev ev;

	simnet_conf_init(&nc);
	nc.fifo = w->scn.net.fifo;
	nc.sndbuf = (size_t)w->scn.net.sndbuf;
	nc.acks = nc.sndbuf == 0;
	nc.bbr = w->scn.net.bbr != 0;
	nc.ack_each = (uint32_t)w->scn.net.acks;
	nc.jitter_ppm = (uint32_t)w->scn.net.jitter;
	nc.nat_ppm = (uint32_t)w->scn.net.nat;
	nc.seed = w->scn.seed;
	w->net = simnet_new(&nc);
	simnet_next(w->net, SIM_START, &ev);
}

static void
make_truth(struct world *w)
{
	struct truth_conf tc;
	const struct scn_stream *s = &w->scn.stream;

	memset(&tc, 0, sizeof(tc));
	tc.seed = w->scn.seed;
	tc.n_tracks = w->scn.n_tracks;
	for (size_t i = 0; i < tc.n_tracks; i++) {
		tc.piece_bytes[i] = (uint32_t)world_piece_bytes(w, (uint8_t)i);
		if (tc.piece_bytes[i] == 0)
			world_broken(w, "pieces without a byte", i);
	}
	tc.segment = s->segment;
	tc.window = s->window;
	tc.start = SIM_START - SP_MIN(s->window, SIM_START);
	tc.wall_ms = SIM_WALL_MS;
	w->truth = truth_new(&tc);
	truth_crypto_use(w->truth);
	while (truth_make(w->truth, SIM_START))
		;
	link_infohash(w->info_hash, truth_pk(w->truth));
}

/* Sealed bytes are as they were only if they are merely counted. */
static void
make_pool(struct world *w)
{
	const uint8_t *p;
	size_t len;

	if (w->real_crypto)
		return;
	p = truth_pool(w->truth, &len);
	w->pool = simpool_new(p, len);
	simnet_pool(w->net, w->pool);
}

static void
make_fixed(struct world *w)
{
	const struct scenario *s = &w->scn;
	struct simnet_node_conf nc;

	memset(&nc, 0, sizeof(nc));
	nc.x = nc.y = s->net.plane / 2;
	world_add(w, &nc); /* the conductor */
	nc.server = true;
	nc.delay = s->tracker.delay;
	nc.loss_ppm = (uint32_t)s->tracker.loss;
	world_add(w, &nc);
	nc.delay = s->origin.delay;
	nc.loss_ppm = (uint32_t)s->origin.loss;
	nc.up_bps = (uint64_t)s->origin.rate;
	world_add(w, &nc);
	tracker_boot(w);
	viewer_new(w, NULL);
	seed_start(w);
}

struct simhost *
simhost_new(const struct scenario *scn, const struct simhost_opts *opts)
{
	struct simhost *h = sim_zalloc(1, sizeof(*h));
	struct world *w = &h->w;

	h->trace = opts->trace;
	w->scn = *scn;
	w->real_crypto = opts->real_crypto || scn->real_crypto;
	if (w->real_crypto) {
		w->n_ciphers = secure_ciphers(w->ciphers);
	} else {
		secure_ciphers(w->ciphers); /* prepares the library */
		w->ciphers[0] = &countcipher;
		w->n_ciphers = 1;
	}
	rng_seed(&w->rng, scn->seed);
	rng_seed(&w->draws, ~scn->seed);
	buf_init(&w->out, &sim_mem, LIM_TRACKER_REPLY);
	w->tally = tally_new();
	make_net(w);
	make_truth(w);
	make_pool(w);
	w->first_piece = truth_edge(w->truth);
	make_fixed(w);
	plan_make(w);
	return h;
}

void
simhost_free(struct simhost *h)
{
	struct world *w = &h->w;

	for (size_t i = 0; i < w->n_agents; i++) {
		if (w->agents[i].kind == AGENT_VIEWER)
			viewer_free(w->agents[i].u.viewer);
		else if (w->agents[i].kind == AGENT_LIAR)
			liar_free(w->agents[i].u.liar);
	}
	track_free(w->track);
	simnet_free(w->net);
	simpool_free(w->pool);
	truth_free(w->truth);
	tally_free(w->tally);
	buf_fini(&w->out);
	mem_free(&sim_mem, w->agents);
	mem_free(&sim_mem, w->uses);
	mem_free(&sim_mem, w->feeds);
	mem_free(&sim_mem, w->waits);
	mem_free(&sim_mem, h);
}

/* ---- running ---- */

static void
deliver(struct world *w, const struct simnet_ev *ev)
{
	struct agent *a = &w->agents[ev->node];

	if (ev->node == SIM_CONDUCTOR)
		plan_timer(w, ev->tag);
	else if (ev->node == SIM_TRACKER)
		tracker_event(w, ev);
	else if (ev->node == SIM_ORIGIN)
		origin_event(w, ev);
	else if (a->kind == AGENT_VIEWER)
		viewer_event(a->u.viewer, ev);
	else
		liar_event(a->u.liar, ev);
}

static void
note(struct simhost *h, const struct simnet_ev *ev)
{
	static const char *const names[] = { "timer", "open", "accept",
		"refused", "timeout", "data", "sent", "closed" };
	uint64_t v[3] = { (uint64_t)ev->at,
		(uint64_t)ev->node << 8 | (uint64_t)ev->type,
		ev->type == SIMNET_TIMER ? ev->tag : ev->len };

	h->w.trace = map_siphash(h->w.trace, 0x7370617465, v, sizeof(v));
	if (h->trace != NULL)
		fprintf(h->trace,
		    "%" PRId64 " %" PRIu32 " %s %" PRIu32 " %" PRIu64 "\n",
		    ev->at - SIM_START, ev->node, names[ev->type], ev->end,
		    v[2]);
}

bool
simhost_step(struct simhost *h, sp_time span)
{
	struct world *w = &h->w;
	sp_time end = SIM_START + w->scn.run;
	sp_time until = SP_MIN(world_now(w) + span, end);
	struct simnet_ev ev;

	while (simnet_next(w->net, until, &ev)) {
		note(h, &ev);
		deliver(w, &ev);
	}
	return until < end;
}

struct viewer *
world_next_viewer(const struct world *w, size_t *i)
{
	const struct agent *a;

	while (*i < w->n_agents) {
		a = &w->agents[(*i)++];
		if (a->kind == AGENT_VIEWER && a->u.viewer->mesh != NULL)
			return a->u.viewer;
	}
	return NULL;
}

const struct tally *
simhost_finish(struct simhost *h)
{
	struct world *w = &h->w;
	struct tally *t = w->tally;
	uint64_t pieces = truth_edge(w->truth) - w->first_piece;
	struct viewer *v;

	for (size_t i = SIM_SEEDER; (v = world_next_viewer(w, &i)) != NULL;)
		tally_viewer(w, v);
	t->sum.origin_sent = world_origin_bytes(w);
	t->sum.stream_bytes = pieces * world_copy_bytes(w);
	t->value[METRIC_ORIGIN_PEAK] = (int64_t)w->origin_peak;
	tally_close(t, &w->scn);
	return t;
}

const struct tally *
simhost_tally(const struct simhost *h)
{
	return h->w.tally;
}

uint64_t
simhost_trace(const struct simhost *h)
{
	return h->w.trace;
}

uint64_t
simhost_events(const struct simhost *h)
{
	return simnet_events(h->w.net);
}

sp_time
simhost_time(const struct simhost *h)
{
	return world_now(&h->w) - SIM_START;
}
