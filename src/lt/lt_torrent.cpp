#include "lt/lt_int.hpp"

#include <cstring>

#include <libtorrent/peer_info.hpp>

namespace bt = libtorrent;

using on_handle = std::function<void(bt::torrent_handle &)>;

/* Calls that one torrent may have waiting. */
static const size_t LATER_MAX = 1024;

lt_entry &
lt_entry_get(lt_session &s, uint64_t id)
{
	lt_entry *e = lt_entry_find(s, id);

	if (e == nullptr || e->is_doomed)
		throw lt_failure{ SP_ERR_NOTFOUND, "no such torrent" };
	return *e;
}

/* Calls |f| with the torrent, now or once it was added. */
static int
with_torrent(lt_session *s, uint64_t id, const on_handle &f)
{
	lt_entry &e = lt_entry_get(*s, id);

	if (e.is_added) {
		f(e.handle);
	} else {
		if (e.later.size() >= LATER_MAX)
			throw lt_failure{ SP_ERR_FULL, "too many calls wait" };
		e.later.push_back(f);
	}
	return 0;
}

static int
call(lt_session *s, uint64_t id, const on_handle &f)
{
	return lt_guard_session(s, [&] { return with_torrent(s, id, f); });
}

static const lt_info &
info_get(lt_session &s, uint64_t id)
{
	lt_entry &e = lt_entry_get(s, id);

	if (!e.info)
		throw lt_failure{ SP_ERR_AGAIN, "no metadata yet" };
	return *e.info;
}

static bt::piece_index_t
piece_get(lt_session &s, uint64_t id, uint32_t piece)
{
	if (piece >= info_get(s, id).n_pieces)
		throw lt_failure{ SP_ERR_RANGE, "no such piece" };
	return bt::piece_index_t(static_cast<int>(piece));
}

int
lt_remove(lt_session *s, uint64_t id, bool files)
{
	return lt_guard_session(s, [&] {
		lt_entry &e = lt_entry_get(*s, id);
		bt::remove_flags_t flags = {};

		e.with_files = files;
		if (e.is_added) {
			if (files) {
				flags = bt::session_handle::delete_files;
				s->removing.emplace_back(e.hashes, id);
			}
			try {
				LT_CALL(
				    s->ses->remove_torrent(e.handle, flags));
			} catch (...) {
				if (files)
					s->removing.pop_back();
				throw;
			}
		}
		e.is_doomed = true;
		return 0;
	});
}

const lt_info *
lt_info_of(const lt_session *s, uint64_t id)
{
	lt_entry *e = s == nullptr ? nullptr : lt_entry_find(*s, id);

	return e == nullptr ? nullptr : e->info.get();
}

int
lt_set_flags(lt_session *s, uint64_t id, uint32_t flags, uint32_t mask)
{
	return lt_guard_session(s, [&] {
		bt::torrent_flags_t f = lt_flags_to(flags);
		bt::torrent_flags_t m = lt_flags_to(mask);
		/* An error that made it stand still is over. */
		bool again = mask & ~flags & (LT_PAUSED | LT_UPLOAD_ONLY);

		if (mask &
		    ~uint32_t(LT_PAUSED | LT_SEQUENTIAL | LT_UPLOAD_ONLY))
			throw lt_failure{ SP_ERR_ARG, "not to be changed" };
		return with_torrent(s, id, [=](bt::torrent_handle &h) {
			LT_CALL(h.set_flags(f, m));
			if (again)
				LT_CALL(h.clear_error());
		});
	});
}

static int
limit_of(uint32_t v)
{
	return v == 0 ? -1 : static_cast<int>(SP_MIN(v, uint32_t(INT_MAX)));
}

int
lt_limit(lt_session *s, uint64_t id, uint32_t up_bps, uint32_t down_bps)
{
	return call(s, id, [=](bt::torrent_handle &h) {
		LT_CALL(h.set_upload_limit(limit_of(up_bps)));
		LT_CALL(h.set_download_limit(limit_of(down_bps)));
	});
}

int
lt_connect_peer(lt_session *s, uint64_t id, const sp_addr *addr)
{
	return lt_guard_session(s, [&] {
		if (addr == nullptr)
			throw lt_failure{ SP_ERR_ARG, "no address" };

		bt::tcp::endpoint ep = lt_endpoint(*addr);

		return with_torrent(s, id, [=](bt::torrent_handle &h) {
			LT_CALL(h.connect_peer(ep));
		});
	});
}

/* ---- pieces ---- */

int
lt_add_piece(lt_session *s, uint64_t id, uint32_t piece, const void *p,
    size_t len)
{
	return lt_guard_session(s, [&] {
		bt::piece_index_t i = piece_get(*s, id, piece);
		lt_entry &e = lt_entry_get(*s, id);

		if (p == nullptr)
			throw lt_failure{ SP_ERR_ARG, "no bytes" };
		if (len != lt_info_piece_size(e.info.get(), piece))
			throw lt_failure{ SP_ERR_RANGE, "not its size" };
		if (!e.is_added)
			throw lt_failure{ SP_ERR_AGAIN, "not added yet" };

		const char *from = static_cast<const char *>(p);
		std::vector<char> bytes(from, from + len);

		LT_CALL(e.handle.add_piece(i, std::move(bytes)));
		return 0;
	});
}

int
lt_read_piece(lt_session *s, uint64_t id, uint32_t piece)
{
	return lt_guard_session(s, [&] {
		bt::piece_index_t i = piece_get(*s, id, piece);

		return with_torrent(s, id,
		    [=](bt::torrent_handle &h) { LT_CALL(h.read_piece(i)); });
	});
}

int
lt_set_deadline(lt_session *s, uint64_t id, uint32_t piece, uint32_t ms,
    bool read)
{
	return lt_guard_session(s, [&] {
		bt::piece_index_t i = piece_get(*s, id, piece);
		int t = static_cast<int>(SP_MIN(ms, uint32_t(INT_MAX)));
		bt::deadline_flags_t flags = {};

		if (read)
			flags = bt::torrent_handle::alert_when_available;
		return with_torrent(s, id, [=](bt::torrent_handle &h) {
			LT_CALL(h.set_piece_deadline(i, t, flags));
		});
	});
}

int
lt_reset_deadline(lt_session *s, uint64_t id, uint32_t piece)
{
	return lt_guard_session(s, [&] {
		bt::piece_index_t i = piece_get(*s, id, piece);

		return with_torrent(s, id, [=](bt::torrent_handle &h) {
			LT_CALL(h.reset_piece_deadline(i));
		});
	});
}

int
lt_clear_deadlines(lt_session *s, uint64_t id)
{
	return call(s, id,
	    [](bt::torrent_handle &h) { LT_CALL(h.clear_piece_deadlines()); });
}

static bt::download_priority_t
priority_of(uint8_t v)
{
	if (v > 7)
		throw lt_failure{ SP_ERR_ARG, "priority is more than 7" };
	return bt::download_priority_t(v);
}

int
lt_file_priorities(lt_session *s, uint64_t id, const uint8_t *prio, size_t n)
{
	return lt_guard_session(s, [&] {
		std::vector<bt::download_priority_t> v;

		if (prio == nullptr || info_get(*s, id).n_files != n)
			throw lt_failure{ SP_ERR_ARG, "not one for each file" };
		for (size_t i = 0; i < n; i++)
			v.push_back(priority_of(prio[i]));
		return with_torrent(s, id, [=](bt::torrent_handle &h) {
			LT_CALL(h.prioritize_files(v));
		});
	});
}

int
lt_piece_priorities(lt_session *s, uint64_t id, uint32_t first, uint32_t n,
    uint8_t prio)
{
	return lt_guard_session(s, [&] {
		std::vector<
		    std::pair<bt::piece_index_t, bt::download_priority_t>>
		    v;
		bt::download_priority_t p = priority_of(prio);

		if (first > info_get(*s, id).n_pieces ||
		    n > info_get(*s, id).n_pieces - first)
			throw lt_failure{ SP_ERR_RANGE, "no such pieces" };
		for (uint32_t i = first; i < first + n; i++)
			v.emplace_back(bt::piece_index_t(static_cast<int>(i)),
			    p);
		return with_torrent(s, id, [=](bt::torrent_handle &h) {
			LT_CALL(h.prioritize_pieces(v));
		});
	});
}

/* ---- what is asked for ---- */

int
lt_recheck(lt_session *s, uint64_t id)
{
	return call(s, id,
	    [](bt::torrent_handle &h) { LT_CALL(h.force_recheck()); });
}

int
lt_save_resume(lt_session *s, uint64_t id, bool info)
{
	return call(s, id, [=](bt::torrent_handle &h) {
		bt::resume_data_flags_t flags =
		    bt::torrent_handle::flush_disk_cache;

		if (info)
			flags |= bt::torrent_handle::save_info_dict;
		LT_CALL(h.save_resume_data(flags));
	});
}

static uint32_t
to_u32(int v)
{
	return v < 0 ? 0 : static_cast<uint32_t>(v);
}

static lt_peer
peer_of(const bt::peer_info &p)
{
	lt_peer out;

	memset(&out, 0, sizeof(out));
	out.addr = lt_addr(p.ip.address(), p.ip.port());
	out.client = p.client.c_str();
	out.outgoing = bool(p.flags & bt::peer_info::outgoing_connection);
	out.utp = bool(p.flags & bt::peer_info::utp_socket);
	out.encrypted = bool(p.flags & (bt::peer_info::rc4_encrypted |
					   bt::peer_info::ssl_socket));
	out.choked_us = bool(p.flags & bt::peer_info::remote_choked);
	out.interested = bool(p.flags & bt::peer_info::remote_interested);
	out.seed = bool(p.flags & bt::peer_info::seed);
	out.web = p.connection_type != bt::peer_info::standard_bittorrent;
	out.down_bps = to_u32(p.payload_down_speed);
	out.up_bps = to_u32(p.payload_up_speed);
	out.down_bytes = p.total_download;
	out.up_bytes = p.total_upload;
	out.have = to_u32(p.num_pieces);
	out.queued = to_u32(p.download_queue_length);
	out.pieces = reinterpret_cast<const uint8_t *>(p.pieces.data());
	out.n_pieces = to_u32(p.pieces.size());
	return out;
}

static void
emit_peers(lt_session &s, uint64_t id, const std::vector<bt::peer_info> &peers)
{
	lt_event ev = lt_event_make(LT_EV_PEERS, id);
	std::vector<lt_peer> v;

	if (lt_entry_find(s, id) == nullptr)
		return;
	for (const bt::peer_info &p : peers)
		v.push_back(peer_of(p));
	ev.u.conns.v = v.data();
	ev.u.conns.n = v.size();
	s.emit(ev);
}

int
lt_post_peers(lt_session *s, uint64_t id)
{
	return call(s, id, [=](bt::torrent_handle &handle) {
		bt::torrent_handle h = handle;

		lt_post(
		    *s,
		    [=](bt::session_handle &) -> lt_closure {
			    std::vector<bt::peer_info> v;

			    h.get_peer_info(v);
			    return
				[=](lt_session &in) { emit_peers(in, id, v); };
		    },
		    [=](lt_session &in, const lt_error &why) {
			    lt_event ev = lt_event_make(LT_EV_PEERS, id);

			    ev.error = why;
			    in.emit(ev);
		    });
	});
}
