#include "tracker/reply.h"

#include "base/log.h"
#include "wire/bencode.h"

void
reply_failure(struct sp_buf *b, int err, const char *what)
{
	const char *why = sp_strerror(err);
	char text[128];

	if (err == SP_ERR_NOTFOUND)
		why = "missing";
	if (what == NULL)
		log_format(text, sizeof(text), "%s", why);
	else
		log_format(text, sizeof(text), "%s: %s", what, why);
	tw_failure_write(b, text);
}

static void
put_edge(struct sp_buf *b, const struct live_edge *e)
{
	bencode_put_dict(b);
	bencode_put_cstr(b, "d");
	bencode_put_str(b, e->digest, HASH_LEN);
	bencode_put_cstr(b, "e");
	bencode_put_int(b, e->epoch);
	bencode_put_cstr(b, "n");
	bencode_put_int(b, (int64_t)e->number);
	bencode_put_cstr(b, "t");
	bencode_put_int(b, e->track);
	bencode_put_end(b);
}

static void
put_boot(struct sp_buf *b, uint64_t boot)
{
	uint8_t be[8];
	char hex[17];

	for (int i = 0; i < 8; i++)
		be[i] = (uint8_t)(boot >> (56 - 8 * i));
	buf_hex(hex, be, sizeof(be));
	bencode_put_cstr(b, "boot");
	bencode_put_cstr(b, hex);
}

void
reply_publish(struct sp_buf *b, const struct live *l,
    const struct live_chan *ch, const struct live_result *res)
{
	struct live_edge edge;

	bencode_put_dict(b);
	bencode_put_cstr(b, "accepted");
	bencode_put_int(b, res->accepted);
	put_boot(b, live_boot(l));
	if (res->err < 0) {
		bencode_put_cstr(b, "code");
		bencode_put_cstr(b, sp_errname(res->err));
	}
	bencode_put_cstr(b, "failed");
	bencode_put_int(b, res->failed);
	if (res->err < 0) {
		bencode_put_cstr(b, "failure reason");
		bencode_put_cstr(b, sp_strerror(res->err));
	}
	bencode_put_cstr(b, "seq");
	bencode_put_int(b, (int64_t)res->seq);
	bencode_put_cstr(b, "stale");
	bencode_put_int(b, res->stale);
	bencode_put_cstr(b, "tracks");
	bencode_put_list(b);
	for (size_t i = 0; ch != NULL && i < LIVE_TRACKS; i++) {
		if (live_edge(ch, i, &edge) == 0)
			put_edge(b, &edge);
	}
	bencode_put_end(b);
	bencode_put_end(b);
}

void
reply_hello(struct sp_buf *b, const struct live *l, const struct live_chan *ch,
    int64_t wall_ms)
{
	struct live_chan_stats s;
	struct tw_frame f = { .type = TW_FRAME_HELLO };

	live_chan_stats(ch, &s);
	f.boot = live_boot(l);
	f.seq = s.seq;
	f.clock_ms = (uint64_t)wall_ms;
	tw_frame_write(b, &f);
}

void
reply_alive(struct sp_buf *b)
{
	struct tw_frame f = { .type = TW_FRAME_ALIVE };

	tw_frame_write(b, &f);
}

#define HELLO_LEN (TW_FRAME_HEAD + 3 * 8)

/* EDGE; how long it is. */
static size_t
put_edges(struct sp_buf *b, const struct live_chan *ch, size_t max)
{
	size_t at = b->len, n = 0;
	struct live_edge e;

	buf_put_u8(b, TW_FRAME_EDGE);
	buf_put_u32(b, 0);
	for (size_t i = 0; i < LIVE_TRACKS; i++) {
		if (live_edge(ch, i, &e) < 0 ||
		    TW_FRAME_HEAD + (n + 1) * TW_EDGE_LEN > max)
			continue;
		tw_edge_put(b, &(struct tw_edge){ e.track, e.epoch, e.number,
				   (uint64_t)e.avail_ms });
		n++;
	}
	if (b->err == 0)
		buf_set_u32(b, at + 1, (uint32_t)(n * TW_EDGE_LEN));
	return TW_FRAME_HEAD + n * TW_EDGE_LEN;
}

void
reply_tail(struct sp_buf *b, const struct live *l, const struct live_chan *ch,
    const struct tw_since *since, size_t max)
{
	if (max < HELLO_LEN + TW_FRAME_HEAD + TW_EDGE_LEN)
		return;
	reply_hello(b, l, ch, 0);
	max -= HELLO_LEN;
	max -= put_edges(b, ch, max);
	(void)live_tail(l, ch, since, max, b);
}
