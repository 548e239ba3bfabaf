#include "lt/lt.h"
#include "test/unit/lt_rig.h"

#include <poll.h>

START_TEST(presets_name_settings_that_exist)
{
	struct lt_conf conf = { .size = sizeof(conf) };
	struct lt_session *s;
	struct lt_error why;
	enum lt_preset which;
	size_t n;

	for (which = LT_PRESET_QUIET; which <= LT_PRESET_PEERS; which++) {
		const struct lt_kv *v;

		n = lt_preset(which, &v);
		ck_assert_uint_gt(n, 0);
		ck_assert_int_eq(lt_new(&s, &conf, &why), 0);
		/* Nothing may reach out while it is tried. */
		while (n-- > 0)
			if (strcmp(v[n].name, "dht_bootstrap_nodes") != 0 &&
			    strcmp(v[n].name, "listen_interfaces") != 0 &&
			    strncmp(v[n].name, "enable_", 7) != 0)
				ck_assert_msg(lt_apply(s, &v[n], 1) == 0, "%s",
				    lt_why(s)->text);
		lt_free(s);
	}
}
END_TEST

struct heard {
	bool tcp, udp;
};

static void
on_listen(void *ctx, const struct lt_event *ev)
{
	struct heard *h = ctx;

	if (ev->type != LT_EV_LISTENING)
		return;
	ck_assert_uint_gt(ev->u.listen.addr.port, 0);
	ck_assert(addr_is_loopback(&ev->u.listen.addr));
	if (ev->u.listen.udp)
		h->udp = true;
	else
		h->tcp = true;
}

START_TEST(a_session_listens_on_loopback_and_says_so)
{
	struct lt_conf conf = { .size = sizeof(conf) };
	struct heard h = { false, false };
	struct lt_session *s;
	struct lt_error why;
	struct pollfd p;

	ck_assert_int_eq(lt_new(&s, &conf, &why), 0);
	p.fd = lt_fd(s);
	p.events = POLLIN;
	while (!h.tcp || !h.udp) {
		ck_assert_int_eq(poll(&p, 1, 5000), 1);
		ck_assert_int_ge(lt_drain(s, on_listen, &h), 0);
	}
	lt_abort(s);
	ck_assert_int_eq(lt_apply(s, NULL, 0), SP_ERR_CLOSED);
	lt_free(s);
}
END_TEST

START_TEST(bad_settings_are_named)
{
	static const struct {
		struct lt_kv kv;
		int code;
		const char *word;
	} rows[] = {
		{ { "no_such_thing", "1" }, SP_ERR_NOTFOUND, "no_such_thing" },
		{ { "enable_dht", "maybe" }, SP_ERR_SYNTAX, "enable_dht" },
		{ { "upload_rate_limit", "9k" }, SP_ERR_SYNTAX, "upload_rate" },
		{ { "upload_rate_limit", "" }, SP_ERR_SYNTAX, "number" },
		{ { "upload_rate_limit", "99999999999" }, SP_ERR_SYNTAX, "nu" },
		{ { "alert_mask", "1" }, SP_ERR_DENIED, "alert_mask" },
		{ { "user_agent", NULL }, SP_ERR_ARG, "name" },
	};
	struct lt_conf conf = { .size = sizeof(conf), .n_settings = 1 };
	struct lt_session *s;
	struct lt_error why;
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		conf.settings = &rows[i].kv;
		ck_assert_int_eq(lt_new(&s, &conf, &why), rows[i].code);
		ck_assert_ptr_null(s);
		ck_assert_int_eq(why.code, rows[i].code);
		ck_assert_ptr_nonnull(strstr(why.text, rows[i].word));
		conf.n_settings = 0;
		ck_assert_int_eq(lt_new(&s, &conf, &why), 0);
		conf.n_settings = 1;
		ck_assert_int_eq(lt_apply(s, &rows[i].kv, 1), rows[i].code);
		ck_assert_ptr_nonnull(strstr(lt_why(s)->text, rows[i].word));
		lt_free(s);
	}
}
END_TEST

START_TEST(every_event_has_a_name)
{
	enum lt_event_type t;

	for (t = LT_EV_NONE; t <= LT_EV_FILES_REMOVED; t++)
		ck_assert_str_ne(lt_event_name(t), "unknown");
	ck_assert_str_eq(lt_event_name(LT_EV_FILES_REMOVED + 1), "unknown");
	ck_assert_str_eq(lt_event_name((enum lt_event_type) - 1), "unknown");
}
END_TEST

LT_RIG_MAIN("lt", presets_name_settings_that_exist,
    a_session_listens_on_loopback_and_says_so, bad_settings_are_named,
    every_event_has_a_name)
