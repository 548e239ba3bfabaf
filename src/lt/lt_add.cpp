#include "lt/lt_int.hpp"

#include <cstring>

#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/read_resume_data.hpp>

namespace bt = libtorrent;
namespace tf = bt::torrent_flags;

/* So that its type is told apart from that of other cookies. */
struct lt_id_tag;

uint64_t
lt_id_of(const bt::client_data_t &data) noexcept
{
	return reinterpret_cast<uintptr_t>(data.get<lt_id_tag>());
}

bt::client_data_t
lt_id_data(uint64_t id) noexcept
{
	return bt::client_data_t(
	    reinterpret_cast<lt_id_tag *>(static_cast<uintptr_t>(id)));
}

bt::torrent_flags_t
lt_flags_to(uint32_t f) noexcept
{
	bt::torrent_flags_t out = {};

	if (f & LT_PAUSED)
		out |= tf::paused;
	if (f & LT_SEQUENTIAL)
		out |= tf::sequential_download;
	if (f & LT_UPLOAD_ONLY)
		out |= tf::upload_mode;
	return out;
}

static bt::torrent_flags_t
all_flags(uint32_t f)
{
	/* Without update_subscribe no status is told. */
	bt::torrent_flags_t out =
	    lt_flags_to(f) | tf::update_subscribe | tf::duplicate_is_error;

	if (f & LT_SEED_MODE)
		out |= tf::seed_mode;
	if (f & LT_NO_DHT)
		out |= tf::disable_dht;
	if (f & LT_NO_LSD)
		out |= tf::disable_lsd;
	if (f & LT_NO_PEX)
		out |= tf::disable_pex;
	if (f & LT_NO_CHECK)
		out |= tf::no_verify_files;
	if (f & LT_STOP_WHEN_READY)
		out |= tf::stop_when_ready;
	if (f & LT_NOTHING)
		out |= tf::default_dont_download;
	return out;
}

static bt::add_torrent_params
of_magnet(const char *uri)
{
	bt::error_code ec;
	bt::add_torrent_params p =
	    LT_CALL(bt::parse_magnet_uri(bt::string_view(uri), ec));

	if (ec)
		throw lt_failure{ SP_ERR_SYNTAX, "magnet: " + ec.message(),
			ec };
	if (!p.info_hashes.has_v1() && !p.info_hashes.has_v2())
		throw lt_failure{ SP_ERR_SYNTAX, "magnet: no info-hash" };
	return p;
}

static bt::add_torrent_params
of_resume(const lt_torrent &add)
{
	bt::error_code ec;
	bt::add_torrent_params p = LT_CALL(bt::read_resume_data(
	    bt::span<const char>(static_cast<const char *>(add.resume),
		static_cast<std::ptrdiff_t>(add.resume_len)),
	    ec));

	if (ec)
		throw lt_failure{ SP_ERR_SYNTAX, "resume data: " + ec.message(),
			ec };
	/* Files are where the torrent has them, not anywhere on the disk. */
	p.renamed_files.clear();
	return p;
}

/* |base| with what |add|'s resume data know. */
static bt::add_torrent_params
resumed(const lt_torrent &add, bt::add_torrent_params base)
{
	bt::add_torrent_params p = of_resume(add);
	bt::info_hash_t h = base.ti ? base.ti->info_hashes() : base.info_hashes;

	if (h.has_v1() != p.info_hashes.has_v1() ||
	    h.has_v2() != p.info_hashes.has_v2()) {
		/* A magnet link may have one hash of a hybrid torrent. */
		if (base.ti || !((h.has_v1() && h.v1 == p.info_hashes.v1) ||
				   (h.has_v2() && h.v2 == p.info_hashes.v2)))
			throw lt_failure{ SP_ERR_HASH,
				"resume data are of another torrent" };
	} else if (!(h == p.info_hashes)) {
		throw lt_failure{ SP_ERR_HASH,
			"resume data are of another torrent" };
	}
	if (base.ti)
		p.ti = base.ti;
	if (p.trackers.empty()) {
		p.trackers = base.trackers;
		p.tracker_tiers = base.tracker_tiers;
	}
	/* They may be unjust (lt_renew), and are over after a while. */
	p.banned_peers.clear();
	if (p.url_seeds.empty())
		p.url_seeds = base.url_seeds;
	if (p.merkle_trees.empty()) {
		p.merkle_trees = base.merkle_trees;
		p.merkle_tree_mask = base.merkle_tree_mask;
	}
	p.peers.insert(p.peers.end(), base.peers.begin(), base.peers.end());
	return p;
}

static bt::add_torrent_params
params_of(const lt_torrent &add)
{
	bool has_info = add.metainfo != nullptr;
	bt::add_torrent_params p;

	if (has_info && add.magnet != nullptr)
		throw lt_failure{ SP_ERR_ARG, "both metainfo and magnet" };
	if (has_info)
		p = lt_info_load(add.metainfo, add.metainfo_len);
	else if (add.magnet != nullptr)
		p = of_magnet(add.magnet);
	if (add.resume_len > 0)
		p = has_info || add.magnet != nullptr ? resumed(add, p)
						      : of_resume(add);
	if (!p.ti && !p.info_hashes.has_v1() && !p.info_hashes.has_v2())
		throw lt_failure{ SP_ERR_ARG, "neither metainfo nor magnet" };
	return p;
}

static void
take_have(bt::add_torrent_params &p, const lt_torrent &add)
{
	if (add.n_have == 0)
		return;
	if (add.have == nullptr || !p.ti)
		throw lt_failure{ SP_ERR_ARG, "have without metainfo" };
	if (static_cast<int>(add.n_have) != p.ti->num_pieces())
		throw lt_failure{ SP_ERR_RANGE, "have has another number" };
	p.have_pieces.assign(reinterpret_cast<const char *>(add.have),
	    static_cast<int>(add.n_have));
}

bt::tcp::endpoint
lt_endpoint(const sp_addr &a)
{
	if (a.port == 0 || (a.family != 4 && a.family != 6))
		throw lt_failure{ SP_ERR_ARG, "no address or no port" };
	if (a.family == 4) {
		bt::address_v4::bytes_type b;

		memcpy(b.data(), a.ip, b.size());
		return { bt::address_v4(b), a.port };
	}
	bt::address_v6::bytes_type b;

	memcpy(b.data(), a.ip, b.size());
	return { bt::address_v6(b), a.port };
}

static void
take_sources(bt::add_torrent_params &p, const lt_torrent &add)
{
	if (add.flags & LT_NO_TRACKERS) {
		p.trackers.clear();
		p.tracker_tiers.clear();
		p.flags |= tf::override_trackers;
	}
	if (add.flags & LT_NO_WEB_SEEDS) {
		p.url_seeds.clear();
		p.http_seeds.clear();
		p.flags |= tf::override_web_seeds;
	}
	for (size_t i = 0; i < add.n_trackers; i++)
		p.trackers.push_back(add.trackers[i]);
	for (size_t i = 0; i < add.n_peers; i++)
		p.peers.push_back(lt_endpoint(add.peers[i]));
}

static int
limit_of(uint32_t v)
{
	return v == 0 ? -1 : static_cast<int>(SP_MIN(v, uint32_t(INT_MAX)));
}

/* |seeds|: web seeds that it came with, asked or not. */
static bt::add_torrent_params
make_params(const lt_torrent &add, std::vector<std::string> &seeds)
{
	bt::add_torrent_params p = params_of(add);

	if (add.save_path == nullptr || add.save_path[0] == '\0')
		throw lt_failure{ SP_ERR_ARG, "no save path" };
	p.save_path = add.save_path;
	p.flags = all_flags(add.flags);
	take_have(p, add);
	seeds = p.url_seeds;
	take_sources(p, add);
	p.upload_limit = limit_of(add.up_bps);
	p.download_limit = limit_of(add.down_bps);
	p.max_connections = limit_of(add.max_conns);
	return p;
}

int
lt_add(lt_session *s, const lt_torrent *add, uint64_t *id)
{
	return lt_guard_session(s, [&] {
		lt_torrent c;

		if (add == nullptr || add->size == 0 || id == nullptr)
			throw lt_failure{ SP_ERR_ARG, "no torrent" };
		if (s->torrents.size() >= s->conf.max_torrents)
			throw lt_failure{ SP_ERR_FULL, "too many torrents" };
		memset(&c, 0, sizeof(c));
		memcpy(&c, add, SP_MIN(add->size, sizeof(c)));

		std::vector<std::string> seeds;
		bt::add_torrent_params p = make_params(c, seeds);
		auto e = std::make_unique<lt_entry>();
		uint64_t mine = s->last_torrent + 1;

		e->id = mine;
		e->hashes = p.ti ? p.ti->info_hashes() : p.info_hashes;
		if (p.ti) {
			p.url_seeds.swap(seeds);
			e->info = lt_info_make(*p.ti, p);
			p.url_seeds.swap(seeds);
		}
		e->flags = p.flags;
		p.userdata = lt_id_data(mine);
		s->torrents.emplace(mine, std::move(e));
		try {
			LT_CALL(s->ses->async_add_torrent(std::move(p)));
		} catch (...) {
			s->torrents.erase(mine);
			throw;
		}
		s->last_torrent = mine;
		*id = mine;
		return 0;
	});
}

lt_entry *
lt_entry_find(const lt_session &s, uint64_t id) noexcept
{
	auto it = s.torrents.find(id);

	return it == s.torrents.end() ? nullptr : it->second.get();
}

static void
gone(lt_session &s, uint64_t id, const bt::error_code &error)
{
	lt_event ev = lt_event_make(LT_EV_REMOVED, id);

	if (error) {
		lt_event why = lt_event_make(LT_EV_TORRENT_ERROR, id);

		lt_fail_ec(&why.error, 0, error);
		s.emit(why);
	}
	s.emit(ev);
	s.torrents.erase(id);
}

void
lt_entry_added(lt_session &s, lt_entry &e, const bt::torrent_handle &h,
    const bt::error_code &error)
{
	uint64_t id = e.id;

	if (error) {
		gone(s, id, error);
		return;
	}
	e.handle = h;
	e.is_added = true;
	if (e.is_doomed) {
		e.is_doomed = false;
		if (lt_remove(&s, id, e.with_files) < 0)
			lt_lost(s, s.why);
		return;
	}
	for (auto &f : e.later) {
		lt_error why;

		if (lt_guard(&why, [&] {
			    f(e.handle);
			    return 0;
		    }) < 0)
			lt_lost(s, why);
	}
	e.later.clear();
	s.emit(lt_event_make(LT_EV_ADDED, id));
	if (!s.is_freed && lt_entry_find(s, id) == &e && e.info)
		s.emit(lt_event_make(LT_EV_METADATA, id));
}

void
lt_entry_removed(lt_session &s, lt_entry &e)
{
	if (e.n_replaced > 0)
		e.n_replaced--;
	else
		gone(s, e.id, bt::error_code());
}
