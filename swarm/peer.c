#include "swarm/peer.h"

#define PLAIN_MAX  (1024 * 1024)
#define HS_MAX     1024
#define RATE_SPAN  (3 * SP_S)
#define BLOCK      16384
#define ENV_RATE   (32 * 1024) /* bytes per second, beyond a window's records */
#define ENV_BURST  (1024 * 1024)
#define PEX_RATE   2  /* addresses per second, beyond one full message */
#define TREE_RATE  32 /* messages of trees per second: 16 stripes, twice */
#define TREE_BURST 128

void
peer_init(struct peer *p, const struct sp_mem *mem, uint32_t conn,
    const struct sp_addr *addr, bool outgoing, sp_time now)
{
	memset(p, 0, sizeof(*p));
	p->used = true;
	p->conn = conn;
	p->addr = *addr;
	p->outgoing = outgoing;
	p->am_choking = p->is_choking = true;
	p->opened_at = p->recv_at = p->sent_at = now;
	ratelim_init(&p->env_out, ENV_RATE, ENV_BURST, now);
	ratelim_init(&p->pex_in, PEX_RATE, LIM_PEX_PEERS, now);
	ratelim_init(&p->tree_in, TREE_RATE, TREE_BURST, now);
	buf_init(&p->plain, mem, PLAIN_MAX);
	buf_init(&p->hs, mem, HS_MAX);
	havemap_init(&p->have, mem);
	upload_init(&p->up, mem);
}

void
peer_fini(struct peer *p)
{
	mem_free(p->plain.mem, p->req);
	secure_free(p->link);
	buf_fini(&p->plain);
	buf_fini(&p->hs);
	havemap_fini(&p->have);
	upload_fini(&p->up);
	memset(p, 0, sizeof(*p));
}

void
peer_out(struct peer *p, size_t len, sp_time now)
{
	if (p->unsent == 0) {
		p->mark = len;
		p->mark_at = now;
		p->timed = len >= LIM_BLOCK / 2;
	}
	p->unsent += len;
}

bool
peer_left(struct peer *p, size_t len, sp_time now, sp_time *took)
{
	bool timed = p->timed;

	len = SP_MIN(len, p->unsent);
	p->unsent -= len;
	if (len < p->mark) {
		p->mark -= len;
		return false;
	}
	*took = now - p->mark_at;
	p->timed = false;
	p->mark = p->unsent;
	p->mark_at = now;
	return timed;
}

bool
peer_is_slow(const struct peer *p, sp_time now)
{
	return p->unsent > 0 && now - p->mark_at > PEER_SLOW;
}

uint64_t
peer_rate(const struct peer *p)
{
	uint64_t best = SP_MAX(p->rate_best[0], p->rate_best[1]);

	return best == 0 ? PEER_RATE_START : SP_MAX(best / 10 * 9, 1000);
}

uint32_t
peer_pipeline(const struct peer *p)
{
	uint64_t ms = (uint64_t)(p->srtt / SP_MS) + 100;
	uint64_t n = peer_rate(p) * ms / 1000 / BLOCK + 1;

	return (uint32_t)SP_CLAMP(n, PEER_PIPE_MIN, PEER_PIPE_MAX);
}

uint32_t
peer_room(const struct peer *p, sp_time now)
{
	uint32_t pipe = peer_pipeline(p);

	/* whether it is still busy, one request tells as well as many */
	if (p->rejects_row > 0)
		pipe = 1;
	if (!p->established || p->closing || p->is_choking ||
	    now < p->alone_until || p->n_req >= pipe)
		return 0;
	return pipe - p->n_req;
}

bool
peer_is_credible(const struct peer *p)
{
	return p->timeouts + p->rejects / 8 <= p->blocks_ok + 1;
}

void
peer_amnesty(struct peer *p)
{
	p->timeouts = p->timeouts_row = 0;
	p->rejects = p->rejects_row = 0;
	p->alone_until = 0;
}

bool
peer_is_barren(const struct peer *p)
{
	return p->blocks_ok == 0 && p->timeouts >= PEER_BARREN;
}

sp_time
peer_timeout(const struct peer *p)
{
	sp_time t = PEER_TIMEOUT_0;
	uint32_t i;

	if (p->fetch != 0)
		t = SP_MAX(p->fetch + 4 * p->fetch_var, PEER_TIMEOUT_MIN);
	/* what was asked before comes first */
	t += (sp_time)((uint64_t)p->req_bytes * 1000 / peer_rate(p)) * SP_MS;
	for (i = 0; i < SP_MIN(p->timeouts_row, 4); i++)
		t += t / 2;
	return SP_MIN(t, 8 * SP_S);
}

int
peer_request(struct peer *p, const struct pw_block_ref *ref, uint32_t len,
    bool hedge, sp_time now)
{
	struct peer_request *v;
	uint32_t cap;

	if (p->n_req >= PEER_PIPE_MAX)
		return SP_ERR_FULL;
	if (p->n_req == p->cap_req) {
		cap = p->cap_req == 0 ? 4 : p->cap_req * 2;
		v = mem_resize(p->plain.mem, p->req, cap, sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		p->req = v;
		p->cap_req = cap;
	}
	p->req[p->n_req++] = (struct peer_request){ *ref, len, now,
		now + peer_timeout(p), hedge };
	p->req_bytes += len;
	return 0;
}

int
peer_request_find(const struct peer *p, const struct pw_block_ref *ref)
{
	const struct pw_block_ref *r;
	uint32_t i;

	for (i = 0; i < p->n_req; i++) {
		r = &p->req[i].ref;
		if (r->number == ref->number && r->index == ref->index &&
		    r->track == ref->track)
			return (int)i;
	}
	return -1;
}

void
peer_request_del(struct peer *p, uint32_t index)
{
	p->req_bytes -= p->req[index].len;
	p->n_req--;
	memmove(&p->req[index], &p->req[index + 1],
	    (p->n_req - index) * sizeof(p->req[0]));
}

/* One delivery-rate sample into the max filter of two spans. */
static void
rate_sample(struct peer *p, uint64_t bytes, sp_time span, sp_time now)
{
	uint64_t rate = bytes * 1000000 / (uint64_t)SP_MAX(span / SP_US, 1);

	if (now - p->rate_span > RATE_SPAN) {
		p->rate_best[1] = p->rate_best[0];
		p->rate_best[0] = 0;
		p->rate_span = now;
	}
	p->rate_best[0] = SP_MAX(p->rate_best[0], rate);
}

void
peer_request_done(struct peer *p, uint32_t index, sp_time now)
{
	const struct peer_request *r = &p->req[index];
	sp_time took = now - r->sent_at, err;

	if (p->fetch == 0) {
		p->fetch = took;
		p->fetch_var = took / 2;
	} else {
		err = took > p->fetch ? took - p->fetch : p->fetch - took;
		p->fetch_var += (err - p->fetch_var) / 4;
		p->fetch += (took - p->fetch) / 8;
	}
	/* a millisecond of floor: blocks read at once say nothing of a rate */
	rate_sample(p, r->len,
	    SP_MAX(now - SP_MAX(r->sent_at, p->block_at), SP_MS), now);
	p->block_at = now;
	p->timeouts_row = p->rejects_row = 0;
	p->blocks_ok++;
	peer_request_del(p, index);
}

/* Who never delivers is tried again, less and less often. */
static sp_time
pause(const struct peer *p)
{
	if (peer_is_credible(p))
		return PEER_ALONE;
	return PEER_SHUNNED
	       << (peer_is_barren(p) ? SP_MIN(p->timeouts - PEER_BARREN, 4)
				     : 0);
}

void
peer_request_late(struct peer *p, uint32_t index, sp_time now)
{
	p->timeouts++;
	if (++p->timeouts_row >= 2)
		p->alone_until = now + pause(p);
	p->rate_best[0] /= 2;
	p->rate_best[1] /= 2;
	peer_request_del(p, index);
}

void
peer_rejected(struct peer *p, sp_time now)
{
	sp_time wait = PEER_BUSY << SP_MIN(p->rejects_row, 3);

	/* what was asked at the same time tells nothing more */
	if (now < p->alone_until)
		return;
	p->rejects_row++;
	p->alone_until = now + wait;
}

void
peer_rtt(struct peer *p, sp_time sample)
{
	if (p->srtt == 0)
		p->srtt = p->rtt_least = sample;
	p->srtt += (sample - p->srtt) / 8;
	p->rtt_least = sample < p->rtt_least
			   ? sample
			   : p->rtt_least + (sample - p->rtt_least) / 64;
}
