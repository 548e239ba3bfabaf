#include "test/golden/golden.h"

#include <inttypes.h>

#include "wire/roster.h"
#include "wire/trackwire.h"

#define RANKS 4

static void
say(FILE *out, const struct roster *r)
{
	char text[ADDR_STRLEN];
	uint8_t rank[RANKS];
	size_t n;

	fprintf(out,
	    "roster %" PRIu64 "\n\tepoch %" PRIu32 " of %" PRIu32 " s\n",
	    r->version, r->epoch, r->epoch_s);
	for (size_t i = 0; i < r->n; i++) {
		fprintf(out, "\tmember %zu weight %" PRIu32 " at %s\n", i,
		    r->entries[i].weight, addr_str(&r->entries[i].addr, text));
		golden_hex(out, "\t\tid", r->entries[i].peer_id,
		    LINK_PEERID_LEN);
	}
	for (uint32_t stripe = 0; stripe < 4; stripe++) {
		n = roster_rank(r, 1, stripe, rank, RANKS);
		fprintf(out, "\ttrack 1 stripe %" PRIu32 " ranks", stripe);
		for (size_t i = 0; i < n; i++)
			fprintf(out, " %u", rank[i]);
		fputc('\n', out);
	}
}

int
golden_roster(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct roster r = { 0 }, old;
	struct tw_frame f;
	struct sp_buf body;
	int n, rv = 0;

	buf_init(&body, again->mem, LIM_FEED_FRAME);
	while (rv == 0 && (n = tw_frame_read(&f, p, len)) != 0) {
		if (n < 0 || f.type != TW_FRAME_ROSTER) {
			rv = n < 0 ? n : SP_ERR_SYNTAX;
			break;
		}
		old = r;
		rv = roster_take(&r, f.p, f.len);
		say(out, &r);
		buf_reset(&body);
		if (old.version == 0)
			roster_put_full(&body, &r);
		else
			roster_put_delta(&body, &old, &r);
		f.p = body.p;
		f.len = body.len;
		tw_frame_write(again, &f);
		p += n;
		len -= (size_t)n;
	}
	buf_fini(&body);
	return rv != 0 ? rv : len > 0 ? SP_ERR_SHORT : 0;
}
