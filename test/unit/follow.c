#include "test/unit/follow.h"

#include <inttypes.h>

#include "test/unit/unit.h"

struct failmem fm;
struct follower *f;
struct follower_news news;
static char *texts[64]; /* playlists live as long as what was parsed */
static size_t n_texts;

void
begin_with(bool local)
{
	struct follower_conf conf = {
		.first_number = FIRST,
		.window_us = 60000000,
		.local = local,
	};

	failmem_init(&fm);
	ck_assert_int_eq(follower_new(&f, &conf, &fm.mem), 0);
}

void
begin(void)
{
	begin_with(false);
}

void
forget(void)
{
	free(texts[--n_texts]);
}

void
end(void)
{
	follower_free(f);
	failmem_check(&fm);
	while (n_texts > 0)
		forget();
}

static void
word(struct sp_buf *b, const char *w)
{
	char line[320];

	if (strcmp(w, "!") == 0)
		buf_put_str(b, "#EXT-X-DISCONTINUITY\n");
	else if (strcmp(w, "-") == 0)
		buf_put_str(b, "#EXT-X-GAP\n");
	else if (strcmp(w, ".") == 0)
		buf_put_str(b, "#EXT-X-ENDLIST\n");
	else if (w[0] == '@') {
		snprintf(line, sizeof(line),
		    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:%s:00Z\n", w + 1);
		buf_put_str(b, line);
	} else if (w[0] == '#') {
		buf_put_str(b, w);
		buf_put_u8(b, '\n');
	} else {
		buf_put_str(b, "#EXTINF:2,\n");
		buf_put_str(b, w);
		buf_put_u8(b, '\n');
	}
}

void
parse(struct m3u8 *m, const char *head, const char *s)
{
	char w[256];
	struct sp_buf b;
	size_t n;

	buf_init(&b, &fm.mem, 1 << 20);
	buf_put_str(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
	buf_put_str(&b, head);
	n = strcspn(s, " ");
	buf_put_str(&b, "#EXT-X-MEDIA-SEQUENCE:");
	buf_put(&b, s, n);
	buf_put_u8(&b, '\n');
	for (s += n; *s == ' '; s += n) {
		s++;
		n = strcspn(s, " ");
		ck_assert_uint_lt(n, sizeof(w));
		memcpy(w, s, n);
		w[n] = '\0';
		word(&b, w);
	}
	buf_put_u8(&b, 0);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_lt(n_texts, SP_LEN(texts));
	texts[n_texts] = malloc(b.len);
	memcpy(texts[n_texts], b.p, b.len);
	ck_assert_int_eq(
	    m3u8_parse(m, &fm.mem, texts[n_texts], b.len - 1, NULL), 0);
	n_texts++;
	buf_fini(&b);
}

void
feed_head(unsigned track, int64_t at_ms, const char *head, const char *s)
{
	struct m3u8 m;

	parse(&m, head, s);
	ck_assert_int_eq(follower_feed(f, track, &m.media,
			     "http://o/live/a.m3u8", T0 + at_ms, &news),
	    0);
	m3u8_fini(&m);
}

void
feed(unsigned track, int64_t at_ms, const char *s)
{
	feed_head(track, at_ms, "", s);
}

const char *
take(unsigned track)
{
	static char out[4096];
	const struct follower_seg *g;
	size_t n = 0;

	out[0] = '\0';
	while ((g = follower_peek(f, track)) != NULL) {
		n += (size_t)snprintf(out + n, sizeof(out) - n,
		    "%s%" PRIu64 "=%s/%" PRIu32 "%s%s%s", n > 0 ? " " : "",
		    g->mark.number, g->uri != NULL ? g->uri : "", g->mark.dseq,
		    g->gap ? " gap" : "", g->last ? " last" : "",
		    g->left ? " left" : "");
		ck_assert_uint_lt(n, sizeof(out));
		follower_pop(f, track);
	}
	return out;
}
