#include "lt/lt.h"

#include "lt/lt_int.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include <sys/eventfd.h>
#include <unistd.h>

#include <libtorrent/error_code.hpp>
#include <libtorrent/posix_disk_io.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/version.hpp>

namespace bt = libtorrent;

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

int
lt_fail_ec(lt_error *why, int code, const bt::error_code &ec) noexcept
{
	lt_fail(why, code, "");
	if (why == nullptr)
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
	if (ec.category() == bt::bdecode_category())
		return SP_ERR_SYNTAX;
	return SP_ERR_IO;
}

int
lt_fail_thrown(lt_error *why) noexcept
{
	try {
		throw;
	} catch (const lt_failure &e) {
		return lt_fail(why, e.code, e.text.c_str());
	} catch (const std::bad_alloc &) {
		return lt_fail(why, SP_ERR_NOMEM, "out of memory");
	} catch (const boost::system::system_error &e) {
		return lt_fail_ec(why, code_of(e.code()), e.code());
	} catch (const std::exception &e) {
		return lt_fail(why, SP_ERR_IO, e.what());
	} catch (...) {
		return lt_fail(why, SP_ERR_IO, "something unknown was thrown");
	}
}

/* ---- the inbox ---- */

lt_inbox::lt_inbox()
{
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		throw boost::system::system_error(errno,
		    boost::system::system_category());
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

lt_session::lt_session() : inbox(std::make_shared<lt_inbox>()), why()
{
	lt_fail(&why, 0, "no error");
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
	if (conf.lsd_peers)
		mask |= cat::peer;
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

static void
start(lt_session &s, const lt_conf &conf)
{
	bt::session_params p = params_of(conf);
	std::shared_ptr<lt_inbox> inbox = s.inbox;

	{
		signals_blocked guard;

		s.ses = LT_CALL(std::make_unique<bt::session>(std::move(p)));
	}
	LT_CALL(s.ses->set_alert_notify([inbox] { inbox->wake(); }));
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
		s->proxy = LT_CALL(s->ses->abort());
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
	return &s->why;
}

int
lt_apply(lt_session *s, const lt_kv *settings, size_t n)
{
	return lt_guard_session(s, [&] {
		bt::settings_pack pack;

		lt_settings_read(pack, settings, n);
		LT_CALL(s->ses->apply_settings(std::move(pack)));
		return 0;
	});
}

int
lt_fd(const lt_session *s)
{
	return s->inbox->fd;
}

/* ---- events ---- */

lt_event
lt_event_make(lt_event_type type) noexcept
{
	lt_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.size = sizeof(ev);
	ev.type = type;
	ev.error.size = sizeof(ev.error);
	return ev;
}

sp_addr
lt_addr(const bt::address &a, uint16_t port) noexcept
{
	sp_addr out;

	memset(&out, 0, sizeof(out));
	if (a.is_v4() || a.to_v6().is_v4_mapped()) {
		auto b =
		    (a.is_v4() ? a.to_v4()
			       : boost::asio::ip::make_address_v4(
				     boost::asio::ip::v4_mapped, a.to_v6()))
			.to_bytes();

		out.family = 4;
		memcpy(out.ip, b.data(), b.size());
	} else {
		auto b = a.to_v6().to_bytes();

		out.family = 6;
		memcpy(out.ip, b.data(), b.size());
	}
	out.port = port;
	return out;
}

void
lt_session::emit(lt_event &ev)
{
	if (is_freed)
		return;
	n_events++;
	cb(ctx, &ev);
}

static void
on_alert(lt_session &s, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::listen_succeeded_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_LISTENING);

		ev.u.listen.udp = a->socket_type == bt::socket_type_t::utp;
		ev.u.listen.addr =
		    lt_addr(a->address, static_cast<uint16_t>(a->port));
		s.emit(ev);
	}
}

/* An event got lost: its making failed. */
static void
lost(lt_session &s, const lt_error &why)
{
	lt_event ev = lt_event_make(LT_EV_DROPPED);

	ev.error = why;
	s.emit(ev);
}

static void
drain_alerts(lt_session &s)
{
	std::vector<bt::alert *> alerts;
	lt_error why;

	if (!s.ses)
		return;
	if (lt_guard(&why, [&] {
		    LT_CALL(s.ses->pop_alerts(&alerts));
		    return 0;
	    }) < 0)
		lost(s, why);
	for (const bt::alert *a : alerts) {
		if (lt_guard(&why, [&] {
			    on_alert(s, a);
			    return 0;
		    }) < 0)
			lost(s, why);
	}
}

static void
drain_inbox(lt_session &s)
{
	std::deque<std::function<void(lt_session &)>> todo;
	lt_error why;

	{
		std::lock_guard<std::mutex> hold(s.inbox->lock);

		todo.swap(s.inbox->todo);
	}
	for (auto &f : todo) {
		if (lt_guard(&why, [&] {
			    f(s);
			    return 0;
		    }) < 0)
			lost(s, why);
	}
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
	drain_alerts(*s);
	drain_inbox(*s);
	s->is_draining = false;
	s->cb = nullptr;
	r = s->n_events;
	if (s->is_freed)
		delete s;
	return r;
}

int
lt_post_counters(lt_session *s)
{
	return lt_guard_session(s, [&] {
		LT_CALL(s->ses->post_session_stats());
		return 0;
	});
}
