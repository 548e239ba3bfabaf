#ifndef SRC_LT_LT_INT_HPP
#define SRC_LT_LT_INT_HPP

/*
 * What the files of src/lt share.
 *
 *	lt.cpp            sessions, events that libtorrent posted
 *	lt_settings.cpp   settings by name
 *
 * Every function of lt.h is a body within guard(), which turns what is thrown
 * into a code and a text. What must wait for libtorrent's thread is not done on
 * the caller's: it is posted there (lt_session::post), and its outcome comes
 * back as a closure in the inbox, which lt_drain runs.
 */

#include "lt/lt.h"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>

/*
 * Around each call of libtorrent that may throw. The tests' build throws there
 * (test/unit/lt_fault.h).
 */
#ifdef LT_FAULTS
extern "C" void lt_fault(const char *where);
#define LT_CALL(expr) (lt_fault(#expr), expr)
#else
#define LT_CALL(expr) (expr)
#endif

/* What the threads of libtorrent leave for lt_drain. Outlives the session. */
struct lt_inbox {
	std::mutex lock;
	std::deque<std::function<void(lt_session &)>> todo;
	int fd = -1; /* eventfd */

	lt_inbox();
	~lt_inbox();
	lt_inbox(const lt_inbox &) = delete;
	lt_inbox &operator=(const lt_inbox &) = delete;
	void wake() noexcept;
	void put(std::function<void(lt_session &)> f);
};

struct lt_session {
	std::unique_ptr<libtorrent::session> ses; /* none after lt_abort */
	libtorrent::session_proxy proxy;
	std::shared_ptr<lt_inbox> inbox;
	lt_error why;
	lt_cb *cb = nullptr; /* while in lt_drain */
	void *ctx = nullptr;
	int n_events = 0;
	bool is_draining = false;
	bool is_freed = false; /* in lt_drain, which deletes it */

	lt_session();
	/* Hands |ev| to the caller of lt_drain. */
	void emit(lt_event &ev);
};

/* The code |e| stands for, into |why|. */
int lt_fail(lt_error *why, int code, const char *text) noexcept;
int lt_fail_ec(lt_error *why, int code,
    const libtorrent::error_code &ec) noexcept;
/* In a catch block: what is being thrown, into |why|. */
int lt_fail_thrown(lt_error *why) noexcept;

/* A code of ours, thrown in a body. */
struct lt_failure {
	int code;
	std::string text;
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

/* An event of |type|, all zero. */
lt_event lt_event_make(lt_event_type type) noexcept;
sp_addr lt_addr(const libtorrent::address &a, uint16_t port) noexcept;

/* Adds rows to |pack|; throws lt_failure. */
void lt_settings_read(libtorrent::settings_pack &pack, const lt_kv *v,
    size_t n);

#endif
