#include <jansson.h>

#include "tools/probe.h"

/* ---- for people ---- */

static void __attribute__((format(printf, 3, 4)))
line(struct sp_buf *b, const char *what, const char *fmt, ...)
{
	char text[2 * LIM_URI + 512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_put_str(b, what);
	for (size_t n = strlen(what); n < 12; n++)
		buf_put_u8(b, ' ');
	buf_put_str(b, text);
	buf_put_u8(b, '\n');
}

static void
text_interfaces(struct sp_buf *b, const struct probe_facts *f)
{
	char a[ADDR_STRLEN], c[ADDR_STRLEN];

	for (size_t i = 0; i < f->n_ifaces; i++)
		line(b, i == 0 ? "interfaces" : "", "%s %s", f->ifaces[i].name,
		    addr_ip_str(&f->ifaces[i].addr, a));
	line(b, "way out", "IPv4 %s, IPv6 %s",
	    f->route[0].family != 0 ? addr_ip_str(&f->route[0], a) : "none",
	    f->route[1].family != 0 ? addr_ip_str(&f->route[1], c) : "none");
}

static void
text_gateway(struct sp_buf *b, const struct probe_facts *f)
{
	const struct probe_gateway *g = &f->gateway;
	char a[ADDR_STRLEN];

	if (!g->asked)
		line(b, "gateway", "not asked");
	else if (!g->mapped)
		line(b, "gateway", "maps no port: %s", g->why);
	else
		line(b, "gateway", "%s: %s port %u is our port %u", g->by,
		    g->outside.family != 0 ? addr_ip_str(&g->outside, a)
					   : "its",
		    g->port, f->port);
	if (f->hairpin_tried)
		line(b, "",
		    f->hairpin ? "through it we reach ourselves"
			       : "through it we do not reach ourselves, "
				 "which need not mean much");
}

static void
text_dht(struct sp_buf *b, const struct probe_dht *d)
{
	char a[ADDR_STRLEN];

	if (!d->asked)
		line(b, "dht", "not asked");
	else if (d->why[0] != '\0')
		line(b, "dht", "%s", d->why);
	else if (d->nodes == 0)
		line(b, "dht", "no node answers");
	else
		line(b, "dht", "%u nodes; %s%s", (unsigned)d->nodes,
		    d->found.family != 0 ? "announced, and found as "
					 : "announced, and not found",
		    d->found.family != 0 ? addr_str(&d->found, a) : "");
	if (d->seen.family != 0)
		line(b, "", "nodes see us as %s", addr_ip_str(&d->seen, a));
}

static void
text_tracker(struct sp_buf *b, const struct probe_tracker *t)
{
	static const char *const udp[] = {
		[PROBE_UDP_UNKNOWN] = "not asked by UDP",
		[PROBE_UDP_SILENT] = "no answer by UDP",
		[PROBE_UDP_ANSWERS] = "answers by UDP too",
	};
	char a[ADDR_STRLEN];

	line(b, "tracker", "%s", t->url);
	if (!t->ok) {
		line(b, "", "%s", t->why);
	} else {
		line(b, "",
		    "answers in %u ms: %u seeders, %u viewers; sees us as %s",
		    (unsigned)t->ms, (unsigned)t->complete,
		    (unsigned)t->incomplete,
		    t->outside.family != 0 ? addr_ip_str(&t->outside, a) : "?");
	}
	line(b, "", "%s", udp[t->udp]);
}

static void
text_origin(struct sp_buf *b, const struct probe_origin *o)
{
	if (!o->asked)
		return;
	line(b, "origin", "%s", o->url[0] != '\0' ? o->url : "?");
	if (!o->ok) {
		line(b, "", "%s", o->why);
		return;
	}
	line(b, "", "answers in %u ms, %s", (unsigned)o->ms,
	    o->range ? "with Range" : "and ignores Range");
	if (o->has_clock)
		line(b, "", "its clock is %lld s %s",
		    (long long)((o->clock_ms < 0 ? -o->clock_ms : o->clock_ms) /
				1000),
		    o->clock_ms < 0 ? "behind" : "ahead");
}

void
probe_print_text(struct sp_buf *b, const struct probe_facts *f,
    const struct probe_verdict *v)
{
	char a[ADDR_STRLEN];

	text_interfaces(b, f);
	if (f->lsd.asked)
		line(b, "multicast",
		    "%s on %u networks; %u datagrams of others",
		    f->lsd.back ? "works" : "does not come back",
		    f->lsd.networks, f->lsd.heard);
	else
		line(b, "multicast", "not asked");
	text_gateway(b, f);
	text_dht(b, &f->dht);
	for (size_t i = 0; i < f->n_trackers; i++)
		text_tracker(b, &f->trackers[i]);
	text_origin(b, &f->origin);
	for (size_t i = 0; i < f->n_callers; i++)
		line(b, i == 0 ? "connected" : "", "%s",
		    addr_str(&f->callers[i], a));
	line(b, "outside", "%s%s",
	    v->outside.family != 0 ? addr_str(&v->outside, a) : "not known",
	    v->nat ? ", behind a gateway" : "");
	line(b, "reachable", "%s: %s", probe_reach_name(v->reach), v->why);
	for (size_t i = 0; i < v->n_problems; i++)
		line(b, "problem", "%s", v->problem[i]);
}

/* ---- for programs ---- */

/* Takes |v|; what finds no memory is left out. */
static void
set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

/* What others sent need not be UTF-8. */
static json_t *
string(const char *s)
{
	json_t *v = json_string(s);

	return v != NULL ? v : json_null();
}

static json_t *
ip(const struct sp_addr *a)
{
	char text[ADDR_STRLEN];

	return a->family != 0 ? json_string(addr_ip_str(a, text)) : json_null();
}

static json_t *
endpoint(const struct sp_addr *a)
{
	char text[ADDR_STRLEN];

	return a->family != 0 ? json_string(addr_str(a, text)) : json_null();
}

static json_t *
json_interfaces(const struct probe_facts *f)
{
	json_t *a = json_array(), *o;

	for (size_t i = 0; i < f->n_ifaces; i++) {
		o = json_object();
		set(o, "name", string(f->ifaces[i].name));
		set(o, "address", ip(&f->ifaces[i].addr));
		set(o, "loopback", json_boolean(f->ifaces[i].loopback));
		set(o, "multicast", json_boolean(f->ifaces[i].multicast));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *
json_lsd(const struct probe_lsd *l)
{
	json_t *o;

	if (!l->asked)
		return json_null();
	o = json_object();
	set(o, "works", json_boolean(l->back));
	set(o, "networks", json_integer(l->networks));
	set(o, "heard", json_integer(l->heard));
	return o;
}

static json_t *
json_gateway(const struct probe_facts *f)
{
	const struct probe_gateway *g = &f->gateway;
	json_t *o;

	if (!g->asked)
		return json_null();
	o = json_object();
	set(o, "mapped", json_boolean(g->mapped));
	set(o, "by", g->mapped ? string(g->by) : json_null());
	set(o, "port", g->mapped ? json_integer(g->port) : json_null());
	set(o, "outside", ip(&g->outside));
	set(o, "why", string(g->why));
	set(o, "hairpin",
	    f->hairpin_tried ? json_boolean(f->hairpin) : json_null());
	return o;
}

static json_t *
json_dht(const struct probe_dht *d)
{
	json_t *o;

	if (!d->asked)
		return json_null();
	o = json_object();
	set(o, "nodes", json_integer(d->nodes));
	set(o, "found", endpoint(&d->found));
	set(o, "seen", ip(&d->seen));
	set(o, "why", string(d->why));
	return o;
}

static json_t *
json_tracker(const struct probe_tracker *t)
{
	json_t *o = json_object();

	set(o, "url", string(t->url));
	set(o, "ok", json_boolean(t->ok));
	set(o, "why", string(t->why));
	set(o, "ms", json_integer(t->ms));
	set(o, "outside", ip(&t->outside));
	set(o, "complete", json_integer(t->complete));
	set(o, "incomplete", json_integer(t->incomplete));
	set(o, "peers", json_integer((json_int_t)t->peers));
	set(o, "udp",
	    t->udp == PROBE_UDP_UNKNOWN
		? json_null()
		: json_boolean(t->udp == PROBE_UDP_ANSWERS));
	return o;
}

static json_t *
json_origin(const struct probe_origin *r)
{
	json_t *o;

	if (!r->asked)
		return json_null();
	o = json_object();
	set(o, "url", string(r->url));
	set(o, "ok", json_boolean(r->ok));
	set(o, "why", string(r->why));
	set(o, "range", json_boolean(r->range));
	set(o, "clock_ms",
	    r->has_clock ? json_integer(r->clock_ms) : json_null());
	set(o, "ms", json_integer(r->ms));
	return o;
}

static json_t *
all(const struct probe_facts *f, const struct probe_verdict *v)
{
	json_t *o = json_object(), *a = json_array();

	set(o, "interfaces", json_interfaces(f));
	set(o, "ipv4", ip(&f->route[0]));
	set(o, "ipv6", ip(&f->route[1]));
	set(o, "port", json_integer(f->port));
	set(o, "multicast", json_lsd(&f->lsd));
	set(o, "gateway", json_gateway(f));
	set(o, "dht", json_dht(&f->dht));
	for (size_t i = 0; i < f->n_trackers; i++)
		json_array_append_new(a, json_tracker(&f->trackers[i]));
	set(o, "trackers", a);
	set(o, "origin", json_origin(&f->origin));
	a = json_array();
	for (size_t i = 0; i < f->n_callers; i++)
		json_array_append_new(a, endpoint(&f->callers[i]));
	set(o, "connected", a);
	set(o, "outside", endpoint(&v->outside));
	set(o, "nat", json_boolean(v->nat));
	set(o, "reachable", string(probe_reach_name(v->reach)));
	set(o, "why", string(v->why));
	a = json_array();
	for (size_t i = 0; i < v->n_problems; i++)
		json_array_append_new(a, string(v->problem[i]));
	set(o, "problems", a);
	return o;
}

int
probe_print_json(struct sp_buf *b, const struct probe_facts *f,
    const struct probe_verdict *v)
{
	json_t *o = all(f, v);
	char *s = json_dumps(o, JSON_INDENT(1));

	json_decref(o);
	if (s == NULL)
		return SP_ERR_NOMEM;
	buf_put_str(b, s);
	buf_put_u8(b, '\n');
	free(s);
	return b->err;
}
