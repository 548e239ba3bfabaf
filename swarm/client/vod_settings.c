#include "swarm/client/vod_run_int.h"

/* What spate's own options say, as settings of libtorrent. */

static void SP_PRINTF(3, 4)
    set(struct run *r, const char *name, const char *fmt, ...)
{
	size_t n = r->conf.n_settings;
	va_list ap;

	assert(n < VOD_RUN_SETTINGS && "there is room for all of them");
	va_start(ap, fmt);
	vsnprintf(r->text[n], sizeof(r->text[n]), fmt, ap);
	va_end(ap);
	r->kv[n] = (struct lt_kv){ name, r->text[n] };
	r->conf.n_settings++;
}

static void
set_nodes(struct run *r)
{
	const struct conf_list *l = &r->o->dht.bootstrap;
	size_t i, n = r->conf.n_settings;

	assert(n < VOD_RUN_SETTINGS && "there is room for all of them");
	for (i = 0; i < l->n; i++) {
		buf_put_str(&r->nodes, i > 0 ? "," : "");
		buf_put_str(&r->nodes, l->v[i]);
	}
	buf_put_u8(&r->nodes, '\0');
	if (r->nodes.err < 0)
		return;
	r->kv[n] =
	    (struct lt_kv){ "dht_bootstrap_nodes", (const char *)r->nodes.p };
	r->conf.n_settings++;
}

/* settings_pack::enc_policy and enc_level. */
static void
set_encryption(struct run *r)
{
	static const char *const policy[] = { "1", "0", "2" };
	const char *p = policy[r->o->encryption];

	set(r, "in_enc_policy", "%s", p);
	set(r, "out_enc_policy", "%s", p);
	/* RC4 alone, where plain text is not good enough */
	set(r, "allowed_enc_level",
	    r->o->encryption == ENCRYPTION_REQUIRE ? "2" : "3");
}

void
vod_run_settings(struct run *r)
{
	const struct options *o = r->o;
	int port = (int)o->peer_port;

	r->conf.settings = r->kv;
	set(r, "user_agent", "spate/%s", PACKAGE_VERSION);
	set(r, "listen_interfaces", "0.0.0.0:%d,[::]:%d", port, port);
	set(r, "download_rate_limit", "%d",
	    (int)SP_MIN(o->down_bps, (int64_t)INT_MAX));
	set(r, "upload_rate_limit", "%d",
	    (int)SP_MIN(o->up_bps, (int64_t)INT_MAX));
	if (o->no_upload) {
		set(r, "unchoke_slots_limit", "0");
		set(r, "allowed_fast_set_size", "0");
	}
	set(r, "min_reconnect_time", "10");
	/* between two segments nothing is wanted of seeds */
	set(r, "close_redundant_connections", "0");
	/* what is asked for ahead stands in the way of who jumps */
	set(r, "request_queue_time", "1");
	/* the first pieces are not any, but those that are wanted */
	set(r, "initial_picker_threshold", "0");
	/* many share an address there, as with channels */
	if (o->lan)
		set(r, "allow_multiple_connections_per_ip", "1");
	set_encryption(r);
	if (o->no_lsd)
		set(r, "enable_lsd", "0");
	if (o->dht.use == DHT_NO)
		set(r, "enable_dht", "0");
	if (o->dht.bootstrap.n > 0)
		set_nodes(r);
	/* a full disk is tried again by us, sooner */
	set(r, "optimistic_disk_retry", "3600");
}
