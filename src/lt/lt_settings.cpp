#include "lt/lt_int.hpp"

#include <limits>

#include <libtorrent/ip_filter.hpp>
#include <libtorrent/settings_pack.hpp>

using libtorrent::settings_pack;

/* What the shim sets itself. */
static bool
is_ours(int name)
{
	return name == settings_pack::alert_mask;
}

static bool
read_bool(const std::string &text)
{
	if (text == "1" || text == "true")
		return true;
	if (text == "0" || text == "false")
		return false;
	throw lt_failure{ SP_ERR_SYNTAX, "is a switch: 0 or 1" };
}

static int
read_int(const std::string &text)
{
	size_t used = 0;
	long long v = 0;

	try {
		v = std::stoll(text, &used, 10);
	} catch (const std::logic_error &) {
		used = 0;
	}
	if (used == 0 || used != text.size() ||
	    v < std::numeric_limits<int>::min() ||
	    v > std::numeric_limits<int>::max())
		throw lt_failure{ SP_ERR_SYNTAX, "is a number" };
	return static_cast<int>(v);
}

static void
read_one(settings_pack &pack, const lt_kv &row)
{
	int name = LT_CALL(libtorrent::setting_by_name(row.name));
	std::string text = row.value;

	if (name < 0)
		throw lt_failure{ SP_ERR_NOTFOUND, "no such setting" };
	if (is_ours(name))
		throw lt_failure{ SP_ERR_DENIED, "is not for callers" };
	switch (name & settings_pack::type_mask) {
	case settings_pack::string_type_base:
		pack.set_str(name, text);
		break;
	case settings_pack::int_type_base:
		pack.set_int(name, read_int(text));
		break;
	default:
		pack.set_bool(name, read_bool(text));
	}
}

void
lt_settings_read(settings_pack &pack, const lt_kv *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].name == nullptr || v[i].value == nullptr)
			throw lt_failure{ SP_ERR_ARG, "setting without name" };
		try {
			read_one(pack, v[i]);
		} catch (lt_failure &e) {
			throw lt_failure{ e.code,
				std::string(v[i].name) + ": " + e.text };
		}
	}
}

void
lt_limit_all(libtorrent::session &ses)
{
	std::uint32_t mask =
	    1U << static_cast<std::uint32_t>(
		libtorrent::session_handle::global_peer_class_id);
	libtorrent::address_v6::bytes_type last6;
	libtorrent::ip_filter all;

	last6.fill(0xff);
	all.add_rule(libtorrent::address_v4(),
	    libtorrent::address_v4(0xffffffff), mask);
	all.add_rule(libtorrent::address_v6(), libtorrent::address_v6(last6),
	    mask);
	LT_CALL(ses.set_peer_class_filter(all));
}
