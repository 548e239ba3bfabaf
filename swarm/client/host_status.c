#include "swarm/client/host_status.h"

enum part {
	DHT,
	REACH,
	LSD,
	PARTS,
};

enum kind {
	U64,  /* uint64_t */
	U32,  /* uint32_t, unsigned */
	U16,  /* uint16_t */
	FLAG, /* bool */
};

struct figures {
	bool on[PARTS];
	struct mesh_host_dht dht;
	struct mesh_host_reach reach;
	struct mesh_host_lsd lsd;
};

/* A metric whose name ends in "_total" is a counter for monitors. */
struct row {
	enum part part;
	const char *name;   /* in JSON */
	const char *metric; /* after "spate_" */
	enum kind kind;
	size_t at; /* in struct figures */
	const char *help;
};

#define AT(f) offsetof(struct figures, f)

static const struct row rows[] = {
	{ DHT, "ready", "dht_ready", FLAG, AT(dht.ready),
	    "Nodes of the DHT have been found" },
	{ DHT, "port", "dht_port", U16, AT(dht.port), "UDP port of the DHT" },
	{ DHT, "nodes", "dht_nodes", U32, AT(dht.nodes),
	    "Nodes of the DHT that are known" },
	{ DHT, "searches", "dht_searches_total", U64, AT(dht.searches),
	    "Searches for peers in the DHT" },
	{ DHT, "peers", "dht_peers_total", U64, AT(dht.peers),
	    "Peers that searches in the DHT brought" },
	{ DHT, "announces", "dht_announces_total", U64, AT(dht.announces),
	    "Announces in the DHT" },
	{ DHT, "head_seq", "dht_head_seq", U64, AT(dht.head_seq),
	    "When the head that is held was signed, ms since 1970; 0 none" },
	{ DHT, "heads", "dht_heads_total", U64, AT(dht.heads),
	    "Heads of the channel that came from the DHT" },
	{ DHT, "heads_refused", "dht_heads_refused_total", U64, AT(dht.refused),
	    "Heads from the DHT that were not right" },
	{ DHT, "puts", "dht_puts_total", U64, AT(dht.puts),
	    "Times that the head was put into the DHT" },
	{ DHT, "stored", "dht_head_nodes", U32, AT(dht.stored),
	    "Nodes that took the head the last time" },
	{ DHT, "bytes_in", "dht_receive_bytes_total", U64, AT(dht.bytes_in),
	    "Bytes received by the DHT" },
	{ DHT, "bytes_out", "dht_send_bytes_total", U64, AT(dht.bytes_out),
	    "Bytes sent by the DHT" },
	{ REACH, "mapped", "port_mapped", FLAG, AT(reach.mapped),
	    "A gateway maps our port" },
	{ REACH, "port", "port_mapped_port", U16, AT(reach.port),
	    "The port of the gateway" },
	{ LSD, "networks", "lsd_networks", U32, AT(lsd.networks),
	    "Networks that were told of us the last time" },
	{ LSD, "said", "lsd_announces_total", U64, AT(lsd.said),
	    "Times that the local network was told of us" },
	{ LSD, "heard", "lsd_heard_total", U64, AT(lsd.heard),
	    "Times that a peer of the channel was heard there" },
	{ LSD, "peers", "lsd_peers_total", U64, AT(lsd.peers),
	    "Peers of the channel found on the local network" },
	{ LSD, "foreign", "lsd_foreign_total", U64, AT(lsd.foreign),
	    "Times that others were heard there" },
};

static void
take(struct figures *f, struct mesh_host *h)
{
	f->on[DHT] = mesh_host_dht(h, &f->dht);
	f->on[REACH] = mesh_host_reach(h, &f->reach);
	f->on[LSD] = mesh_host_lsd(h, &f->lsd);
}

static uint64_t
value(const struct row *r, const struct figures *f)
{
	const uint8_t *p = (const uint8_t *)f + r->at;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (r->kind) {
	case U64:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	case U32:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	case U16:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case FLAG:
		return *(const bool *)p;
	}
	return 0;
}

/* ---- JSON ---- */

static json_t *
object(const struct figures *f, enum part part)
{
	json_t *o;

	if (!f->on[part])
		return json_null();
	o = json_object();
	for (size_t i = 0; i < SP_LEN(rows); i++)
		if (rows[i].part == part)
			json_object_set_new(o, rows[i].name,
			    rows[i].kind == FLAG
				? json_boolean(value(&rows[i], f) != 0)
				: json_integer((json_int_t)value(&rows[i], f)));
	return o;
}

json_t *
host_status_dht(struct mesh_host *h)
{
	struct figures f;

	take(&f, h);
	return object(&f, DHT);
}

json_t *
host_status_reach(struct mesh_host *h)
{
	char text[ADDR_STRLEN];
	struct figures f;
	json_t *o;

	take(&f, h);
	o = object(&f, REACH);
	if (!f.on[REACH])
		return o;
	json_object_set_new(o, "by", json_string(f.reach.by));
	json_object_set_new(o, "why", json_string(f.reach.why));
	json_object_set_new(o, "outside",
	    f.reach.outside.family != 0
		? json_string(addr_ip_str(&f.reach.outside, text))
		: json_null());
	return o;
}

json_t *
host_status_lsd(struct mesh_host *h)
{
	struct figures f;

	take(&f, h);
	return object(&f, LSD);
}

/* ---- metrics ---- */

static bool
is_counter(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, "_total") == 0;
}

static void
put_metric(struct sp_buf *b, const struct row *r, const struct figures *f)
{
	const char *const parts[] = { "# HELP spate_", r->metric, " ", r->help,
		"\n# TYPE spate_", r->metric,
		is_counter(r->metric) ? " counter\nspate_" : " gauge\nspate_",
		r->metric, " " };

	for (size_t i = 0; i < SP_LEN(parts); i++)
		buf_put_str(b, parts[i]);
	buf_put_dec(b, (int64_t)value(r, f));
	buf_put_u8(b, '\n');
}

int
host_status_metrics(struct sp_buf *b, struct mesh_host *h)
{
	struct figures f;

	take(&f, h);
	for (size_t i = 0; i < SP_LEN(rows); i++)
		if (f.on[rows[i].part])
			put_metric(b, &rows[i], &f);
	return b->err;
}
