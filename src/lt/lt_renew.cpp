#include "lt/lt_int.hpp"

#include <algorithm>

namespace bt = libtorrent;

static const size_t CALLERS_MAX = 64;

/*
 * Adding a torrent anew, which is the only way to take back what libtorrent has
 * against a peer. Who has 8 good pieces to his name is banned for the next one
 * that is wrong, whoever else sent parts of it: his trust is a number of 4 bits
 * with a sign, and 8 is -8 (2.0.8, torrent_peer::trust_points).
 */

int
lt_renew(lt_session *s, uint64_t id, const sp_addr *pardon)
{
	return lt_guard_session(s, [&] {
		lt_entry &e = lt_entry_get(*s, id);

		if (!e.is_added || !e.info)
			throw lt_failure{ SP_ERR_AGAIN, "not there yet" };
		e.pardons.clear();
		if (pardon != nullptr)
			e.pardons.push_back(lt_endpoint(*pardon));
		if (e.is_renewing)
			return 0;
		LT_CALL(e.handle.save_resume_data(
		    bt::torrent_handle::save_info_dict));
		e.is_renewing = true;
		return 0;
	});
}

/* Nobody is banned but whom |pardons| leaves out. */
static void
take_bans(bt::add_torrent_params &p, const std::vector<bt::tcp::endpoint> &out)
{
	auto is_out = [&](const bt::tcp::endpoint &ep) {
		return std::find(out.begin(), out.end(), ep) != out.end();
	};
	auto &v = p.banned_peers;

	if (out.empty())
		v.clear();
	v.erase(std::remove_if(v.begin(), v.end(), is_out), v.end());
	p.peers.insert(p.peers.begin(), out.begin(), out.end());
}

static bt::add_torrent_params
params_of(const lt_entry &e, const bt::add_torrent_params &saved)
{
	bt::add_torrent_params p = saved;

	/* The old one may go on with its own for a while. */
	if (p.ti)
		p.ti = std::make_shared<bt::torrent_info>(*p.ti);
	p.userdata = lt_id_data(e.id);
	p.flags = e.flags;
	/* Of these some may be lies. */
	p.unfinished_pieces.clear();
	p.piece_priorities.clear();
	p.file_priorities.clear();
	take_bans(p, e.pardons);
	return p;
}

static void
swap(lt_session &s, lt_entry &e, const bt::add_torrent_params &saved)
{
	bt::add_torrent_params p = params_of(e, saved);

	LT_CALL(s.ses->remove_torrent(e.handle));
	e.is_added = false;
	LT_CALL(s.ses->async_add_torrent(std::move(p)));
	/* Otherwise its removal is news. */
	e.n_replaced++;
	e.before = e.now;
}

void
lt_entry_renew(lt_session &s, lt_entry &e, const bt::add_torrent_params &saved)
{
	lt_error why;

	e.is_renewing = false;
	if (!e.is_doomed && lt_guard(&why, [&] {
		    swap(s, e, saved);
		    return 0;
	    }) < 0)
		lt_entry_failed(s, e, why);
}

bool
lt_on_ban_alert(lt_session &s, lt_entry &e, const bt::alert *alert)
{
	using in = bt::peer_connect_alert::direction_t;

	if (auto c = bt::alert_cast<bt::peer_connect_alert>(alert)) {
		if (c->direction != in::in)
			return true;
		e.callers.push_back(c->endpoint);
		if (e.callers.size() > CALLERS_MAX)
			e.callers.pop_front();
	} else if (auto b = bt::alert_cast<bt::peer_ban_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_BANNED, e.id);
		auto it =
		    std::find(e.callers.begin(), e.callers.end(), b->endpoint);
		bool called = it != e.callers.end();

		ev.u.address = lt_addr(b->endpoint.address(),
		    called ? 0 : b->endpoint.port());
		s.emit(ev);
	} else {
		return false;
	}
	return true;
}

void
lt_entry_failed(lt_session &s, lt_entry &e, const lt_error &why)
{
	lt_event ev =
	    lt_event_make(e.is_added ? LT_EV_ADDED : LT_EV_TORRENT_ERROR, e.id);

	e.is_renewing = false;
	ev.error = why;
	s.emit(ev);
}
