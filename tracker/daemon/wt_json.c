#include "tracker/daemon/wt_json.h"

#include <jansson.h>

/* ---- in ------------------------------------------------------------------ */

/* A string of one byte per character; its length, or SP_ERR_SYNTAX. */
static int
get_bytes(const json_t *j, uint8_t *out, size_t size)
{
	const uint8_t *p = (const uint8_t *)json_string_value(j);
	size_t len = json_string_length(j), n = 0;

	if (p == NULL)
		return SP_ERR_SYNTAX;
	for (size_t i = 0; i < len; n++) {
		if (n == size || p[i] > 0xc3)
			return SP_ERR_SYNTAX;
		out[n] = p[i++];
		/* jansson's strings are UTF-8: C2 and C3 lead one byte more. */
		if (out[n] >= 0x80)
			out[n] = (uint8_t)(out[n] << 6 | (p[i++] & 0x3f));
	}
	return (int)n;
}

static bool
get_hash(const json_t *j, uint8_t out[LINK_INFOHASH_LEN])
{
	return get_bytes(j, out, LINK_INFOHASH_LEN) == LINK_INFOHASH_LEN;
}

static int
put_text(const char *p, size_t len, void *ctx)
{
	struct sp_buf *b = ctx;

	buf_put(b, p, len);
	return b->err == 0 ? 0 : -1;
}

/* The object |sdp| as text, and the id of |j|. */
static bool
get_offer(const json_t *j, const json_t *sdp, struct wt_offer *out,
    struct sp_buf *text)
{
	uint8_t *id = buf_reserve(text, LIM_WT_OFFER_ID);
	int n;

	if (id == NULL || !json_is_object(sdp))
		return false;
	n = get_bytes(json_object_get(j, "offer_id"), id, LIM_WT_OFFER_ID);
	if (n <= 0)
		return false;
	buf_commit(text, (size_t)n);
	out->id = (struct wt_bytes){ id, (size_t)n };
	out->sdp.p = text->p + text->len;
	if (json_dump_callback(sdp, put_text, text, JSON_COMPACT) != 0)
		return false;
	out->sdp.len = (size_t)(text->p + text->len - out->sdp.p);
	return out->sdp.len <= LIM_WT_SDP;
}

static bool
get_event(const json_t *j, enum wt_event *out)
{
	static const struct {
		const char *name;
		enum wt_event event;
	} names[] = {
		{ "", WT_EVENT_NONE },
		{ "empty", WT_EVENT_NONE },
		{ "update", WT_EVENT_NONE },
		{ "paused", WT_EVENT_NONE }, /* BEP 21 */
		{ "started", WT_EVENT_STARTED },
		{ "stopped", WT_EVENT_STOPPED },
		{ "completed", WT_EVENT_COMPLETED },
	};
	const char *s = json_string_value(j);

	*out = WT_EVENT_NONE;
	if (j == NULL || json_is_null(j))
		return true;
	for (size_t i = 0; s != NULL && i < SP_LEN(names); i++) {
		*out = names[i].event;
		if (strcmp(s, names[i].name) == 0)
			return true;
	}
	return false;
}

/* Who has no metadata yet does not know: Infinity, which JSON makes null. */
static enum wt_left
get_left(const json_t *j)
{
	const char *s = json_string_value(j);

	if (s != NULL)
		return strcmp(s, "0") == 0 ? WT_LEFT_NONE : WT_LEFT_SOME;
	if (!json_is_number(j))
		return WT_LEFT_UNKNOWN;
	return json_number_value(j) > 0 ? WT_LEFT_SOME : WT_LEFT_NONE;
}

static const char *
read_announce(const json_t *j, struct wt_announce *a, struct sp_buf *text)
{
	const json_t *offers = json_object_get(j, "offers"), *one;
	size_t n = json_array_size(offers);

	if (!get_event(json_object_get(j, "event"), &a->event))
		return "invalid event";
	a->left = get_left(json_object_get(j, "left"));
	if (offers != NULL && !json_is_null(offers) && !json_is_array(offers))
		return "invalid offers";
	a->n_offers = SP_MIN(n, LIM_WT_OFFERS);
	for (size_t i = 0; i < a->n_offers; i++) {
		one = json_array_get(offers, i);
		if (!get_offer(one, json_object_get(one, "offer"),
			&a->offers[i], text))
			return "invalid offer";
	}
	return NULL;
}

static const char *
read_answer(const json_t *j, struct wt_answer *a, struct sp_buf *text)
{
	if (!get_hash(json_object_get(j, "to_peer_id"), a->to))
		return "invalid to_peer_id";
	return get_offer(j, json_object_get(j, "answer"), &a->offer, text)
		   ? NULL
		   : "invalid answer";
}

static const char *
read_any_announce(const json_t *j, struct wt_json *out, struct sp_buf *text)
{
	const json_t *answer = json_object_get(j, "answer");
	struct wt_announce *a = &out->announce;

	out->kind = WT_JSON_ANNOUNCE;
	if (!get_hash(json_object_get(j, "info_hash"), out->info_hash))
		return "invalid info_hash";
	out->has_hash = true;
	if (!get_hash(json_object_get(j, "peer_id"), a->peer_id))
		return "invalid peer_id";
	memcpy(a->info_hash, out->info_hash, sizeof(a->info_hash));
	if (answer == NULL || json_is_null(answer))
		return read_announce(j, a, text);
	out->kind = WT_JSON_ANSWER;
	memcpy(out->answer.info_hash, a->info_hash, sizeof(a->info_hash));
	memcpy(out->answer.peer_id, a->peer_id, sizeof(a->peer_id));
	return read_answer(j, &out->answer, text);
}

/* One, several, or none. */
static const char *
read_scrape(const json_t *j, struct wt_json *out)
{
	const json_t *ih = json_object_get(j, "info_hash");
	struct wt_json_scrape *s = &out->scrape;
	size_t n = json_array_size(ih);

	out->kind = WT_JSON_SCRAPE;
	s->all = ih == NULL || json_is_null(ih);
	if (s->all)
		return NULL;
	s->n = json_is_array(ih) ? SP_MIN(n, LIM_SCRAPE_HASHES) : 1;
	for (size_t i = 0; i < s->n; i++) {
		if (!get_hash(json_is_array(ih) ? json_array_get(ih, i) : ih,
			s->info_hash[i]))
			return "invalid info_hash";
	}
	return NULL;
}

int
wt_json_read(struct wt_json *out, const uint8_t *p, size_t len,
    struct sp_buf *text)
{
	const char *action;
	json_t *j;

	memset(out, 0, sizeof(*out));
	buf_reset(text);
	/* All of it at once: |out| points into it. */
	if (buf_reserve(text, WT_JSON_TEXT) == NULL)
		return SP_ERR_NOMEM;
	j = json_loadb((const char *)p, len, JSON_ALLOW_NUL, NULL);
	action = json_string_value(json_object_get(j, "action"));
	if (j == NULL)
		out->bad = "invalid JSON";
	else if (action != NULL && strcmp(action, "announce") == 0)
		out->bad = read_any_announce(j, out, text);
	else if (action != NULL && strcmp(action, "scrape") == 0)
		out->bad = read_scrape(j, out);
	else
		out->bad = "invalid action";
	json_decref(j);
	return out->bad == NULL ? 0 : SP_ERR_SYNTAX;
}

/* ---- out ----------------------------------------------------------------- */

/* Each byte as one character, as JSON.stringify writes it. */
static void
put_bytes(struct sp_buf *b, const uint8_t *p, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	buf_put_u8(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x20) {
			buf_put_str(b, "\\u00");
			buf_put_u8(b, (uint8_t)hex[p[i] >> 4]);
			buf_put_u8(b, (uint8_t)hex[p[i] & 15]);
			continue;
		}
		if (p[i] == '"' || p[i] == '\\')
			buf_put_u8(b, '\\');
		if (p[i] >= 0x80)
			buf_put_u8(b, 0xc0 | p[i] >> 6);
		buf_put_u8(b, p[i] < 0x80 ? p[i] : 0x80 | (p[i] & 0x3f));
	}
	buf_put_u8(b, '"');
}

static void
put_member(struct sp_buf *b, const char *name, const uint8_t *p, size_t len)
{
	buf_put_str(b, ",\"");
	buf_put_str(b, name);
	buf_put_str(b, "\":");
	put_bytes(b, p, len);
}

static void
put_number(struct sp_buf *b, const char *name, uint32_t v)
{
	buf_put_str(b, name);
	buf_put_dec(b, v);
}

static void
put_reply(struct sp_buf *b, const struct wt_act *act)
{
	put_number(b, ",\"interval\":", act->interval_s);
	put_number(b, ",\"complete\":", act->counts.complete);
	put_number(b, ",\"incomplete\":", act->counts.incomplete);
	if (act->full)
		buf_put_str(b,
		    ",\"warning message\":\"full: you are not kept\"");
	buf_put_str(b, "}");
}

void
wt_json_act(struct sp_buf *b, const struct wt_act *act)
{
	const struct wt_offer *o = act->offer;

	buf_put_str(b, "{\"action\":\"announce\"");
	put_member(b, "info_hash", act->info_hash, LINK_INFOHASH_LEN);
	if (act->kind == WT_ACT_REPLY) {
		put_reply(b, act);
		return;
	}
	put_member(b, "peer_id", act->peer_id, LINK_PEERID_LEN);
	put_member(b, "offer_id", o->id.p, o->id.len);
	buf_put_str(b,
	    act->kind == WT_ACT_OFFER ? ",\"offer\":" : ",\"answer\":");
	buf_put(b, o->sdp.p, o->sdp.len);
	buf_put_str(b, "}");
}

void
wt_json_failure(struct sp_buf *b, const struct wt_json *m, const char *why)
{
	buf_put_str(b, "{\"failure reason\":");
	put_bytes(b, (const uint8_t *)why, strlen(why));
	if (m->kind == WT_JSON_SCRAPE)
		buf_put_str(b, ",\"action\":\"scrape\"");
	else if (m->kind != WT_JSON_NONE)
		buf_put_str(b, ",\"action\":\"announce\"");
	if (m->has_hash)
		put_member(b, "info_hash", m->info_hash, LINK_INFOHASH_LEN);
	buf_put_str(b, "}");
}

void
wt_json_scrape_begin(struct sp_buf *b)
{
	buf_put_str(b, "{\"action\":\"scrape\",\"files\":{");
}

void
wt_json_scrape_one(struct sp_buf *b, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct wt_counts *c, bool first)
{
	if (!first)
		buf_put_str(b, ",");
	put_bytes(b, info_hash, LINK_INFOHASH_LEN);
	put_number(b, ":{\"complete\":", c->complete);
	put_number(b, ",\"incomplete\":", c->incomplete);
	/* Who has completed and gone is not counted: a lower bound. */
	put_number(b, ",\"downloaded\":", c->complete);
	buf_put_str(b, "}");
}

void
wt_json_scrape_end(struct sp_buf *b, uint32_t interval_s)
{
	put_number(b, "},\"flags\":{\"min_request_interval\":", interval_s);
	buf_put_str(b, "}}");
}
