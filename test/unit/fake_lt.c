#include "test/unit/fake_lt.h"

#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS 32
#define PEERS  4096

struct lt_session {
	int fd;
	struct lt_error why;
};

struct fake_lt fake_lt;

static struct lt_session session;
static struct lt_event events[EVENTS];
static unsigned n_events;
static struct sp_addr peers[PEERS];
static uint8_t value[LT_VALUE_MAX];
static uint8_t bytes[256];

/* ---- what the test says ---------------------------------------------------
 */

static struct lt_event *
add(enum lt_event_type type)
{
	struct lt_event *ev = &events[n_events++];
	uint64_t one = 1;

	assert(n_events <= EVENTS && "a test says little");
	memset(ev, 0, sizeof(*ev));
	ev->size = sizeof(*ev);
	ev->type = type;
	if (write(session.fd, &one, sizeof(one)) != sizeof(one))
		abort();
	return ev;
}

void
fake_lt_say(enum lt_event_type type)
{
	add(type);
}

void
fake_lt_peers(const uint8_t info_hash[20], const struct sp_addr *v, size_t n)
{
	struct lt_event *ev = add(LT_EV_DHT_PEERS);

	assert(n <= PEERS && "so many fit");
	memcpy(ev->u.peers.info_hash, info_hash, 20);
	memcpy(peers, v, n * sizeof(*v));
	ev->u.peers.v = peers;
	ev->u.peers.n = n;
}

void
fake_lt_item(const struct lt_item *item)
{
	struct lt_event *ev = add(LT_EV_DHT_ITEM);

	if (item != NULL) {
		ev->u.item.item = *item;
		memcpy(value, item->value, item->value_len);
		ev->u.item.item.value = value;
	}
	ev->u.item.authoritative = true;
	ev = add(LT_EV_DHT_END);
	ev->u.end.op = LT_OP_GET;
	ev->u.end.answers = 1;
}

void
fake_lt_stored(uint32_t stored, int64_t seen)
{
	struct lt_event *ev = add(LT_EV_DHT_PUT);

	ev->u.put.item = fake_lt.put;
	ev->u.put.stored = stored;
	ev->u.put.seen_seq = seen;
	ev = add(LT_EV_DHT_END);
	ev->u.end.op = LT_OP_PUT;
	fake_lt.putting = false;
}

void
fake_lt_state(const void *p, size_t len)
{
	struct lt_event *ev = add(LT_EV_STATE);

	memcpy(bytes, p, len);
	ev->u.bytes.p = bytes;
	ev->u.bytes.len = len;
}

void
fake_lt_nodes(uint32_t n)
{
	struct lt_event *ev = add(LT_EV_DHT_STATS);

	ev->u.dht.nodes = n;
	ev->u.dht.addr.family = 4;
}

void
fake_lt_mapped(uint32_t id, enum lt_way way, uint16_t external)
{
	struct lt_event *ev = add(LT_EV_MAPPED);

	ev->u.map.id = id;
	ev->u.map.way = way;
	ev->u.map.external = external;
}

void
fake_lt_map_failed(uint32_t id, enum lt_way way, const char *why)
{
	struct lt_event *ev = add(LT_EV_MAP_FAILED);

	ev->u.map.id = id;
	ev->u.map.way = way;
	ev->error.code = SP_ERR_IO;
	snprintf(ev->error.text, sizeof(ev->error.text), "%s", why);
}

void
fake_lt_address(const struct sp_addr *addr)
{
	add(LT_EV_ADDRESS)->u.address = *addr;
}

/* ---- what the host calls ---------------------------------------------------
 */

bool
lt_is_there(void)
{
	return true;
}

size_t
lt_preset(enum lt_preset which, const struct lt_kv **out)
{
	static const struct lt_kv world[] = {
		{ "listen_interfaces", "0.0.0.0:0" },
		{ "dht_bootstrap_nodes", "router.example:1" },
	};
	static const struct lt_kv local[] = {
		{ "listen_interfaces", "127.0.0.1:0" },
		{ "dht_restrict_routing_ips", "0" },
	};

	static const struct lt_kv map[] = {
		{ "listen_interfaces", "0.0.0.0:0" },
		{ "enable_upnp", "1" },
	};

	*out = which == LT_PRESET_PORTMAP ? map
	       : which == LT_PRESET_DHT   ? world
					  : local;
	return 2;
}

static void
note(char *out, size_t size, const struct lt_kv *kv, const char *name)
{
	if (strcmp(kv->name, name) == 0)
		snprintf(out, size, "%s", kv->value);
}

int
lt_new(struct lt_session **out, const struct lt_conf *conf,
    struct lt_error *why)
{
	struct fake_lt *f = &fake_lt;

	assert(!f->open && "one at a time");
	if (conf->state_len > 0 && memcmp(conf->state, "bad", 3) == 0) {
		why->code = SP_ERR_SYNTAX;
		snprintf(why->text, sizeof(why->text), "not a state");
		return SP_ERR_SYNTAX;
	}
	f->sessions++;
	f->open = true;
	for (size_t i = 0; i < conf->n_settings; i++) {
		note(f->listen, sizeof(f->listen), &conf->settings[i],
		    "listen_interfaces");
		note(f->bootstrap, sizeof(f->bootstrap), &conf->settings[i],
		    "dht_bootstrap_nodes");
		note(f->upnp, sizeof(f->upnp), &conf->settings[i],
		    "enable_upnp");
		note(f->restrict_ips, sizeof(f->restrict_ips),
		    &conf->settings[i], "dht_restrict_routing_ips");
	}
	f->state_len = SP_MIN(conf->state_len, sizeof(f->state));
	if (f->state_len > 0)
		memcpy(f->state, conf->state, f->state_len);
	session.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	n_events = 0;
	*out = &session;
	return 0;
}

void
lt_free(struct lt_session *s)
{
	if (s == NULL)
		return;
	fake_lt.open = false;
	close(s->fd);
}

const struct lt_error *
lt_why(const struct lt_session *s)
{
	return &s->why;
}

int
lt_fd(const struct lt_session *s)
{
	return s->fd;
}

int
lt_drain(struct lt_session *s, lt_cb *cb, void *ctx)
{
	struct lt_event now[EVENTS];
	unsigned n = n_events;
	uint64_t x;

	if (read(s->fd, &x, sizeof(x)) != sizeof(x))
		return 0;
	memcpy(now, events, sizeof(now));
	n_events = 0;
	for (unsigned i = 0; i < n; i++)
		cb(ctx, &now[i]);
	return (int)n;
}

static int
result(void)
{
	return fake_lt.refuse ? SP_ERR_FULL : 0;
}

int
lt_dht_add_node(struct lt_session *s SP_UNUSED, const char *host, uint16_t port)
{
	struct fake_lt *f = &fake_lt;

	if (f->n_nodes < SP_LEN(f->nodes))
		snprintf(f->nodes[f->n_nodes++], sizeof(f->nodes[0]), "%s %u",
		    host, port);
	return 0;
}

int
lt_dht_announce(struct lt_session *s SP_UNUSED, const uint8_t info_hash[20],
    uint16_t port)
{
	fake_lt.announces++;
	fake_lt.port = port;
	memcpy(fake_lt.info_hash, info_hash, 20);
	return result();
}

int
lt_dht_get_peers(struct lt_session *s SP_UNUSED, const uint8_t info_hash[20])
{
	fake_lt.searches++;
	memcpy(fake_lt.info_hash, info_hash, 20);
	return result();
}

int
lt_dht_put(struct lt_session *s SP_UNUSED, const struct lt_item *item)
{
	if (fake_lt.putting)
		return SP_ERR_EXISTS;
	fake_lt.putting = true;
	fake_lt.puts++;
	fake_lt.put = *item;
	memcpy(fake_lt.put_value, item->value, item->value_len);
	fake_lt.put.value = fake_lt.put_value;
	return result();
}

int
lt_dht_get(struct lt_session *s SP_UNUSED, const uint8_t key[32],
    const void *salt, size_t salt_len)
{
	assert(salt_len == 4 && memcmp(salt, "head", 4) == 0 &&
	       "the only item there is");
	fake_lt.lookups++;
	memcpy(fake_lt.key, key, 32);
	return result();
}

int
lt_map_port(struct lt_session *s SP_UNUSED, bool udp, uint16_t external,
    uint16_t local, uint32_t *id)
{
	assert(!udp && external == local && "the port of the mesh");
	fake_lt.maps++;
	fake_lt.map = local;
	*id = FAKE_LT_MAP;
	return result();
}

int
lt_post_state(struct lt_session *s SP_UNUSED)
{
	fake_lt.states++;
	return result();
}

int
lt_post_counters(struct lt_session *s SP_UNUSED)
{
	static const struct lt_counter v[] = {
		{ "dht.dht_nodes", 1 },
		{ "dht.dht_bytes_in", 1000 },
		{ "dht.dht_bytes_out", 2000 },
	};
	struct lt_event *ev;

	if (n_events == EVENTS)
		return SP_ERR_FULL;
	ev = add(LT_EV_COUNTERS);
	ev->u.counters.v = v;
	ev->u.counters.n = SP_LEN(v);
	return 0;
}

int
lt_post_dht_stats(struct lt_session *s SP_UNUSED)
{
	fake_lt.stats++;
	return 0;
}
