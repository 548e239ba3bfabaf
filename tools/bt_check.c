#include "tools/bt_check.h"

void
bt_check_init(struct bt_check *c, const struct bt_options *o)
{
	memset(c, 0, sizeof(*c));
	c->load = &o->load;
	c->on = o->peer_check;
	if (addr_is_loopback(&o->addr)) {
		static const uint8_t v4[4] = { 127, 0, 0, 1 };

		c->step = o->addr.family == 4;
		c->first = c->step ? addr_make(4, v4, 0) : o->addr;
		c->first.port = 0;
	}
}

struct sp_addr
bt_check_source(const struct bt_check *c, uint32_t source)
{
	struct sp_addr a = c->first;

	if (c->step)
		a.ip[3] = (uint8_t)(a.ip[3] + source);
	return a;
}

struct faults {
	bool foreign, twice, self;
};

static bool
same_ip(const struct bt_check *c, uint32_t at, const uint8_t *ip, size_t len)
{
	struct sp_addr a;

	if (c->first.family == 0)
		return true;
	a = bt_check_source(c, at % c->load->sources);
	return memcmp(a.ip, ip, len) == 0;
}

static bool
has_before(const uint8_t *p, size_t at, size_t entry)
{
	for (size_t i = 0; i < at; i += entry)
		if (memcmp(p + i, p + at, entry) == 0)
			return true;
	return false;
}

/* The table only says where it is worth looking. */
static bool
is_twice(struct bt_check *c, const uint8_t *p, size_t at, size_t entry,
    uint16_t port)
{
	uint32_t *seen = &c->seen[port % CHECK_SEEN];
	bool before = *seen == c->reply;

	*seen = c->reply;
	return before && has_before(p, at, entry);
}

static void
look(struct bt_check *c, struct faults *f, const struct bt_peer *asker,
    const uint8_t *p, size_t i, size_t entry)
{
	uint16_t port = (uint16_t)(p[i + entry - 2] << 8 | p[i + entry - 1]);
	uint32_t at;

	if (!bt_load_find(c->load, asker->swarm, port, &at) ||
	    !same_ip(c, at, p + i, entry - 2)) {
		f->foreign = true;
		return;
	}
	f->self |= at == asker->at;
	f->twice |= is_twice(c, p, i, entry, port);
}

void
bt_check_peers(struct bt_check *c, struct bt_result *r,
    const struct bt_peer *asker, int family, const uint8_t *p, size_t len)
{
	size_t entry = family == 4 ? 6 : 18;
	struct faults f = { 0 };

	r->peers += len / entry;
	if (len % entry != 0) {
		r->bad++;
		bt_result_fault(r, "peers are cut");
		return;
	}
	if (!c->on)
		return;
	c->reply++;
	for (size_t i = 0; i < len; i += entry)
		look(c, &f, asker, p, i, entry);
	r->foreign += f.foreign;
	r->twice += f.twice;
	r->self += f.self;
	if (f.foreign)
		bt_result_fault(r, "a peer that is not of the swarm");
	if (f.twice)
		bt_result_fault(r, "a peer that is there twice");
}
