#include "lt/lt.h"

#include "lt/lt_int.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <libtorrent/error_code.hpp>
#include <libtorrent/posix_disk_io.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/version.hpp>

namespace bt = libtorrent;

/* Requests to libtorrent's thread that have no answer yet. */
static const unsigned POSTED_MAX = 4096;

/* Of each address family, from an earlier run. */
static const size_t KNOWN_NODES_MAX = 200;

bool
lt_is_there(void)
{
	return true;
}

const char *
lt_version(void)
{
	return bt::version();
}

/* ---- errors ---- */

static void
copy_text(char *out, size_t size, const char *s)
{
	size_t n = strnlen(s, size - 1);

	memcpy(out, s, n);
	out[n] = '\0';
}

int
lt_fail(lt_error *why, int code, const char *text) noexcept
{
	if (why == nullptr)
		return code;
	memset(why, 0, sizeof(*why));
	why->size = sizeof(*why);
	why->code = code;
	copy_text(why->text, sizeof(why->text), text);
	return code;
}

/* What the codes of libtorrent are among ours. */
static int
code_of(const bt::error_code &ec)
{
	if (ec == bt::errors::invalid_torrent_handle)
		return SP_ERR_NOTFOUND;
	if (ec == bt::errors::duplicate_torrent)
		return SP_ERR_EXISTS;
	if (ec == bt::errors::invalid_session_handle)
		return SP_ERR_CLOSED;
	if (ec == boost::system::errc::no_space_on_device)
		return SP_ERR_FULL;
	if (ec.category() == bt::bdecode_category())
		return SP_ERR_SYNTAX;
	return SP_ERR_IO;
}

int
lt_fail_ec(lt_error *why, int code, const bt::error_code &ec) noexcept
{
	if (code == 0)
		code = code_of(ec);
	lt_fail(why, code, "");
	if (why == nullptr)
		return code;
	if (!ec)
		return code;
	why->sys = ec.value();
	copy_text(why->category, sizeof(why->category), ec.category().name());
	try {
		copy_text(why->text, sizeof(why->text), ec.message().c_str());
	} catch (...) {
		copy_text(why->text, sizeof(why->text), "out of memory");
	}
	return code;
}

/* |text| in place of what |why| has. */
static int
replace_text(lt_error *why, int code, const char *text)
{
	if (why != nullptr)
		copy_text(why->text, sizeof(why->text), text);
	return code;
}

int
lt_fail_thrown(lt_error *why) noexcept
{
	try {
		throw;
	} catch (const lt_failure &e) {
		lt_fail_ec(why, e.code, e.ec);
		return replace_text(why, e.code, e.text.c_str());
	} catch (const std::bad_alloc &) {
		return lt_fail(why, SP_ERR_NOMEM, "out of memory");
	} catch (const boost::system::system_error &e) {
		return lt_fail_ec(why, 0, e.code());
	} catch (const std::exception &e) {
		return lt_fail(why, SP_ERR_IO, e.what());
	} catch (...) {
		return lt_fail(why, SP_ERR_IO, "something unknown was thrown");
	}
}

[[noreturn]] static void
throw_errno()
{
	throw boost::system::system_error(errno,
	    boost::system::system_category());
}

/* ---- the inbox ---- */

lt_inbox::lt_inbox()
{
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		throw_errno();
}

lt_inbox::~lt_inbox()
{
	close(fd);
}

void
lt_inbox::wake() noexcept
{
	uint64_t one = 1;

	/* EAGAIN: it is readable anyway. */
	(void)!write(fd, &one, sizeof(one));
}

void
lt_inbox::put(std::function<void(lt_session &)> f)
{
	{
		std::lock_guard<std::mutex> hold(lock);

		todo.push_back(std::move(f));
	}
	wake();
}

/* ---- sessions ---- */

static void
watch(int poll_fd, int fd)
{
	epoll_event e;

	memset(&e, 0, sizeof(e));
	e.events = EPOLLIN;
	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		throw_errno();
}

lt_session::lt_session() : inbox(std::make_shared<lt_inbox>()), why(), conf()
{
	lt_fail(&why, 0, "no error");
	try {
		poll_fd = epoll_create1(EPOLL_CLOEXEC);
		timer_fd =
		    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		if (poll_fd < 0 || timer_fd < 0)
			throw_errno();
		watch(poll_fd, inbox->fd);
		watch(poll_fd, timer_fd);
	} catch (...) {
		close(poll_fd);
		close(timer_fd);
		throw;
	}
}

/* What libtorrent's threads may still call outlives them. */
lt_session::~lt_session()
{
	proxy.reset();
	close(poll_fd);
	close(timer_fd);
}

static bt::alert_category_t
wanted_alerts(const lt_conf &conf)
{
	namespace cat = bt::alert_category;
	bt::alert_category_t mask = cat::error | cat::status | cat::storage |
				    cat::port_mapping | cat::dht |
				    cat::dht_operation;

	if (conf.pieces)
		mask |= cat::piece_progress;
	if (conf.log_mapping)
		mask |= cat::port_mapping_log;
	if (conf.lsd_peers || conf.bans)
		mask |= cat::peer;
	if (conf.bans)
		mask |= cat::connect;
	return mask;
}

static bt::session_params
params_of(const lt_conf &conf)
{
	const lt_kv *preset;
	size_t n = lt_preset(LT_PRESET_QUIET, &preset);
	bt::session_params p;
	bt::settings_pack pack;

	lt_settings_read(pack, preset, n);
	if (conf.settings == nullptr && conf.n_settings > 0)
		throw lt_failure{ SP_ERR_ARG, "no settings" };
	lt_settings_read(pack, conf.settings, conf.n_settings);
	pack.set_int(bt::settings_pack::alert_mask,
	    static_cast<int>(static_cast<uint32_t>(wanted_alerts(conf))));
	if (conf.state_len > 0) {
		bt::span<const char> in(static_cast<const char *>(conf.state),
		    static_cast<std::ptrdiff_t>(conf.state_len));

		p = LT_CALL(bt::read_session_params(in,
		    bt::session_handle::save_dht_state));
	}
	p.settings = std::move(pack);
	p.disk_io_constructor = bt::posix_disk_io_constructor;
	return p;
}

/* Threads inherit the mask, and signals are for those of the caller. */
struct signals_blocked {
	sigset_t old;

	signals_blocked()
	{
		sigset_t all;

		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
	}
	~signals_blocked()
	{
		pthread_sigmask(SIG_SETMASK, &old, nullptr);
	}
	signals_blocked(const signals_blocked &) = delete;
	signals_blocked &operator=(const signals_blocked &) = delete;
};

/*
 * libtorrent 2.0.8 looks at the nodes of its state before it has a socket, and
 * forgets them, unless there are bootstrap nodes whose names it waits for.
 */
static void
add_known_nodes(bt::session &ses, const std::vector<bt::udp::endpoint> &v)
{
	size_t n = 0;

	for (const bt::udp::endpoint &e : v) {
		if (n++ == KNOWN_NODES_MAX)
			break;
		LT_CALL(ses.add_dht_node(
		    std::make_pair(e.address().to_string(), int(e.port()))));
	}
}

static void
start(lt_session &s, const lt_conf &conf)
{
	bt::session_params p = params_of(conf);
	std::vector<bt::udp::endpoint> nodes = p.dht_state.nodes;
	std::vector<bt::udp::endpoint> nodes6 = p.dht_state.nodes6;
	std::shared_ptr<lt_inbox> inbox = s.inbox;

	s.conf = conf;
	if (conf.dht_timeout_ms == 0)
		s.conf.dht_timeout_ms = 20000;
	if (conf.max_ops == 0)
		s.conf.max_ops = 256;
	if (conf.max_torrents == 0)
		s.conf.max_torrents = 256;
	s.metrics = LT_CALL(bt::session_stats_metrics());

	{
		signals_blocked guard;

		s.ses = LT_CALL(std::make_unique<bt::session>(std::move(p)));
	}
	LT_CALL(s.ses->set_alert_notify([inbox] { inbox->wake(); }));
	lt_limit_all(*s.ses);
	add_known_nodes(*s.ses, nodes);
	add_known_nodes(*s.ses, nodes6);
}

int
lt_new(lt_session **out, const lt_conf *conf, lt_error *why)
{
	lt_conf c;

	if (out == nullptr)
		return lt_fail(why, SP_ERR_ARG, "nowhere to put it");
	*out = nullptr;
	if (conf == nullptr || conf->size == 0)
		return lt_fail(why, SP_ERR_ARG, "conf has no size");
	memset(&c, 0, sizeof(c));
	memcpy(&c, conf, SP_MIN(conf->size, sizeof(c)));
	return lt_guard(why, [&] {
		auto s = std::make_unique<lt_session>();

		start(*s, c);
		*out = s.release();
		return 0;
	});
}

void
lt_abort(lt_session *s)
{
	if (s == nullptr || !s->ses)
		return;
	lt_guard(&s->why, [&] {
		s->proxy = std::make_unique<bt::session_proxy>(
		    LT_CALL(s->ses->abort()));
		return 0;
	});
	lt_guard(&s->why, [&] {
		s->ses.reset();
		return 0;
	});
}

void
lt_free(lt_session *s)
{
	if (s == nullptr)
		return;
	lt_abort(s);
	if (s->is_draining)
		s->is_freed = true;
	else
		delete s;
}

const lt_error *
lt_why(const lt_session *s)
{
	static const lt_error nothing = { sizeof(nothing), SP_ERR_ARG, 0, "",
		"no session" };

	return s == nullptr ? &nothing : &s->why;
}

int
lt_apply(lt_session *s, const lt_kv *settings, size_t n)
{
	return lt_guard_session(s, [&] {
		bt::settings_pack pack;

		if (settings == nullptr && n > 0)
			throw lt_failure{ SP_ERR_ARG, "no settings" };
		lt_settings_read(pack, settings, n);
		LT_CALL(s->ses->apply_settings(std::move(pack)));
		return 0;
	});
}

int
lt_fd(const lt_session *s)
{
	return s->poll_fd;
}

/* ---- what libtorrent's threads left ---- */

void
lt_session::emit(const lt_event &ev)
{
	if (is_freed)
		return;
	n_events++;
	cb(ctx, &ev);
}

void
lt_lost(lt_session &s, const lt_error &why)
{
	lt_event ev = lt_event_make(LT_EV_DROPPED);

	ev.error = why;
	s.emit(ev);
}

/* Runs |f|; what it throws costs an event. */
template <typename F>
static void
or_lost(lt_session &s, F f)
{
	lt_error why;

	if (lt_guard(&why, [&] {
		    f();
		    return 0;
	    }) < 0)
		lt_lost(s, why);
}

/*
 * Alerts are taken before the inbox and handled after it: so what a posted
 * closure made libtorrent say is met after the closure's outcome.
 */
static void
drain(lt_session &s)
{
	std::vector<bt::alert *> alerts;
	std::deque<lt_closure> todo;
	lt_error why;

	if (s.ses && lt_guard(&why, [&] {
		    LT_CALL(s.ses->pop_alerts(&alerts));
		    return 0;
	    }) < 0) {
		/* They are still there, and will not wake us again. */
		s.inbox->wake();
		lt_lost(s, why);
	}
	{
		std::lock_guard<std::mutex> hold(s.inbox->lock);

		todo.swap(s.inbox->todo);
	}
	for (auto &f : todo)
		or_lost(s, [&] { f(s); });
	for (const bt::alert *a : alerts)
		if (!s.is_freed)
			or_lost(s, [&] { lt_on_alert(s, a); });
	or_lost(s, [&] { lt_dht_tick(s); });
}

int
lt_drain(lt_session *s, lt_cb *cb, void *ctx)
{
	uint64_t n;
	int r;

	if (s == nullptr || cb == nullptr || s->is_draining)
		return SP_ERR_ARG;
	s->is_draining = true;
	s->cb = cb;
	s->ctx = ctx;
	s->n_events = 0;
	/* First: what comes from now on makes it readable again. */
	(void)!read(s->inbox->fd, &n, sizeof(n));
	(void)!read(s->timer_fd, &n, sizeof(n));
	drain(*s);
	s->is_draining = false;
	s->cb = nullptr;
	r = s->n_events;
	if (s->is_freed)
		delete s;
	return r;
}

void
lt_post(lt_session &s, std::function<lt_closure(bt::session_handle &)> work,
    std::function<void(lt_session &, const lt_error &)> failed)
{
	std::shared_ptr<lt_inbox> inbox = s.inbox;

	if (!s.ses)
		throw lt_failure{ SP_ERR_CLOSED, "session is closed" };
	if (s.n_posted >= POSTED_MAX)
		throw lt_failure{ SP_ERR_FULL, "too much is asked for" };

	bt::session_handle h = *s.ses;

	LT_CALL(boost::asio::post(h.get_context(), [=]() mutable {
		lt_closure done;
		lt_error why;

		if (lt_guard(&why, [&] {
			    done = LT_CALL(work(h));
			    return 0;
		    }) < 0)
			done = [=](lt_session &in) { failed(in, why); };
		lt_guard(&why, [&] {
			inbox->put([=](lt_session &in) {
				in.n_posted--;
				done(in);
			});
			return 0;
		});
	}));
	s.n_posted++;
}

/* ---- what is asked for ---- */

int
lt_post_counters(lt_session *s)
{
	return lt_guard_session(s, [&] {
		LT_CALL(s->ses->post_session_stats());
		return 0;
	});
}

int
lt_post_dht_stats(lt_session *s)
{
	return lt_guard_session(s, [&] {
		LT_CALL(s->ses->post_dht_stats());
		return 0;
	});
}

static lt_closure
state_of(bt::session_handle &h)
{
	auto flags = bt::session_handle::save_dht_state;
	std::vector<char> bytes =
	    bt::write_session_params_buf(h.session_state(flags), flags);

	return [bytes](lt_session &s) {
		lt_event ev = lt_event_make(LT_EV_STATE);

		ev.u.bytes.p = reinterpret_cast<const uint8_t *>(bytes.data());
		ev.u.bytes.len = bytes.size();
		s.emit(ev);
	};
}

int
lt_post_state(lt_session *s)
{
	return lt_guard_session(s, [&] {
		lt_post(*s, state_of, [](lt_session &in, const lt_error &e) {
			lt_event ev = lt_event_make(LT_EV_STATE);

			ev.error = e;
			in.emit(ev);
		});
		return 0;
	});
}

int
lt_post_status(lt_session *s)
{
	return lt_guard_session(s, [&] {
		LT_CALL(s->ses->post_torrent_updates(
		    bt::torrent_handle::query_pieces));
		return 0;
	});
}

static lt_closure
status_of_all(bt::session_handle &h)
{
	std::vector<bt::torrent_status> v = h.get_torrent_status(
	    [](const bt::torrent_status &) { return true; },
	    bt::torrent_handle::query_pieces);

	return [v](lt_session &s) { lt_emit_status(s, v); };
}

int
lt_post_status_all(lt_session *s)
{
	return lt_guard_session(s, [&] {
		lt_post(*s, status_of_all, lt_lost);
		return 0;
	});
}
