#include "lt/lt.h"

#include "lt/lt_int.hpp"

#include <cstring>

#include <libtorrent/file_storage.hpp>
#include <libtorrent/load_torrent.hpp>

namespace bt = libtorrent;

static const int BYTES_MAX = 64 << 20;
static const int PIECES_MAX = 1 << 20;
static const int FILES_MAX = 1 << 17;

/* The struct of lt.h and what it points to. */
struct info_own : lt_info {
	std::deque<std::string> texts;
	std::vector<lt_file> file_rows;
	std::vector<const char *> tracker_rows;
	std::vector<const char *> seed_rows;

	const char *keep(std::string s)
	{
		texts.push_back(std::move(s));
		return texts.back().c_str();
	}
};

static lt_file
file_of(info_own &own, const bt::file_storage &fs, bt::file_index_t i)
{
	bt::file_flags_t flags = fs.file_flags(i);
	lt_file f;

	memset(&f, 0, sizeof(f));
	f.path = own.keep(fs.file_path(i));
	f.length = fs.file_size(i);
	f.offset = fs.file_offset(i);
	f.pad = fs.pad_file_at(i);
	f.hidden = bool(flags & bt::file_storage::flag_hidden);
	f.symlink = bool(flags & bt::file_storage::flag_symlink);
	if (fs.v2() && !f.pad && f.length > 0) {
		bt::sha256_hash root = fs.root(i);

		f.has_root = !root.is_all_zeros();
		memcpy(f.root, root.data(), sizeof(f.root));
	}
	return f;
}

static void
fill_hashes(lt_info &out, const bt::info_hash_t &h)
{
	out.has_v1 = h.has_v1();
	out.has_v2 = h.has_v2();
	memcpy(out.v1, h.v1.data(), sizeof(out.v1));
	memcpy(out.v2, h.v2.data(), sizeof(out.v2));
	memcpy(out.id, out.has_v1 ? out.v1 : out.v2, sizeof(out.id));
}

static void
fill_texts(info_own &own, const bt::torrent_info &ti,
    const bt::add_torrent_params &p)
{
	for (const std::string &t : p.trackers)
		own.tracker_rows.push_back(own.keep(t));
	if (own.tracker_rows.empty())
		for (const bt::announce_entry &t : ti.trackers())
			own.tracker_rows.push_back(own.keep(t.url));
	for (const std::string &u : p.url_seeds)
		own.seed_rows.push_back(own.keep(u));
	if (own.seed_rows.empty())
		for (const bt::web_seed_entry &w : ti.web_seeds())
			own.seed_rows.push_back(own.keep(w.url));
	own.trackers = own.tracker_rows.data();
	own.n_trackers = own.tracker_rows.size();
	own.web_seeds = own.seed_rows.data();
	own.n_web_seeds = own.seed_rows.size();
}

lt_info_ptr
lt_info_make(const bt::torrent_info &ti, const bt::add_torrent_params &p)
{
	std::unique_ptr<info_own> own(new info_own());
	const bt::file_storage &fs = LT_CALL(ti.files());

	own->size = sizeof(lt_info);
	own->name = own->keep(ti.name());
	fill_hashes(*own, ti.info_hashes());
	own->is_private = ti.priv();
	own->piece_length = static_cast<uint32_t>(fs.piece_length());
	own->n_pieces = static_cast<uint32_t>(fs.num_pieces());
	own->total = fs.total_size();
	own->file_rows.reserve(static_cast<size_t>(fs.num_files()));
	for (bt::file_index_t i : fs.file_range())
		own->file_rows.push_back(file_of(*own, fs, i));
	own->files = own->file_rows.data();
	own->n_files = own->file_rows.size();
	fill_texts(*own, ti, p);
	return lt_info_ptr(own.release());
}

/* Of what libtorrent says of bytes; what else is thrown is no word on them. */
[[noreturn]] static void
refuse(const boost::system::system_error &e)
{
	const bt::error_code &ec = e.code();
	bool big = ec == bt::errors::metadata_too_large ||
		   ec == bt::errors::too_many_pieces_in_torrent;

	if (ec.category() != bt::libtorrent_category() &&
	    ec.category() != bt::bdecode_category())
		throw e;
	throw lt_failure{ big ? SP_ERR_TOOBIG : SP_ERR_SYNTAX, ec.message(),
		ec };
}

bt::add_torrent_params
lt_info_load(const void *p, size_t len)
{
	bt::load_torrent_limits limits;
	bt::add_torrent_params out;

	if (p == nullptr)
		throw lt_failure{ SP_ERR_ARG, "no bytes" };
	if (len > static_cast<size_t>(BYTES_MAX))
		throw lt_failure{ SP_ERR_TOOBIG, "more than 64 MiB" };
	limits.max_buffer_size = BYTES_MAX;
	limits.max_pieces = PIECES_MAX;
	try {
		out = LT_CALL(bt::load_torrent_buffer(
		    bt::span<const char>(static_cast<const char *>(p),
			static_cast<std::ptrdiff_t>(len)),
		    limits));
	} catch (const boost::system::system_error &e) {
		refuse(e);
	}
	if (!out.ti || !out.ti->is_valid())
		throw lt_failure{ SP_ERR_SYNTAX, "no info dictionary" };
	if (out.ti->num_files() > FILES_MAX)
		throw lt_failure{ SP_ERR_TOOBIG, "too many files" };
	return out;
}

int
lt_info_new(lt_info **out, const void *p, size_t len, lt_error *why)
{
	if (out == nullptr)
		return lt_fail(why, SP_ERR_ARG, "nowhere to put it");
	*out = nullptr;
	return lt_guard(why, [&] {
		bt::add_torrent_params a = lt_info_load(p, len);

		*out = lt_info_make(*a.ti, a).release();
		return 0;
	});
}

void
lt_info_free(lt_info *i)
{
	delete static_cast<info_own *>(i);
}
