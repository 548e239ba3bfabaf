#include "tracker/figures.h"

#include "base/map.h"

#define RATE_USUAL 4000 /* kbit/s */
#define TIMES      4    /* the rate that a viewer is believed to get */
#define AHEAD_S    30   /* and so much beside, for who begins */
#define SWEEP      (10 * SP_S)
#define CODES      256
/* Divided by the lags of a report, whatever their number. */
#define WEIGHT 720720

struct sample {
	sp_time at;
	uint64_t net; /* hash; 0: not counted by network */
	uint32_t peer_kib, origin_kib, up_kib, startup_ms;
	uint16_t span_s;
	uint8_t n;
	uint8_t lags[LIM_LAGS];
};

struct channel {
	struct map *samples; /* uint64_t -> struct sample */
	unsigned thin;       /* viewers are heard of 2^thin, by hash */
	uint64_t stalls, stalled_ms;
	sp_time told;
};

struct figures {
	const struct sp_mem *mem;
	struct map *chans; /* info-hash -> struct channel * */
	uint64_t seed;
	uint64_t n; /* samples */
	sp_time swept;
};

int
figures_new(struct figures **out, const struct sp_mem *mem,
    uint32_t max_channels, uint64_t seed)
{
	struct figures *f = mem_zalloc(mem, 1, sizeof(*f));
	int r;

	*out = NULL;
	if (f == NULL)
		return SP_ERR_NOMEM;
	f->mem = mem;
	f->seed = seed;
	r = map_new(&f->chans, mem, LINK_INFOHASH_LEN, sizeof(struct channel *),
	    max_channels, seed);
	if (r < 0) {
		mem_free(mem, f);
		return r;
	}
	*out = f;
	return 0;
}

static void
chan_free(struct figures *f, struct channel *c)
{
	if (c->samples != NULL)
		f->n -= map_len(c->samples);
	map_free(c->samples);
	mem_free(f->mem, c);
}

void
figures_free(struct figures *f)
{
	size_t it = 0;
	void *v;

	if (f == NULL)
		return;
	while (map_next(f->chans, &it, &v) != NULL)
		chan_free(f, *(struct channel **)v);
	map_free(f->chans);
	mem_free(f->mem, f);
}

static struct channel *
chan_get(const struct figures *f, const uint8_t *info_hash)
{
	struct channel **v = map_get(f->chans, info_hash);

	return v == NULL ? NULL : *v;
}

static int
chan_add(struct figures *f, const uint8_t *info_hash, struct channel **out)
{
	struct channel *c = mem_zalloc(f->mem, 1, sizeof(*c)), **v;
	int r;

	if (c == NULL)
		return SP_ERR_NOMEM;
	r = map_new(&c->samples, f->mem, sizeof(uint64_t),
	    sizeof(struct sample), FIGURES_REPORTS, f->seed);
	if (r == 0) {
		v = map_put(f->chans, info_hash, NULL, &r);
		if (v != NULL) {
			*v = *out = c;
			return 0;
		}
	}
	chan_free(f, c);
	return r;
}

/* ---- taking -------------------------------------------------------------- */

static void
expire(struct figures *f, struct channel *c, sp_time now)
{
	const void *key;
	size_t it = 0;
	void *v;

	while ((key = map_next(c->samples, &it, &v)) != NULL) {
		if (now - ((struct sample *)v)->at < FIGURES_KEEP)
			continue;
		map_del(c->samples, key);
		f->n--;
	}
	/* Few are left: all may speak again. */
	while (c->thin > 0 && map_len(c->samples) < FIGURES_REPORTS / 4)
		c->thin--;
}

/* Whether its viewer is of the part that is heard. */
static bool
is_heard(const struct channel *c, uint64_t id)
{
	return (id & ((UINT64_C(1) << c->thin) - 1)) == 0;
}

static void
thin_out(struct figures *f, struct channel *c)
{
	const uint64_t *id;
	size_t it = 0;

	c->thin++;
	while ((id = map_next(c->samples, &it, NULL)) != NULL) {
		if (is_heard(c, *id))
			continue;
		map_del(c->samples, id);
		f->n--;
	}
}

static bool
net_is_full(const struct channel *c, uint64_t net)
{
	size_t n = 0, it = 0;
	void *v;

	while (map_next(c->samples, &it, &v) != NULL)
		n += ((struct sample *)v)->net == net;
	return n >= SP_MAX(map_len(c->samples) / 8, (size_t)FIGURES_NET);
}

static uint64_t
net_of(const struct figures *f, const struct sp_addr *a)
{
	if (addr_is_private(a))
		return 0;
	return map_siphash(f->seed, a->family, a->ip, a->family == 6 ? 6 : 3) |
	       1;
}

/* A place for who has none; SP_ERR_DENIED, SP_ERR_FULL, SP_ERR_NOMEM. */
static int
sample_add(struct figures *f, struct channel *c, uint64_t id, uint64_t net,
    struct sample **out, sp_time now)
{
	int r;

	if (map_len(c->samples) == FIGURES_REPORTS)
		expire(f, c, now);
	while (map_len(c->samples) == FIGURES_REPORTS)
		thin_out(f, c);
	if (!is_heard(c, id) || f->n >= FIGURES_ALL)
		return SP_ERR_FULL;
	if (net != 0 && net_is_full(c, net))
		return SP_ERR_DENIED;
	*out = map_put(c->samples, &id, NULL, &r);
	if (*out == NULL)
		return r;
	f->n++;
	return 0;
}

/* Bytes are cut to what may be true. */
static void
sample_fill(struct sample *s, const struct figures_chan *ch,
    const struct telemetry *t, uint64_t net, sp_time now)
{
	uint64_t kbps = ch->rate_kbps == 0 ? RATE_USUAL : ch->rate_kbps;
	uint64_t most = kbps * 1000 / 8 * (TIMES * t->span_s + AHEAD_S) / 1024;
	uint64_t in = (uint64_t)t->peer_kib + t->origin_kib;

	most = SP_MIN(most, (uint64_t)UINT32_MAX);
	*s = (struct sample){
		.at = now,
		.net = net,
		.peer_kib = t->peer_kib,
		.origin_kib = t->origin_kib,
		/* a viewer may give to many */
		.up_kib = (uint32_t)SP_MIN(t->up_kib, 16 * most),
		.startup_ms = t->startup_ms,
		.span_s = t->span_s,
		.n = t->n,
	};
	if (in > most) {
		s->peer_kib = (uint32_t)(t->peer_kib * most / in);
		s->origin_kib = (uint32_t)(t->origin_kib * most / in);
	}
	memcpy(s->lags, t->lags, t->n);
}

static uint64_t
viewer_id(const struct figures *f, const struct telemetry *t,
    const struct sp_addr *from)
{
	struct {
		uint8_t peer_id[LINK_PEERID_LEN];
		uint8_t ip[16];
	} k;

	memcpy(k.peer_id, t->peer_id, sizeof(k.peer_id));
	memcpy(k.ip, from->ip, sizeof(k.ip));
	return map_siphash(f->seed, (uint64_t)from->family << 16 | t->port, &k,
	    sizeof(k));
}

int
figures_take(struct figures *f, const struct figures_chan *ch,
    const struct telemetry *t, const struct sp_addr *from, sp_time now)
{
	uint64_t id = viewer_id(f, t, from), net = net_of(f, from);
	struct channel *c = chan_get(f, ch->info_hash);
	struct sample *s;
	int r;

	if (c == NULL && (r = chan_add(f, ch->info_hash, &c)) < 0)
		return r;
	c->told = now;
	s = map_get(c->samples, &id);
	if (s != NULL && now - s->at < FIGURES_GAP)
		return SP_ERR_STALE;
	if (s == NULL && (r = sample_add(f, c, id, net, &s, now)) < 0)
		return r;
	sample_fill(s, ch, t, net, now);
	c->stalls += (uint64_t)SP_MIN(t->stalls, FIGURES_STALLS) << c->thin;
	c->stalled_ms += SP_MIN((uint64_t)t->stalled_ms, t->span_s * 1000ul)
			 << c->thin;
	return 0;
}

/* ---- telling ------------------------------------------------------------- */

struct sums {
	uint64_t peer_kib, origin_kib, up_kib, span_s;
	uint64_t weights[CODES], weight;
	uint32_t starts[CODES], n_starts;
};

static void
sums_add(struct sums *t, const struct sample *s)
{
	t->peer_kib += s->peer_kib;
	t->origin_kib += s->origin_kib;
	t->up_kib += s->up_kib;
	t->span_s += s->span_s;
	for (size_t i = 0; i < s->n; i++)
		t->weights[s->lags[i]] += WEIGHT / s->n;
	t->weight += s->n > 0 ? WEIGHT / s->n * s->n : 0;
	if (s->startup_ms > 0) {
		t->starts[telemetry_lag_code(s->startup_ms)]++;
		t->n_starts++;
	}
}

/* The code that |part| of 100 parts of the weight are at or below. */
static uint8_t
lag_at(const struct sums *t, unsigned part)
{
	uint64_t want = (t->weight * part + 99) / 100, below = 0;
	unsigned i;

	for (i = 0; i < CODES - 1; i++) {
		below += t->weights[i];
		if (below >= want)
			break;
	}
	return (uint8_t)i;
}

static uint32_t
start_median(const struct sums *t)
{
	uint32_t below = 0;
	unsigned i;

	if (t->n_starts == 0)
		return 0;
	for (i = 0; i < CODES - 1; i++) {
		below += t->starts[i];
		if (2 * below >= t->n_starts)
			break;
	}
	return telemetry_lag_ms((uint8_t)i);
}

/* So much times 2^10, times all viewers, fits. */
#define BPS_MAX (UINT64_C(1) << 36)

/* Bits per second of a viewer: who told of a longer time counts for more. */
static uint64_t
each_bps(const struct sums *t, uint64_t kib)
{
	return SP_MIN(kib * 8192 / t->span_s, BPS_MAX);
}

static void
tell(const struct sums *t, const struct figures_chan *ch,
    struct figures_told *out)
{
	static const unsigned parts[] = { 50, 90, 99 };
	uint64_t kib = t->peer_kib + t->origin_kib;

	out->viewers = SP_MAX(out->viewers, out->reports);
	if (kib > 0)
		out->offload_ppm = (uint32_t)(t->peer_kib * 1000000 / kib);
	if (ch->rate_kbps > 0)
		out->copies_ppm = each_bps(t, t->origin_kib) * 1000 /
				  ch->rate_kbps * out->viewers;
	out->up_kbps = each_bps(t, t->up_kib) / 1000 * out->viewers;
	out->has_lag = t->weight > 0;
	for (size_t i = 0; out->has_lag && i < SP_LEN(parts); i++)
		out->lag_ms[i] = telemetry_lag_ms(lag_at(t, parts[i]));
	out->startup_ms = start_median(t);
}

void
figures_get(const struct figures *f, const struct figures_chan *ch,
    struct figures_told *out, sp_time now)
{
	const struct channel *c = chan_get(f, ch->info_hash);
	struct sums t = { 0 };
	size_t it = 0;
	void *v;

	memset(out, 0, sizeof(*out));
	out->viewers = ch->viewers;
	if (c == NULL)
		return;
	while (map_next(c->samples, &it, &v) != NULL) {
		if (now - ((struct sample *)v)->at >= FIGURES_KEEP)
			continue;
		sums_add(&t, v);
		out->reports++;
	}
	if (out->reports > 0)
		tell(&t, ch, out);
	out->reports <<= c->thin;
	out->stalls = c->stalls;
	out->stalled_ms = c->stalled_ms;
}

/* ---- the rest ------------------------------------------------------------ */

void
figures_tick(struct figures *f, sp_time now)
{
	struct channel *c;
	const void *key;
	size_t it = 0;
	void *v;

	if (now - f->swept < SWEEP)
		return;
	f->swept = now;
	while ((key = map_next(f->chans, &it, &v)) != NULL) {
		c = *(struct channel **)v;
		expire(f, c, now);
		if (now - c->told < FIGURES_IDLE)
			continue;
		map_del(f->chans, key);
		chan_free(f, c);
	}
}

uint64_t
figures_len(const struct figures *f)
{
	return f->n;
}

bool
figures_are_sound(const struct figures *f)
{
	const struct channel *c;
	const struct sample *s;
	size_t it = 0, at;
	const uint64_t *id;
	uint64_t n = 0;
	void *v;

	while (map_next(f->chans, &it, &v) != NULL) {
		c = *(struct channel **)v;
		n += map_len(c->samples);
		for (at = 0; (id = map_next(c->samples, &at, &v)) != NULL;) {
			s = v;
			if (!is_heard(c, *id) || s->span_s == 0 ||
			    s->n > LIM_LAGS)
				return false;
		}
	}
	return n == f->n && n <= FIGURES_ALL;
}
