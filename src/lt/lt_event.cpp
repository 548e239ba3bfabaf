#include "lt/lt_int.hpp"

#include <cstring>
#include <type_traits>

#include <libtorrent/error_code.hpp>
#include <libtorrent/write_resume_data.hpp>

namespace bt = libtorrent;

lt_event
lt_event_make(lt_event_type type, uint64_t torrent) noexcept
{
	lt_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.size = sizeof(ev);
	ev.type = type;
	ev.torrent = torrent;
	ev.error.size = sizeof(ev.error);
	return ev;
}

sp_addr
lt_addr(const bt::address &a, uint16_t port) noexcept
{
	sp_addr out;

	memset(&out, 0, sizeof(out));
	if (a.is_v4()) {
		auto b = a.to_v4().to_bytes();

		out.family = 4;
		memcpy(out.ip, b.data(), b.size());
	} else {
		auto b = a.to_v6().to_bytes();
		bool mapped = a.to_v6().is_v4_mapped();

		out.family = mapped ? 4 : 6;
		memcpy(out.ip, b.data() + (mapped ? 12 : 0), mapped ? 4 : 16);
	}
	out.port = port;
	return out;
}

/* ---- sessions ---- */

static bool
on_listen(lt_session &s, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::listen_succeeded_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_LISTENING);

		ev.u.listen.udp = a->socket_type == bt::socket_type_t::utp;
		ev.u.listen.addr =
		    lt_addr(a->address, static_cast<uint16_t>(a->port));
		if (s.conf.mute)
			lt_mute_socket(ev.u.listen.addr, ev.u.listen.udp);
		else
			s.emit(ev);
	} else if (auto f = bt::alert_cast<bt::listen_failed_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_LISTEN_FAILED);

		ev.u.listen.udp = f->socket_type == bt::socket_type_t::utp;
		ev.u.listen.addr =
		    lt_addr(f->address, static_cast<uint16_t>(f->port));
		lt_fail_ec(&ev.error, SP_ERR_IO, f->error);
		/* It finds that the socket was shut. */
		if (!s.conf.mute)
			s.emit(ev);
	} else if (auto x = bt::alert_cast<bt::external_ip_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_ADDRESS);

		ev.u.address = lt_addr(x->external_address, 0);
		s.emit(ev);
	} else {
		return false;
	}
	return true;
}

static void
on_counters(lt_session &s, const bt::session_stats_alert &a)
{
	lt_event ev = lt_event_make(LT_EV_COUNTERS);
	auto values = a.counters();
	std::vector<lt_counter> v;

	for (const bt::stats_metric &m : s.metrics)
		if (m.value_index >= 0 && m.value_index < values.size())
			v.push_back({ m.name, values[m.value_index] });
	ev.u.counters.v = v.data();
	ev.u.counters.n = v.size();
	s.emit(ev);
}

static bool
on_session(lt_session &s, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::session_stats_alert>(alert)) {
		on_counters(s, *a);
	} else if (auto st = bt::alert_cast<bt::state_update_alert>(alert)) {
		lt_emit_status(s, st->status);
	} else if (bt::alert_cast<bt::alerts_dropped_alert>(alert) != nullptr) {
		lt_error why;

		lt_fail(&why, SP_ERR_FULL, "libtorrent's queue was full");
		lt_lost(s, why);
	} else if (auto e = bt::alert_cast<bt::session_error_alert>(alert)) {
		lt_error why;

		lt_fail_ec(&why, SP_ERR_IO, e->error);
		lt_lost(s, why);
	} else {
		return false;
	}
	return true;
}

/* ---- status ---- */

uint32_t
lt_flags_of(bt::torrent_flags_t f) noexcept
{
	uint32_t out = 0;

	if (f & bt::torrent_flags::paused)
		out |= LT_PAUSED;
	if (f & bt::torrent_flags::sequential_download)
		out |= LT_SEQUENTIAL;
	if (f & bt::torrent_flags::upload_mode)
		out |= LT_UPLOAD_ONLY;
	return out;
}

static lt_state
state_of(const bt::torrent_status &t)
{
	switch (t.state) {
	case bt::torrent_status::downloading_metadata:
		return LT_STATE_METADATA;
	case bt::torrent_status::downloading:
		return LT_STATE_LOADING;
	case bt::torrent_status::finished:
		return LT_STATE_FINISHED;
	case bt::torrent_status::seeding:
		return LT_STATE_SEEDING;
	default:
		return LT_STATE_CHECKING;
	}
}

template <typename T>
static uint32_t
to_u32(T v)
{
	return v < 0 ? 0 : static_cast<uint32_t>(v);
}

/* With that of the torrents before it (lt_renew). */
static void
add_traffic(lt_status &out, lt_entry &e, const bt::torrent_status &t)
{
	e.now.down = e.before.down + t.total_payload_download;
	e.now.up = e.before.up + t.total_payload_upload;
	e.now.failed = e.before.failed + t.total_failed_bytes;
	out.down_bytes = e.now.down;
	out.up_bytes = e.now.up;
	out.failed_bytes = e.now.failed;
}

static lt_status
status_of(const lt_session &s, const bt::torrent_status &t)
{
	lt_status out;
	lt_entry *e;

	memset(&out, 0, sizeof(out));
	out.torrent = lt_id_of(t.handle.userdata());
	e = lt_entry_find(s, out.torrent);
	out.state = state_of(t);
	out.flags = lt_flags_of(t.flags);
	if (t.errc)
		out.error = lt_fail_ec(nullptr, 0, t.errc);
	out.progress_ppm = to_u32(t.progress_ppm);
	out.done = t.total_wanted_done;
	out.total = t.total_wanted;
	out.down_bps = to_u32(t.download_payload_rate);
	out.up_bps = to_u32(t.upload_payload_rate);
	out.peers = to_u32(t.num_peers);
	out.seeds = to_u32(t.num_seeds);
	out.known = to_u32(t.list_peers);
	out.have = to_u32(t.num_pieces);
	out.needs_resume = t.need_save_resume;
	if (e != nullptr)
		add_traffic(out, *e, t);
	if (e != nullptr && e->info) {
		out.n_pieces = e->info->n_pieces;
		if (t.pieces.size() == static_cast<int>(out.n_pieces))
			out.pieces =
			    reinterpret_cast<const uint8_t *>(t.pieces.data());
	}
	return out;
}

void
lt_emit_status(lt_session &s, const std::vector<bt::torrent_status> &all)
{
	lt_event ev = lt_event_make(LT_EV_STATUS);
	std::vector<lt_status> v;

	for (const bt::torrent_status &t : all)
		if (lt_entry_find(s, lt_id_of(t.handle.userdata())) != nullptr)
			v.push_back(status_of(s, t));
	ev.u.status.v = v.data();
	ev.u.status.n = v.size();
	s.emit(ev);
}

/* ---- torrents ---- */

/* Zeros at the end of bytes [from, to) of the torrent that are no file's. */
static int64_t
padding_of(const lt_info &i, int64_t from, int64_t to)
{
	int64_t end = to;

	for (size_t k = i.n_files; k-- > 0 && end > from;) {
		const lt_file &f = i.files[k];

		if (f.offset >= end)
			continue;
		if (!f.pad) {
			/* What is between files that have no pad file. */
			end = SP_MIN(end, f.offset + f.length);
			if (f.length > 0)
				break;
			continue;
		}
		end = SP_MAX(f.offset, from);
	}
	return to - end;
}

/* What lt_hold keeps. */
using lt_bytes = boost::shared_array<char>;

static void
on_data(lt_session &s, lt_entry &e, const bt::read_piece_alert &a)
{
	lt_event ev = lt_event_make(LT_EV_DATA, e.id);
	lt_event_data &d = ev.u.data;

	d.piece = static_cast<uint32_t>(static_cast<int>(a.piece));
	if (a.error || a.buffer.get() == nullptr || !e.info) {
		if (a.error)
			lt_fail_ec(&ev.error, 0, a.error);
		else
			lt_fail(&ev.error, SP_ERR_IO, "no bytes");
	} else {
		int64_t from =
		    static_cast<int64_t>(d.piece) * e.info->piece_length;

		d.p = reinterpret_cast<const uint8_t *>(a.buffer.get());
		d.padding = static_cast<size_t>(
		    padding_of(*e.info, from, from + a.size));
		d.len = static_cast<size_t>(a.size) - d.padding;
		d.own = &a.buffer;
	}
	s.emit(ev);
}

void *
lt_hold(const lt_event *ev)
{
	void *out = nullptr;

	if (ev == nullptr || ev->type != LT_EV_DATA || ev->u.data.p == nullptr)
		return nullptr;
	lt_guard(nullptr, [&] {
		out = new lt_bytes(
		    *static_cast<const lt_bytes *>(ev->u.data.own));
		return 0;
	});
	return out;
}

void
lt_release(void *held)
{
	delete static_cast<lt_bytes *>(held);
}

static void
on_resume(lt_session &s, lt_entry &e, const bt::save_resume_data_alert &a)
{
	if (e.is_renewing) {
		lt_entry_renew(s, e, a.params);
		return;
	}

	lt_event ev = lt_event_make(LT_EV_RESUME, e.id);
	std::vector<char> bytes = LT_CALL(bt::write_resume_data_buf(a.params));

	ev.u.bytes.p = reinterpret_cast<const uint8_t *>(bytes.data());
	ev.u.bytes.len = bytes.size();
	s.emit(ev);
}

/* An event that has nothing but an error. */
static void
emit_error(lt_session &s, lt_event_type type, uint64_t id,
    const bt::error_code &ec, const char *where)
{
	lt_event ev = lt_event_make(type, id);

	lt_fail_ec(&ev.error, 0, ec);
	if (where != nullptr && where[0] != '\0') {
		std::string text = std::string(where) + ": " + ev.error.text;
		size_t n = SP_MIN(text.size(), sizeof(ev.error.text) - 1);

		memcpy(ev.error.text, text.data(), n);
		ev.error.text[n] = '\0';
	}
	s.emit(ev);
}

/* The info of a magnet link is asked for on libtorrent's thread. */
static void
on_metadata(lt_session &s, lt_entry &e)
{
	bt::torrent_handle h = e.handle;
	uint64_t id = e.id;

	lt_post(
	    s,
	    [h, id](bt::session_handle &) -> lt_closure {
		    std::shared_ptr<const bt::torrent_info> ti =
			h.torrent_file();

		    return [ti, id](lt_session &in) {
			    lt_entry *found = lt_entry_find(in, id);

			    if (found == nullptr || !ti)
				    return;
			    found->info =
				lt_info_make(*ti, bt::add_torrent_params());
			    in.emit(lt_event_make(LT_EV_METADATA, id));
		    };
	    },
	    [id](lt_session &in, const lt_error &why) {
		    lt_event ev = lt_event_make(LT_EV_TORRENT_ERROR, id);

		    ev.error = why;
		    in.emit(ev);
	    });
}

static void
emit_piece(lt_session &s, lt_event_type type, uint64_t id, bt::piece_index_t p)
{
	lt_event ev = lt_event_make(type, id);

	ev.u.piece = static_cast<uint32_t>(static_cast<int>(p));
	s.emit(ev);
}

/* What a torrent got on with. */
static bool
on_progress(lt_session &s, lt_entry &e, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::read_piece_alert>(alert))
		on_data(s, e, *a);
	else if (auto p = bt::alert_cast<bt::piece_finished_alert>(alert))
		emit_piece(s, LT_EV_PIECE, e.id, p->piece_index);
	else if (auto h = bt::alert_cast<bt::hash_failed_alert>(alert))
		emit_piece(s, LT_EV_HASH_FAILED, e.id, h->piece_index);
	else if (bt::alert_cast<bt::torrent_checked_alert>(alert) != nullptr)
		s.emit(lt_event_make(LT_EV_CHECKED, e.id));
	else if (bt::alert_cast<bt::torrent_finished_alert>(alert) != nullptr)
		s.emit(lt_event_make(LT_EV_FINISHED, e.id));
	else if (bt::alert_cast<bt::metadata_received_alert>(alert) != nullptr)
		on_metadata(s, e);
	else if (auto r = bt::alert_cast<bt::save_resume_data_alert>(alert))
		on_resume(s, e, *r);
	else if (auto l = bt::alert_cast<bt::lsd_peer_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_LSD_PEER, e.id);

		ev.u.address =
		    lt_addr(l->endpoint.address(), l->endpoint.port());
		s.emit(ev);
	} else
		return lt_on_ban_alert(s, e, alert);
	return true;
}

/* What went wrong with it. */
static bool
on_trouble(lt_session &s, lt_entry &e, const bt::alert *alert)
{
	using bt::alert_cast;

	if (auto a = alert_cast<bt::save_resume_data_failed_alert>(alert)) {
		lt_error why;

		lt_fail_ec(&why, 0, a->error);
		if (e.is_renewing)
			lt_entry_failed(s, e, why);
		else
			emit_error(s, LT_EV_RESUME, e.id, a->error, nullptr);
	} else if (auto t = alert_cast<bt::torrent_error_alert>(alert)) {
		emit_error(s, LT_EV_TORRENT_ERROR, e.id, t->error,
		    t->filename());
	} else if (auto f = alert_cast<bt::file_error_alert>(alert)) {
		emit_error(s, LT_EV_TORRENT_ERROR, e.id, f->error,
		    f->filename());
	} else if (auto m = alert_cast<bt::metadata_failed_alert>(alert)) {
		emit_error(s, LT_EV_TORRENT_ERROR, e.id, m->error, "metadata");
	} else if (auto c = alert_cast<bt::torrent_conflict_alert>(alert)) {
		emit_error(s, LT_EV_TORRENT_ERROR, e.id,
		    bt::errors::duplicate_torrent, nullptr);
		(void)c;
	} else if (auto k = alert_cast<bt::tracker_error_alert>(alert)) {
		/* of an address of ours from which no way leads there */
		if (k->error == bt::errors::announce_skipped)
			return true;

		lt_event ev = lt_event_make(LT_EV_TRACKER_ERROR, e.id);

		if (k->failure_reason()[0] != '\0')
			lt_fail(&ev.error, SP_ERR_IO, k->failure_reason());
		else
			lt_fail_ec(&ev.error, SP_ERR_IO, k->error);
		ev.u.url = k->tracker_url();
		s.emit(ev);
	} else {
		return false;
	}
	return true;
}

/* Of one torrent: a magnet link may have had one hash of two. */
static bool
is_same(const bt::info_hash_t &a, const bt::info_hash_t &b)
{
	return (a.has_v1() && b.has_v1() && a.v1 == b.v1) ||
	       (a.has_v2() && b.has_v2() && a.v2 == b.v2);
}

static void
files_removed(lt_session &s, const bt::info_hash_t &hashes,
    const bt::error_code &ec)
{
	for (auto it = s.removing.begin(); it != s.removing.end(); ++it) {
		uint64_t id = it->second;

		if (!is_same(it->first, hashes))
			continue;
		s.removing.erase(it);
		if (ec)
			emit_error(s, LT_EV_FILES_REMOVED, id, ec, nullptr);
		else
			s.emit(lt_event_make(LT_EV_FILES_REMOVED, id));
		return;
	}
}

/* That it is there, or not any more. */
static bool
on_life(lt_session &s, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::add_torrent_alert>(alert)) {
		lt_entry *e = lt_entry_find(s, lt_id_of(a->params.userdata));

		if (e != nullptr)
			lt_entry_added(s, *e, a->handle, a->error);
	} else if (auto r = bt::alert_cast<bt::torrent_removed_alert>(alert)) {
		lt_entry *e = lt_entry_find(s, lt_id_of(r->userdata));

		if (e != nullptr)
			lt_entry_removed(s, *e);
	} else if (auto d = bt::alert_cast<bt::torrent_deleted_alert>(alert)) {
		files_removed(s, d->info_hashes, bt::error_code());
	} else if (auto f =
		       bt::alert_cast<bt::torrent_delete_failed_alert>(alert)) {
		files_removed(s, f->info_hashes, f->error);
	} else {
		return false;
	}
	return true;
}

void
lt_on_alert(lt_session &s, const bt::alert *alert)
{
	auto t = dynamic_cast<const bt::torrent_alert *>(alert);

	if (t == nullptr) {
		if (!on_listen(s, alert) && !on_session(s, alert) &&
		    !lt_on_dht_alert(s, alert))
			lt_on_map_alert(s, alert);
		return;
	}
	if (on_life(s, alert))
		return;
	lt_entry *e = lt_entry_find(s, lt_id_of(t->handle.userdata()));

	if (e != nullptr && e->is_added && !on_progress(s, *e, alert))
		on_trouble(s, *e, alert);
}
