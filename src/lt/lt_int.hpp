#ifndef SRC_LT_LT_INT_HPP
#define SRC_LT_LT_INT_HPP

/*
 * What the files of src/lt share.
 *
 *	lt.cpp            sessions, lt_drain, errors
 *	lt_event.cpp      what libtorrent posted, as events
 *	lt_settings.cpp   settings by name
 *	lt_dht.cpp        DHT operations and their time
 *	lt_map.cpp        ports on the gateway
 *	lt_info.cpp       what is in a .torrent
 *	lt_add.cpp        how a torrent is added
 *	lt_torrent.cpp    calls with a torrent's id
 *
 * Every function of lt.h is a body within lt_guard(), which turns what is
 * thrown into a code and a text. What must wait for libtorrent's thread is not
 * done on the caller's: it is posted there (lt_post), and its outcome comes
 * back as a closure in the inbox, which lt_drain runs.
 */

#include "lt/lt.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/post.hpp>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_stats.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>

/*
 * Around each call of libtorrent that may throw. The tests' build throws there
 * (test/unit/lt_faults.h).
 */
#ifdef LT_FAULTS
extern "C" void lt_fault(const char *where);
#define LT_CALL(...) (lt_fault(#__VA_ARGS__), __VA_ARGS__)
#else
#define LT_CALL(...) (__VA_ARGS__)
#endif

using lt_closure = std::function<void(lt_session &)>;

/* What the threads of libtorrent leave for lt_drain. Outlives the session. */
struct lt_inbox {
	std::mutex lock;
	std::deque<lt_closure> todo;
	int fd = -1; /* eventfd */

	lt_inbox();
	~lt_inbox();
	lt_inbox(const lt_inbox &) = delete;
	lt_inbox &operator=(const lt_inbox &) = delete;
	void wake() noexcept;
	void put(lt_closure f);
};

/* A DHT operation under way. */
struct lt_dht_op {
	lt_op op;
	std::string key;
	std::string salt;
	int64_t due; /* ms */
	uint32_t answers = 0;
	/* PUT: as it was asked for, and the newest seq that was met. */
	std::string sig;
	std::string value;
	int64_t seq = 0;
	std::shared_ptr<std::atomic<int64_t>> seen;
};

/* A port of ours on gateways. */
struct lt_mapping {
	uint32_t id;
	bool udp;
	std::vector<libtorrent::port_mapping_t> handles;
};

struct lt_info_delete {
	void operator()(lt_info *i) const
	{
		lt_info_free(i);
	}
};
using lt_info_ptr = std::unique_ptr<lt_info, lt_info_delete>;

struct lt_traffic {
	int64_t down = 0, up = 0, failed = 0;
};

struct lt_entry {
	uint64_t id;
	libtorrent::torrent_handle handle;
	libtorrent::info_hash_t hashes; /* as it was added: one, or both */
	bool is_added = false;
	bool is_doomed = false; /* lt_remove came before it was added */
	bool with_files = false;
	lt_info_ptr info;
	libtorrent::torrent_flags_t flags; /* as it was added */
	/* lt_renew: its resume data are awaited; who is not banned any more. */
	bool is_renewing = false;
	std::vector<libtorrent::tcp::endpoint> pardons;
	/* Who has dialled us: of no use to us as an address. The latest. */
	std::deque<libtorrent::tcp::endpoint> callers;
	unsigned n_replaced = 0; /* torrents before it, not said to be gone */
	/* What came and went in all, and in those before it. */
	lt_traffic now, before;
	/* Calls that came before it was added. */
	std::vector<std::function<void(libtorrent::torrent_handle &)>> later;
};

struct lt_session {
	std::unique_ptr<libtorrent::session> ses; /* none after lt_abort */
	/* Its destructor joins the threads; assignment would not. */
	std::unique_ptr<libtorrent::session_proxy> proxy;
	std::shared_ptr<lt_inbox> inbox;
	int poll_fd = -1; /* epoll of the inbox and the timer */
	int timer_fd = -1;
	lt_error why;
	lt_conf conf; /* its limits; pointers are not valid */
	unsigned n_posted = 0;

	lt_cb *cb = nullptr; /* while in lt_drain */
	void *ctx = nullptr;
	int n_events = 0;
	bool is_draining = false;
	bool is_freed = false; /* in lt_drain, which deletes it */

	std::vector<lt_dht_op> ops;
	std::vector<lt_mapping> maps;
	uint32_t last_map = 0;
	std::unordered_map<uint64_t, std::unique_ptr<lt_entry>> torrents;
	uint64_t last_torrent = 0;
	/* Torrents that are gone, whose files are being removed. */
	std::vector<std::pair<libtorrent::info_hash_t, uint64_t>> removing;
	std::vector<libtorrent::stats_metric> metrics;

	lt_session();
	~lt_session();
	lt_session(const lt_session &) = delete;
	lt_session &operator=(const lt_session &) = delete;
	/* Hands |ev| to the caller of lt_drain. */
	void emit(const lt_event &ev);
};

/* ---- errors ---- */

/* |code| with |text| into |why|, which may be null; the code. */
int lt_fail(lt_error *why, int code, const char *text) noexcept;
/* Likewise, with what |ec| says; |code| 0: what it stands for. */
int lt_fail_ec(lt_error *why, int code,
    const libtorrent::error_code &ec) noexcept;
/* In a catch block: what is being thrown, into |why|. */
int lt_fail_thrown(lt_error *why) noexcept;

/* A code of ours, thrown in a body; with libtorrent's where there is one. */
struct lt_failure {
	int code;
	std::string text;
	libtorrent::error_code ec = {};
};

/* Runs |f|, which returns a code; nothing thrown leaves it. */
template <typename F>
int
lt_guard(lt_error *why, F f) noexcept
{
	try {
		return f();
	} catch (...) {
		return lt_fail_thrown(why);
	}
}

/* The same for calls that need a living session. */
template <typename F>
int
lt_guard_session(lt_session *s, F f) noexcept
{
	if (s == nullptr)
		return SP_ERR_ARG;
	if (!s->ses)
		return lt_fail(&s->why, SP_ERR_CLOSED, "session is closed");
	return lt_guard(&s->why, f);
}

/* ---- events ---- */

/* An event of |type|, all zero. */
lt_event lt_event_make(lt_event_type type, uint64_t torrent = 0) noexcept;
sp_addr lt_addr(const libtorrent::address &a, uint16_t port) noexcept;
/* LT_EV_DROPPED: the making of an event failed. */
void lt_lost(lt_session &s, const lt_error &why);
void lt_on_alert(lt_session &s, const libtorrent::alert *alert);
/* The parts of it; whether |alert| was theirs. */
bool lt_on_dht_alert(lt_session &s, const libtorrent::alert *alert);
bool lt_on_map_alert(lt_session &s, const libtorrent::alert *alert);
void lt_emit_status(lt_session &s,
    const std::vector<libtorrent::torrent_status> &v);

/*
 * Runs |work| on libtorrent's thread, where its getters do not wait, and what
 * |work| returns in lt_drain. What |work| throws is told by |failed|, there.
 */
void lt_post(lt_session &s,
    std::function<lt_closure(libtorrent::session_handle &)> work,
    std::function<void(lt_session &, const lt_error &)> failed);

/* ---- parts ---- */

/* Throws SP_ERR_ARG for one that cannot be dialled. */
libtorrent::tcp::endpoint lt_endpoint(const sp_addr &a);

/* Adds rows to |pack|; throws lt_failure. */
void lt_settings_read(libtorrent::settings_pack &pack, const lt_kv *v,
    size_t n);

/* Limits of rates are for all: by default local networks are let off. */
void lt_limit_all(libtorrent::session &ses);

int64_t lt_now_ms() noexcept;
/* Ends operations whose time has come, and sets the timer for the next. */
void lt_dht_tick(lt_session &s);

lt_info_ptr lt_info_make(const libtorrent::torrent_info &ti,
    const libtorrent::add_torrent_params &p);
/* Throws what lt_info_new returns. */
libtorrent::add_torrent_params lt_info_load(const void *p, size_t len);

/* Of lt_conf.mute: libtorrent listens at |at|; has mapped that for itself. */
void lt_mute_socket(const sp_addr &at, bool udp) noexcept;
void lt_mute_mapping(lt_session &s, libtorrent::port_mapping_t handle);

/* 0: not one of ours. */
uint64_t lt_id_of(const libtorrent::client_data_t &data) noexcept;
libtorrent::client_data_t lt_id_data(uint64_t id) noexcept;
lt_entry *lt_entry_find(const lt_session &s, uint64_t id) noexcept;
/* libtorrent has added it, or not: |error|. */
void lt_entry_added(lt_session &s, lt_entry &e,
    const libtorrent::torrent_handle &h, const libtorrent::error_code &error);
void lt_entry_removed(lt_session &s, lt_entry &e);
/* Throws where there is none. */
lt_entry &lt_entry_get(lt_session &s, uint64_t id);
/* Goes on with lt_renew, with the resume data. */
void lt_entry_renew(lt_session &s, lt_entry &e,
    const libtorrent::add_torrent_params &saved);
/* Its part of alerts; whether |alert| was one. */
bool lt_on_ban_alert(lt_session &s, lt_entry &e,
    const libtorrent::alert *alert);
/* Tells that lt_renew came to nothing. */
void lt_entry_failed(lt_session &s, lt_entry &e, const lt_error &why);
/* Flags of ours, of those that may change. */
uint32_t lt_flags_of(libtorrent::torrent_flags_t f) noexcept;
libtorrent::torrent_flags_t lt_flags_to(uint32_t f) noexcept;

#endif
