#include "tools/probe.h"

const char *
probe_reach_name(enum probe_reach r)
{
	static const char *const names[] = {
		[PROBE_REACH_YES] = "yes",
		[PROBE_REACH_PROBABLY] = "probably",
		[PROBE_REACH_UNKNOWN] = "unknown",
		[PROBE_REACH_NO] = "no",
	};

	return names[r];
}

bool
probe_is_ours(const struct probe_facts *f, const struct sp_addr *a)
{
	for (size_t i = 0; i < f->n_ifaces; i++)
		if (addr_ip_eq(&f->ifaces[i].addr, a))
			return true;
	return false;
}

/* ---- the outside address ---- */

/* What others say; with |near| of our own network too. */
static struct sp_addr
seen(const struct probe_facts *f, bool near)
{
	struct sp_addr v[PROBE_TRACKERS + 2], none = { .family = 0 };
	size_t n = 0;

	for (size_t i = 0; i < f->n_trackers; i++)
		v[n++] = f->trackers[i].outside;
	v[n++] = f->dht.found;
	v[n++] = f->dht.seen;
	for (size_t i = 0; i < n; i++)
		if (v[i].family != 0 && (near || !addr_is_private(&v[i])))
			return v[i];
	return none;
}

static struct sp_addr
public_of_ours(const struct probe_facts *f)
{
	struct sp_addr none = { .family = 0 };

	for (size_t i = 0; i < SP_LEN(f->route); i++)
		if (f->route[i].family != 0 && !addr_is_private(&f->route[i]))
			return f->route[i];
	return none;
}

static void
find_outside(struct probe_verdict *v, const struct probe_facts *f)
{
	/* a gateway may itself be behind another one */
	v->outside = seen(f, false);
	if (v->outside.family == 0 && f->gateway.mapped)
		v->outside = f->gateway.outside;
	if (v->outside.family == 0)
		v->outside = public_of_ours(f);
	if (v->outside.family == 0)
		v->outside = seen(f, true);
	v->outside.port = 0;
	v->nat = v->outside.family != 0 && !probe_is_ours(f, &v->outside);
	if (v->outside.family != 0)
		v->outside.port =
		    v->nat && f->gateway.mapped ? f->gateway.port : f->port;
}

/* ---- whether somebody can connect ---- */

/* The gateway has another one before it. */
static bool
is_behind_two(const struct probe_verdict *v, const struct probe_facts *f)
{
	const struct sp_addr *g = &f->gateway.outside;

	return g->family != 0 &&
	       (addr_is_private(g) || (v->outside.family == g->family &&
					  !addr_ip_eq(&v->outside, g)));
}

static void
reach(struct probe_verdict *v, enum probe_reach r, const char *why)
{
	v->reach = r;
	v->why = why;
}

static void
judge_reach(struct probe_verdict *v, const struct probe_facts *f)
{
	if (f->n_callers > 0)
		reach(v, PROBE_REACH_YES, "somebody outside has connected");
	else if (f->hairpin && !is_behind_two(v, f))
		reach(v, PROBE_REACH_YES,
		    "the way through the gateway leads to us");
	else if (f->route[0].family == 0 && f->route[1].family == 0)
		reach(v, PROBE_REACH_NO, "no way leads out of this network");
	else if (v->outside.family == 0)
		reach(v, PROBE_REACH_UNKNOWN, "nobody could tell our address");
	else if (addr_is_private(&v->outside))
		reach(v, PROBE_REACH_UNKNOWN,
		    "nobody outside of this network has told our address");
	else if (!v->nat)
		reach(v, PROBE_REACH_PROBABLY,
		    "our address is public, unless a firewall is there");
	else if (f->gateway.mapped && is_behind_two(v, f))
		reach(v, PROBE_REACH_NO,
		    "the gateway that maps the port is behind another one");
	else if (f->gateway.mapped)
		reach(v, PROBE_REACH_PROBABLY, "the gateway maps the port");
	else
		reach(v, PROBE_REACH_NO,
		    "we are behind a gateway, and it maps no port");
}

/* ---- problems ---- */

static void __attribute__((format(printf, 2, 3)))
problem(struct probe_verdict *v, const char *fmt, ...)
{
	va_list ap;

	if (v->n_problems == PROBE_PROBLEMS)
		return;
	va_start(ap, fmt);
	vsnprintf(v->problem[v->n_problems++], sizeof(v->problem[0]), fmt, ap);
	va_end(ap);
}

static void
judge_dht(struct probe_verdict *v, const struct probe_facts *f)
{
	const struct probe_dht *d = &f->dht;

	if (!d->asked)
		return;
	if (d->why[0] != '\0')
		problem(v, "dht: %s", d->why);
	else if (d->nodes == 0)
		problem(v, "dht: no node answers by UDP");
	else if (d->found.family == 0)
		problem(v, "dht: what we announced is not found");
}

static void
judge_origin(struct probe_verdict *v, const struct probe_origin *o)
{
	if (!o->asked)
		return;
	if (!o->ok)
		problem(v, "origin: %s", o->why);
	else if (!o->range)
		problem(v, "origin: ignores Range: who needs a part of a "
			   "segment gets all of it");
}

void
probe_judge(struct probe_verdict *v, const struct probe_facts *f)
{
	memset(v, 0, sizeof(*v));
	find_outside(v, f);
	judge_reach(v, f);
	if (v->reach >= PROBE_REACH_UNKNOWN)
		problem(v, "reachable: %s", v->why);
	if (f->lsd.asked && !f->lsd.back)
		problem(v, f->lsd.networks == 0
			       ? "multicast: there is no network for it"
			       : "multicast: what we say does not come back");
	judge_dht(v, f);
	for (size_t i = 0; i < f->n_trackers; i++)
		if (!f->trackers[i].ok)
			problem(v, "tracker: %.80s: %.60s", f->trackers[i].url,
			    f->trackers[i].why);
	judge_origin(v, &f->origin);
}
