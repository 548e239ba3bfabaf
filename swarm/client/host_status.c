#include "swarm/client/host_status.h"

static json_int_t
num(uint64_t v)
{
	return (json_int_t)v;
}

json_t *
host_status_dht(struct mesh_host *h)
{
	struct mesh_host_dht d;

	if (!mesh_host_dht(h, &d))
		return json_null();
	return json_pack("{sb si si sI sI sI sI sI sI sI sI}", "ready", d.ready,
	    "port", (int)d.port, "nodes", (int)d.nodes, "searches",
	    num(d.searches), "peers", num(d.peers), "announces",
	    num(d.announces), "head_seq", (json_int_t)d.head_seq, "heads",
	    num(d.heads), "heads_refused", num(d.refused), "puts", num(d.puts),
	    "stored", num(d.stored));
}

json_t *
host_status_reach(struct mesh_host *h)
{
	char text[ADDR_STRLEN];
	struct mesh_host_reach r;
	bool known;

	if (!mesh_host_reach(h, &r))
		return json_null();
	known = r.outside.family != 0;
	return json_pack("{sb ss si ss ss?}", "mapped", r.mapped, "by", r.by,
	    "port", (int)r.port, "why", r.why, "outside",
	    known ? addr_ip_str(&r.outside, text) : NULL);
}

json_t *
host_status_lsd(struct mesh_host *h)
{
	struct mesh_host_lsd l;

	if (!mesh_host_lsd(h, &l))
		return json_null();
	return json_pack("{si sI sI sI sI}", "networks", (int)l.networks,
	    "said", num(l.said), "heard", num(l.heard), "peers", num(l.peers),
	    "foreign", num(l.foreign));
}
