#include "lt/lt_int.hpp"

#include <algorithm>

namespace bt = libtorrent;

static const size_t MAPS_MAX = 32;

static lt_mapping *
map_find(lt_session &s, uint32_t id)
{
	for (lt_mapping &m : s.maps)
		if (m.id == id)
			return &m;
	return nullptr;
}

static lt_way
way_of(bt::portmap_transport t)
{
	return t == bt::portmap_transport::upnp ? LT_WAY_UPNP : LT_WAY_NATPMP;
}

static void
emit_failed(lt_session &s, const lt_mapping &m, const lt_error &why)
{
	lt_event ev = lt_event_make(LT_EV_MAP_FAILED);

	ev.error = why;
	ev.u.map.id = m.id;
	ev.u.map.udp = m.udp;
	ev.u.map.way = LT_WAY_NONE;
	s.emit(ev);
}

/* It was asked for: |handles|, one for each way. */
static void
asked(lt_session &s, uint32_t id, std::vector<bt::port_mapping_t> handles)
{
	lt_mapping *m = map_find(s, id);
	lt_error why;

	handles.erase(
	    std::remove(handles.begin(), handles.end(), bt::port_mapping_t(-1)),
	    handles.end());
	if (m == nullptr) {
		/* lt_unmap_port was faster. */
		for (bt::port_mapping_t h : handles)
			if (s.ses)
				LT_CALL(s.ses->delete_port_mapping(h));
		return;
	}
	m->handles = std::move(handles);
	if (m->handles.empty()) {
		lt_fail(&why, SP_ERR_NOTFOUND, "no gateway");
		emit_failed(s, *m, why);
	}
}

int
lt_map_port(lt_session *s, bool udp, uint16_t external, uint16_t local,
    uint32_t *id)
{
	return lt_guard_session(s, [&] {
		bt::portmap_protocol proto =
		    udp ? bt::portmap_protocol::udp : bt::portmap_protocol::tcp;
		uint32_t mine = s->last_map + 1;

		if (id == nullptr || local == 0)
			throw lt_failure{ SP_ERR_ARG, "no port" };
		if (s->maps.size() >= MAPS_MAX)
			throw lt_failure{ SP_ERR_FULL, "too many mappings" };
		s->maps.push_back({ mine, udp, {} });
		try {
			lt_post(
			    *s,
			    [=](bt::session_handle &h) -> lt_closure {
				    auto v = h.add_port_mapping(proto, external,
					local);

				    return [=](lt_session &in) {
					    asked(in, mine, v);
				    };
			    },
			    [=](lt_session &in, const lt_error &why) {
				    lt_mapping *m = map_find(in, mine);

				    if (m != nullptr)
					    emit_failed(in, *m, why);
			    });
		} catch (...) {
			s->maps.pop_back();
			throw;
		}
		s->last_map = mine;
		*id = mine;
		return 0;
	});
}

int
lt_unmap_port(lt_session *s, uint32_t id)
{
	return lt_guard_session(s, [&] {
		lt_mapping *m = map_find(*s, id);

		if (m == nullptr)
			throw lt_failure{ SP_ERR_NOTFOUND, "no such mapping" };
		for (bt::port_mapping_t h : m->handles)
			LT_CALL(s->ses->delete_port_mapping(h));
		s->maps.erase(s->maps.begin() + (m - s->maps.data()));
		return 0;
	});
}

/*
 * Each gateway counts its mappings for itself, but all were asked for the same
 * ones in the same order, so a number means one mapping on all of them.
 */
static uint32_t
id_of(const lt_session &s, bt::port_mapping_t handle)
{
	for (const lt_mapping &m : s.maps)
		if (std::find(m.handles.begin(), m.handles.end(), handle) !=
		    m.handles.end())
			return m.id;
	return 0;
}

bool
lt_on_map_alert(lt_session &s, const bt::alert *alert)
{
	if (auto a = bt::alert_cast<bt::portmap_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_MAPPED);

		ev.u.map.id = id_of(s, a->mapping);
		if (s.conf.mute && ev.u.map.id == 0)
			lt_mute_mapping(s, a->mapping);
		ev.u.map.udp = a->map_protocol == bt::portmap_protocol::udp;
		ev.u.map.way = way_of(a->map_transport);
		ev.u.map.external = static_cast<uint16_t>(a->external_port);
		ev.u.map.local = lt_addr(a->local_address, 0);
		s.emit(ev);
	} else if (auto e = bt::alert_cast<bt::portmap_error_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_MAP_FAILED);
		lt_mapping *m = map_find(s, id_of(s, e->mapping));

		lt_fail_ec(&ev.error, SP_ERR_IO, e->error);
		ev.u.map.id = m != nullptr ? m->id : 0;
		ev.u.map.udp = m != nullptr && m->udp;
		ev.u.map.way = way_of(e->map_transport);
		ev.u.map.local = lt_addr(e->local_address, 0);
		s.emit(ev);
	} else if (auto l = bt::alert_cast<bt::portmap_log_alert>(alert)) {
		lt_event ev = lt_event_make(LT_EV_LOG);

		ev.u.log = l->log_message();
		s.emit(ev);
	} else {
		return false;
	}
	return true;
}
