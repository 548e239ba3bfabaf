#include "lt/lt_int.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <sys/timerfd.h>
#include <time.h>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>

namespace bt = libtorrent;

/* ---- operations and their time ---- */

int64_t
lt_now_ms() noexcept
{
	timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return static_cast<int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

static lt_dht_op *
op_find(lt_session &s, lt_op op, const std::string &key,
    const std::string &salt)
{
	for (lt_dht_op &o : s.ops)
		if (o.op == op && o.key == key && o.salt == salt)
			return &o;
	return nullptr;
}

/* Wakes lt_drain when the next operation's time has come. */
static void
set_timer(lt_session &s)
{
	itimerspec t;
	int64_t due = INT64_MAX;

	memset(&t, 0, sizeof(t));
	for (const lt_dht_op &o : s.ops)
		due = SP_MIN(due, o.due);
	if (due != INT64_MAX) {
		t.it_value.tv_sec = due / 1000;
		/* Never 0, which would stop it. */
		t.it_value.tv_nsec = due % 1000 * 1000000 + 1;
	}
	timerfd_settime(s.timer_fd, TFD_TIMER_ABSTIME, &t, nullptr);
}

static lt_dht_op &
op_begin(lt_session &s, lt_op op, const std::string &key,
    const std::string &salt)
{
	lt_dht_op *o = op_find(s, op, key, salt);

	if (o == nullptr) {
		if (s.ops.size() >= s.conf.max_ops)
			throw lt_failure{ SP_ERR_FULL, "too many operations" };
		s.ops.push_back(lt_dht_op());
		o = &s.ops.back();
		o->op = op;
		o->key = key;
		o->salt = salt;
	}
	o->due = lt_now_ms() + s.conf.dht_timeout_ms;
	set_timer(s);
	return *o;
}

/* Forgets an operation whose call failed. */
static void
op_drop(lt_session &s, lt_op op, const std::string &key,
    const std::string &salt) noexcept
{
	lt_dht_op *o = op_find(s, op, key, salt);

	if (o != nullptr)
		s.ops.erase(s.ops.begin() + (o - s.ops.data()));
	set_timer(s);
}

static void
op_end(lt_session &s, lt_op op, const std::string &key, const std::string &salt,
    int code)
{
	lt_event ev = lt_event_make(LT_EV_DHT_END);
	lt_dht_op *o = op_find(s, op, key, salt);

	if (o == nullptr)
		return;
	ev.u.end.op = op;
	memcpy(ev.u.end.key, key.data(), SP_MIN(key.size(), size_t(32)));
	ev.u.end.salt = reinterpret_cast<const uint8_t *>(salt.data());
	ev.u.end.salt_len = salt.size();
	ev.u.end.code = code;
	ev.u.end.answers = o->answers;
	if (code < 0)
		lt_fail(&ev.error, code, "no answer from the DHT in time");
	op_drop(s, op, key, salt);
	s.emit(ev);
}

void
lt_dht_tick(lt_session &s)
{
	int64_t now = lt_now_ms();
	std::vector<lt_dht_op> late;

	for (const lt_dht_op &o : s.ops)
		if (o.due <= now)
			late.push_back(o);
	for (const lt_dht_op &o : late)
		op_end(s, o.op, o.key, o.salt, SP_ERR_TIMEOUT);
	set_timer(s);
}

/* Runs |f| as operation |op|, which is not one if |f| throws. */
template <typename F>
static int
operate(lt_session *s, lt_op op, const std::string &key,
    const std::string &salt, F f)
{
	bool was = op_find(*s, op, key, salt) != nullptr;

	try {
		f(op_begin(*s, op, key, salt));
	} catch (...) {
		if (!was)
			op_drop(*s, op, key, salt);
		throw;
	}
	return 0;
}

/* ---- calls ---- */

int
lt_dht_add_node(lt_session *s, const char *host, uint16_t port)
{
	return lt_guard_session(s, [&] {
		if (host == nullptr || host[0] == '\0' || port == 0)
			throw lt_failure{ SP_ERR_ARG, "no host or no port" };
		LT_CALL(s->ses->add_dht_node(
		    std::make_pair(std::string(host), int(port))));
		return 0;
	});
}

static std::string
bytes_of(const void *p, size_t len)
{
	return len == 0 ? std::string()
			: std::string(static_cast<const char *>(p), len);
}

static bt::sha1_hash
hash_of(const uint8_t *p)
{
	return bt::sha1_hash(reinterpret_cast<const char *>(p));
}

int
lt_dht_announce(lt_session *s, const uint8_t *info_hash, uint16_t port)
{
	return lt_guard_session(s, [&] {
		/* 0 would be libtorrent's own port. */
		if (info_hash == nullptr || port == 0)
			throw lt_failure{ SP_ERR_ARG, "no hash or no port" };
		return operate(s, LT_OP_ANNOUNCE, bytes_of(info_hash, 20), "",
		    [&](lt_dht_op &) {
			    LT_CALL(s->ses->dht_announce(hash_of(info_hash),
				port, bt::dht::announce_flags_t{}));
		    });
	});
}

int
lt_dht_get_peers(lt_session *s, const uint8_t *info_hash)
{
	return lt_guard_session(s, [&] {
		if (info_hash == nullptr)
			throw lt_failure{ SP_ERR_ARG, "no hash" };
		return operate(s, LT_OP_GET_PEERS, bytes_of(info_hash, 20), "",
		    [&](lt_dht_op &) {
			    LT_CALL(s->ses->dht_get_peers(hash_of(info_hash)));
		    });
	});
}

static std::array<char, 32>
key_of(const std::string &key)
{
	std::array<char, 32> out;

	memcpy(out.data(), key.data(), out.size());
	return out;
}

static void
check_salt(const void *salt, size_t len)
{
	if (len > LT_SALT_MAX)
		throw lt_failure{ SP_ERR_TOOBIG, "salt is too long" };
	if (salt == nullptr && len > 0)
		throw lt_failure{ SP_ERR_ARG, "no salt" };
}

int
lt_dht_get(lt_session *s, const uint8_t *key, const void *salt, size_t salt_len)
{
	return lt_guard_session(s, [&] {
		if (key == nullptr)
			throw lt_failure{ SP_ERR_ARG, "no key" };
		check_salt(salt, salt_len);

		std::string k = bytes_of(key, 32), x = bytes_of(salt, salt_len);

		return operate(s, LT_OP_GET, k, x, [&](lt_dht_op &) {
			LT_CALL(s->ses->dht_get_item(key_of(k), x));
		});
	});
}

/*
 * The value as libtorrent wants it. It encodes it anew into a buffer of 1000
 * bytes that it does not look at, and what is signed are our bytes: so it has
 * to give the same ones.
 */
static bt::entry
value_of(const lt_item &item)
{
	if (item.value_len > LT_VALUE_MAX)
		throw lt_failure{ SP_ERR_TOOBIG, "value is too long" };
	if (item.value == nullptr || item.value_len == 0)
		throw lt_failure{ SP_ERR_SYNTAX, "no value" };

	std::string in = bytes_of(item.value, item.value_len), again;
	bt::error_code ec;
	bt::bdecode_node node =
	    LT_CALL(bt::bdecode(bt::span<const char>(in), ec));

	if (ec)
		throw lt_failure{ SP_ERR_SYNTAX, ec.message() };

	bt::entry out(node);

	bt::bencode(std::back_inserter(again), out);
	if (again != in)
		throw lt_failure{ SP_ERR_CANON, "value is not canonical" };
	return out;
}

/* Runs on libtorrent's thread, once for each DHT node of the session. */
struct put_item {
	std::shared_ptr<const bt::entry> value;
	std::array<char, 64> sig;
	int64_t seq;
	std::shared_ptr<std::atomic<int64_t>> seen;

	void operator()(bt::entry &v, std::array<char, 64> &sg,
	    std::int64_t &sq, const std::string &) const noexcept
	{
		if (v.type() != bt::entry::undefined_t && sq > *seen)
			*seen = sq;
		lt_guard(nullptr, [&] {
			v = *value;
			sg = sig;
			sq = seq;
			return 0;
		});
	}
};

int
lt_dht_put(lt_session *s, const lt_item *item)
{
	return lt_guard_session(s, [&] {
		put_item put;

		if (item == nullptr || item->size == 0 || item->seq < 0)
			throw lt_failure{ SP_ERR_ARG, "no item" };
		check_salt(item->salt, item->salt_len);

		std::string k = bytes_of(item->key, 32),
			    x = bytes_of(item->salt, item->salt_len);

		put.value = std::make_shared<bt::entry>(value_of(*item));
		memcpy(put.sig.data(), item->sig, put.sig.size());
		put.seq = item->seq;
		put.seen = std::make_shared<std::atomic<int64_t>>(-1);
		if (op_find(*s, LT_OP_PUT, k, x) != nullptr)
			throw lt_failure{ SP_ERR_EXISTS, "is under way" };
		return operate(s, LT_OP_PUT, k, x, [&](lt_dht_op &o) {
			o.sig = bytes_of(item->sig, 64);
			o.value = bytes_of(item->value, item->value_len);
			o.seq = item->seq;
			o.seen = put.seen;
			LT_CALL(s->ses->dht_put_item(key_of(k), put, x));
		});
	});
}

/* ---- what comes ---- */

static void
on_peers(lt_session &s, const bt::dht_get_peers_reply_alert &a)
{
	lt_event ev = lt_event_make(LT_EV_DHT_PEERS);
	std::string key = bytes_of(a.info_hash.data(), 20);
	std::vector<sp_addr> v;

	for (const bt::tcp::endpoint &e : a.peers())
		v.push_back(lt_addr(e.address(), e.port()));
	for (lt_op op : { LT_OP_GET_PEERS, LT_OP_ANNOUNCE }) {
		lt_dht_op *o = op_find(s, op, key, "");

		if (o != nullptr)
			o->answers++;
	}
	memcpy(ev.u.peers.info_hash, key.data(), key.size());
	ev.u.peers.v = v.data();
	ev.u.peers.n = v.size();
	s.emit(ev);
}

static lt_item
item_of(const std::string &key, const std::string &sig, int64_t seq,
    const std::string &salt, const std::string &value)
{
	lt_item out;

	memset(&out, 0, sizeof(out));
	out.size = sizeof(out);
	memcpy(out.key, key.data(), sizeof(out.key));
	memcpy(out.sig, sig.data(), sizeof(out.sig));
	out.seq = seq;
	out.salt = reinterpret_cast<const uint8_t *>(salt.data());
	out.salt_len = salt.size();
	out.value = reinterpret_cast<const uint8_t *>(value.data());
	out.value_len = value.size();
	return out;
}

static void
on_item(lt_session &s, const bt::dht_mutable_item_alert &a)
{
	lt_event ev = lt_event_make(LT_EV_DHT_ITEM);
	std::string key(a.key.data(), a.key.size()),
	    sig(a.signature.data(), a.signature.size()), value;
	lt_dht_op *o = op_find(s, LT_OP_GET, key, a.salt);

	if (a.item.type() != bt::entry::undefined_t)
		LT_CALL(bt::bencode(std::back_inserter(value), a.item));
	if (o != nullptr && !value.empty())
		o->answers++;
	ev.u.item.item = item_of(key, sig, a.seq, a.salt, value);
	ev.u.item.authoritative = a.authoritative;
	s.emit(ev);
	if (a.authoritative)
		op_end(s, LT_OP_GET, key, a.salt, 0);
}

static void
on_put(lt_session &s, const bt::dht_put_alert &a)
{
	lt_event ev = lt_event_make(LT_EV_DHT_PUT);
	std::string key(a.public_key.data(), a.public_key.size());
	lt_dht_op *o = op_find(s, LT_OP_PUT, key, a.salt);

	/* Ended by time before. */
	if (o == nullptr)
		return;
	o->answers++;

	lt_dht_op own = *o;

	ev.u.put.item = item_of(key, own.sig, own.seq, own.salt, own.value);
	ev.u.put.stored =
	    a.num_success < 0 ? 0 : static_cast<uint32_t>(a.num_success);
	ev.u.put.seen_seq = *own.seen;
	s.emit(ev);
	op_end(s, LT_OP_PUT, key, own.salt, 0);
}

static void
on_stats(lt_session &s, const bt::dht_stats_alert &a)
{
	lt_event ev = lt_event_make(LT_EV_DHT_STATS);

	for (const bt::dht_routing_bucket &b : a.routing_table) {
		ev.u.dht.nodes += static_cast<uint32_t>(b.num_nodes);
		ev.u.dht.replacements +=
		    static_cast<uint32_t>(b.num_replacements);
	}
	ev.u.dht.requests = static_cast<uint32_t>(a.active_requests.size());
	ev.u.dht.addr =
	    lt_addr(a.local_endpoint.address(), a.local_endpoint.port());
	s.emit(ev);
}

bool
lt_on_dht_alert(lt_session &s, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::dht_get_peers_reply_alert>(alert))
		on_peers(s, *a);
	else if (auto i = bt::alert_cast<bt::dht_mutable_item_alert>(alert))
		on_item(s, *i);
	else if (auto p = bt::alert_cast<bt::dht_put_alert>(alert))
		on_put(s, *p);
	else if (auto d = bt::alert_cast<bt::dht_stats_alert>(alert))
		on_stats(s, *d);
	else if (bt::alert_cast<bt::dht_bootstrap_alert>(alert) != nullptr)
		s.emit(lt_event_make(LT_EV_DHT_READY));
	else
		return false;
	return true;
}
