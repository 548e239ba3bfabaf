#include "test/golden/golden.h"

#include "wire/places.h"
#include "wire/trackwire.h"

static void
say(FILE *out, const struct places *p, uint16_t told)
{
	char text[ADDR_STRLEN];
	const struct place *pl;
	unsigned s, i;

	fprintf(out, "places of track %u\n\tinner %04x\n", p->track, p->inner);
	for (s = 0; s < PLACES_STRIPES; s++) {
		pl = &p->stripes[s];
		if (!(told >> s & 1) && pl->n == 0)
			continue;
		fprintf(out, "\tstripe %u%s\n", s,
		    told >> s & 1 ? "" : " as before");
		for (i = 0; i < pl->n; i++) {
			fprintf(out, "\t\t%s at %s\n", i == 0 ? "parent" : "or",
			    addr_str(&pl->v[i].addr, text));
			golden_hex(out, "\t\t\tid", pl->v[i].peer_id,
			    LINK_PEERID_LEN);
		}
	}
}

int
golden_places(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct places places = { 0 };
	struct tw_frame f;
	struct sp_buf body;
	uint16_t told;
	int n, rv = 0;

	buf_init(&body, again->mem, LIM_FEED_FRAME);
	while (rv == 0 && (n = tw_frame_read(&f, p, len)) != 0) {
		if (n < 0 || f.type != TW_FRAME_PLACES) {
			rv = n < 0 ? n : SP_ERR_SYNTAX;
			break;
		}
		rv = places_take(&places, &told, f.p, f.len);
		say(out, &places, told);
		buf_reset(&body);
		places_put(&body, &places, told);
		f.p = body.p;
		f.len = body.len;
		tw_frame_write(again, &f);
		p += n;
		len -= (size_t)n;
	}
	buf_fini(&body);
	return rv != 0 ? rv : len > 0 ? SP_ERR_SHORT : 0;
}
