#include "test/fuzz/mesh_ops.h"

#include "test/fuzz/fuzz.h"

enum op {
	OP_RUN,
	OP_RUN_2,
	OP_ACCEPT,
	OP_ACCEPT_RAW,
	OP_ANSWER,
	OP_RAW,
	OP_MESSAGE,
	OP_HAVE,
	OP_SIMPLE,
	OP_REQUEST,
	OP_SERVE,
	OP_BLOCK,
	OP_RECORD,
	OP_RECORD_2,
	OP_MANIFEST,
	OP_REPLY,
	OP_REPLY_STEP,
	OP_ANNOUNCED,
	OP_FOLLOW,
	OP_WANT,
	OP_SUPPLY,
	OP_HANGUP,
	OP_SENT,
	OP_HOST,
	OP_PEX,
	OP_LEAVE,
	OP_N,
};

static struct lab *lab;
static struct sp_rd *in;

static uint8_t
get_track(void)
{
	static const uint8_t tracks[4] = { 0, 0, 1, LIM_TRACK_INIT };

	return tracks[buf_get_u8(in) % 4];
}

static uint64_t
get_number(void)
{
	uint8_t v = buf_get_u8(in);

	switch (v) {
	case 255:
		return LIM_NUMBER - 1;
	case 254:
		return 0;
	case 253:
		return LAB_FIRST + LIM_WINDOW_PIECES + 40;
	case 252:
		return LAB_FIRST - 300;
	default:
		return LAB_FIRST + v % 64;
	}
}

/* An open connection; LAB_CONNS when there is none. */
static unsigned
get_conn(void)
{
	unsigned v = buf_get_u8(in), i;

	for (i = 0; i < LAB_CONNS; i++)
		if (lab->conn[(v + i) % LAB_CONNS].open)
			return (v + i) % LAB_CONNS;
	return LAB_CONNS;
}

/* One that can seal. */
static unsigned
get_talker(void)
{
	unsigned c = get_conn();

	return c < LAB_CONNS && lab->conn[c].established ? c : LAB_CONNS;
}

static const uint8_t *
get_span(size_t *len)
{
	size_t want = buf_get_u8(in);

	*len = SP_MIN(want, buf_get_left(in));
	return buf_get_span(in, *len);
}

static void
do_accept(bool handshake)
{
	uint8_t who = buf_get_u8(in);

	lab->foreign = (who & 0x40) != 0;
	/* who 0 is the mesh itself */
	if (handshake)
		lab_accept(lab, who % 6);
	else
		lab_accept_raw(lab, who % 6);
	lab->foreign = false;
}

static void
do_answer(void)
{
	uint8_t how = buf_get_u8(in);
	unsigned i, d;

	for (i = 0; i < LAB_DIALS; i++) {
		d = (how + i) % LAB_DIALS;
		if (lab->dial[d].used)
			break;
	}
	if (i == LAB_DIALS)
		return;
	if (how & 0x80) {
		lab->dial[d].used = false;
		mesh_dial_failed(lab->mesh, lab->dial[d].id,
		    (enum mesh_close)(1 + how % 3), lab->now);
	} else if (lab_answer(lab, d,
		       how & 0x40
			   ? how % 6
			   : (uint8_t)(lab->dial[d].addr.port - 7000)) < 0) {
		return;
	}
}

static void
do_raw(void)
{
	unsigned c = get_conn();
	size_t len;
	const uint8_t *p = get_span(&len);

	if (c < LAB_CONNS)
		lab_input(lab, c, p, len);
}

/* A message of any type with any body; sometimes its length is a lie. */
static void
do_message(void)
{
	unsigned c = get_talker();
	uint8_t type = buf_get_u8(in), lie = buf_get_u8(in);
	size_t len;
	const uint8_t *p = get_span(&len);
	struct sp_buf *b;

	if (c == LAB_CONNS)
		return;
	b = lab_say(lab, c);
	buf_put_u32(b, (uint32_t)(len + 1 + (lie > 250 ? lie : 0)));
	buf_put_u8(b, type);
	buf_put(b, p, len);
	lab_flush(lab, c);
}

static void
do_have(void)
{
	unsigned c = get_talker(), n = 1 + buf_get_u8(in) % 4;
	struct pw_have_group g = { 0 };
	uint8_t track = get_track(), bits[130];
	uint64_t base = get_number();
	struct pw_open open;
	struct sp_buf *b;

	if (c == LAB_CONNS)
		return;
	b = lab_say(lab, c);
	pw_have_begin(&open, b, track, base);
	g.number = base;
	while (n-- > 0) {
		uint8_t v = buf_get_u8(in);

		g.number = SP_MIN(g.number + v / 64, LIM_NUMBER - 1);
		g.kind = v % 5;
		if (g.kind == PW_HAVE_BLOCKS || g.kind == PW_HAVE_ARRIVING) {
			memset(bits, buf_get_u8(in), sizeof(bits));
			g.first = buf_get_u8(in) % 64;
			g.n_bytes = 1 + buf_get_u8(in) % 110;
			g.bits = bits;
		}
		pw_have_add(&open, b, &g);
	}
	pw_end(&open, b);
	lab_flush(lab, c);
}

static void
do_simple(void)
{
	unsigned c = get_talker();
	uint8_t v = buf_get_u8(in);
	struct sp_buf *b;
	struct pw_block_ref ref = { .track = get_track() };

	ref.number = get_number();
	ref.index = v / 16 % 4;
	if (c == LAB_CONNS)
		return;
	b = lab_say(lab, c);
	switch (v % 10) {
	case 3:
		lab_warn(lab, c, v / 16, ref);
		break;
	case 4:
		pw_put_cancel(b, ref);
		break;
	case 5:
		pw_put_reject(b, ref, v / 64);
		break;
	case 6:
		ref.number = SP_MIN(ref.number, LIM_NUMBER - 64);
		pw_put_want(b, ref.track, ref.number, 1 + v / 4 % 64);
		break;
	case 7:
		pw_put_want_manifest(b, v / 16);
		break;
	case 8:
		pw_put_ping(b, v);
		break;
	case 9:
		pw_put_bye(b, v / 16, "so long");
		break;
	default:
		pw_put_simple(b, (enum pw_type)(v % 4));
	}
	lab_flush(lab, c);
}

static void
do_request(void)
{
	unsigned c = get_talker(), n = 1 + buf_get_u8(in) % 80;
	uint8_t track = get_track();
	uint64_t number = get_number();
	struct pw_block_ref ref = { number, 0, track };

	if (c == LAB_CONNS)
		return;
	for (; n > 0; n--, ref.index++)
		pw_put_request(lab_say(lab, c), ref,
		    (uint16_t)(buf_get_u8(in) * 40));
	lab_flush(lab, c);
}

static void
do_serve(void)
{
	unsigned c = get_talker();
	uint8_t how = buf_get_u8(in);

	if (c == LAB_CONNS)
		return;
	if (how & 0x80)
		lab_serve(lab, c, LAB_RIGHT);
	else
		lab_serve_one(lab, c, (enum lab_how)(how % 5));
}

/* A block that nobody may have asked for. */
static void
do_block(void)
{
	static uint8_t bytes[LIM_BLOCK];
	unsigned c = get_talker();
	uint8_t v = buf_get_u8(in);
	struct pw_block_ref ref = { .track = get_track() };
	size_t len = v & 1 ? LIM_BLOCK : v & 2 ? LAB_LEN % LIM_BLOCK : 1u + v;

	ref.number = get_number();
	ref.index = v / 4 % 4;
	if (c == LAB_CONNS)
		return;
	lab_bytes(ref.track, ref.number, v / 128,
	    (uint64_t)ref.index * LIM_BLOCK, bytes, len);
	pw_put_block_head(lab_say(lab, c), ref, len);
	buf_put(lab_say(lab, c), bytes, len);
	lab_flush(lab, c);
}

/* What is in lab->env reaches the mesh in one of three ways. */
static void
give_env(uint8_t how, bool record)
{
	const struct sp_buf *e = &lab->env;
	unsigned c = get_talker();

	if (e->len == 0)
		return;
	if (how % 4 == 3 && c < LAB_CONNS) {
		pw_put_env(lab_say(lab, c), record ? PW_RECORD : PW_MANIFEST,
		    e->p, e->len);
		lab_flush(lab, c);
	} else if (record) {
		mesh_record(lab->mesh, e->p, e->len, how % 4 != 0, lab->now);
	} else {
		mesh_manifest(lab->mesh, e->p, e->len, how % 4 != 0, lab->now);
	}
}

static void
do_record(void)
{
	static const uint32_t length[8] = { LAB_LEN, 1, LIM_BLOCK,
		LIM_BLOCK + 1, 0, 20 * LIM_BLOCK, 66 * LIM_BLOCK, 100 };
	uint8_t how = buf_get_u8(in), what = buf_get_u8(in);
	struct lab_rec r = lab_rec(lab, 0);

	r.track = get_track();
	r.number = get_number();
	r.length = length[what % 8];
	r.salt = what / 64 & 1;
	r.no_uri = what >= 0xf0;
	r.unchained = (what & 0x20) != 0;
	r.offset = what & 0x10 ? 12345 : 0;
	r.avail_ms += (int8_t)buf_get_u8(in) * 100;
	if (how & 0x10)
		r.avail_ms += (int8_t)buf_get_u8(in) * INT64_C(600000);
	r.epoch = 1 + (how >> 5 & 1);
	r.duration_us = (how & 0x40) ? buf_get_u8(in) * 14000000u : 2000000;
	if (r.length == 0) {
		r.flags |= RECORD_GAP;
		r.no_uri = true;
	}
	if (how & 0x80)
		r.flags |= RECORD_LAST;
	if (r.track >= LIM_TRACK_INIT) {
		r.flags = r.flags | RECORD_INIT;
		r.duration_us = 0;
	} else if (how & 0x08) {
		r.init = LAB_FIRST + buf_get_u8(in) % 4;
	}
	lab_seal(lab, &r);
	if (lab->env.len > 0 && (how & 0x0c) == 0x0c)
		lab->env.p[buf_get_u16(in) % lab->env.len] ^= 1;
	give_env(how, true);
}

static void
do_manifest(void)
{
	uint8_t how = buf_get_u8(in);

	lab_manifest(lab, how / 16);
	if (lab->env.len > 0 && (how & 0x0c) == 0x0c)
		lab->env.p[buf_get_u16(in) % lab->env.len] ^= 1;
	give_env(how, false);
}

static int
get_fetch(void)
{
	unsigned v = buf_get_u8(in), i, f;

	for (i = 0; i < LAB_FETCHES; i++) {
		f = (v + i) % LAB_FETCHES;
		if (lab->fetch[f].used)
			return (int)f;
	}
	return -1;
}

static void
do_reply_step(void)
{
	int f = get_fetch();
	uint8_t v = buf_get_u8(in);
	uint16_t n = buf_get_u16(in);
	const struct lab_fetch *k;

	if (f < 0)
		return;
	k = &lab->fetch[f];
	switch (v % 4) {
	case 0:
		lab_reply_head(lab, (unsigned)f, v & 8 ? k->at : n,
		    v & 4 ? 0 : k->length + (v >> 7));
		break;
	case 1:
		lab_reply_data(lab, (unsigned)f, k->at + v / 4 % 4 * LIM_BLOCK,
		    n, (v & 0x80) == 0);
		break;
	case 2:
		lab_reply_done(lab, (unsigned)f, (enum mesh_fetch)(v / 4 % 4),
		    200u + n % 400, n);
		break;
	default: /* no such transfer */
		mesh_fetch_head(lab->mesh, n, 0, 0, lab->now);
		mesh_fetch_data(lab->mesh, n, &v, 1, lab->now);
		mesh_fetch_done(lab->mesh, n, MESH_FETCH_OK, 200, 0, lab->now);
	}
}

static void
do_announced(void)
{
	uint8_t v = buf_get_u8(in);

	if (v & 0x80) {
		mesh_announced(lab->mesh, lab->announce, NULL, lab->now);
		lab->announce = 0;
	} else {
		lab_announced(lab, v / 8 % 6, v % 8);
	}
}

static void
do_want(void)
{
	uint8_t track = get_track();
	uint64_t number = get_number(), wrong;
	struct mesh_neighbour v[8];

	mesh_want(lab->mesh, track, number, lab->now);
	lab_read(lab, track, number, &wrong);
	FUZZ_CHECK(wrong == 0);
	FUZZ_CHECK(mesh_neighbours(lab->mesh, v, SP_LEN(v), lab->now) <= 8);
	mesh_manifest_get(lab->mesh, NULL, NULL);
}

static void
do_supply(void)
{
	static uint8_t bytes[66 * LIM_BLOCK];
	uint8_t v = buf_get_u8(in), track = get_track();
	uint64_t number = get_number();
	struct mesh_piece pc;

	if (mesh_piece(lab->mesh, track, number, &pc) < 0)
		return;
	lab_bytes(track, number, (uint8_t)pc.rec->dseq, 0, bytes,
	    pc.rec->length);
	if (v > 200 && pc.rec->length > 0)
		bytes[v * 99u % pc.rec->length] ^= 1;
	mesh_supply(lab->mesh, track, number, bytes,
	    pc.rec->length + (v == 100), lab->now);
}

static void
do_sent(void)
{
	unsigned c = get_conn();
	uint16_t n = buf_get_u16(in);

	if (c < LAB_CONNS)
		lab_sent(lab, c, n);
}

/* What only hosts do. */
static void
do_host(void)
{
	uint8_t v = buf_get_u8(in);
	unsigned c;

	switch (v % 4) {
	case 0:
		mesh_origins(lab->mesh, v / 64, lab->now);
		break;
	case 1:
		mesh_feed_state(lab->mesh, v >= 128, lab->now);
		break;
	case 2:
		lab->slow = v >= 128;
		for (c = 0; c < LAB_CONNS && !lab->slow; c++)
			if (lab->conn[c].open)
				lab_sent(lab, c, SIZE_MAX);
		break;
	default:
		c = get_conn();
		if (c < LAB_CONNS)
			lab->conn[c].mute = v >= 128;
	}
}

static void
do_pex(void)
{
	unsigned c = get_talker(), n = buf_get_u8(in) % 8;
	struct pw_pex_entry e;
	struct pw_open open;

	if (c == LAB_CONNS)
		return;
	pw_pex_begin(&open, lab_say(lab, c));
	while (n-- > 0) {
		uint8_t v = buf_get_u8(in);

		e = (struct pw_pex_entry){ 1, { 0 }, lab_addr(lab, v % 8) };
		memset(e.peer_id, v, sizeof(e.peer_id));
		if (v & 0x80)
			e.addr.port = v;
		pw_pex_add(&open, lab_say(lab, c), &e);
	}
	pw_end(&open, lab_say(lab, c));
	lab_flush(lab, c);
}

bool
mesh_op(struct lab *l, struct sp_rd *rd)
{
	int f;

	lab = l;
	in = rd;
	switch (buf_get_u8(in) % OP_N) {
	case OP_RUN:
	case OP_RUN_2:
		lab_run(lab, lab->now + (SP_MS << buf_get_u8(in) % 14));
		break;
	case OP_ACCEPT:
		do_accept(true);
		break;
	case OP_ACCEPT_RAW:
		do_accept(false);
		break;
	case OP_ANSWER:
		do_answer();
		break;
	case OP_RAW:
		do_raw();
		break;
	case OP_MESSAGE:
		do_message();
		break;
	case OP_HAVE:
		do_have();
		break;
	case OP_SIMPLE:
		do_simple();
		break;
	case OP_REQUEST:
		do_request();
		break;
	case OP_SERVE:
		do_serve();
		break;
	case OP_BLOCK:
		do_block();
		break;
	case OP_RECORD:
	case OP_RECORD_2:
		do_record();
		break;
	case OP_MANIFEST:
		do_manifest();
		break;
	case OP_REPLY:
		f = get_fetch();
		if (f >= 0)
			lab_reply(lab, (unsigned)f,
			    (enum lab_reply)(buf_get_u8(in) % 8));
		break;
	case OP_REPLY_STEP:
		do_reply_step();
		break;
	case OP_ANNOUNCED:
		do_announced();
		break;
	case OP_FOLLOW:
		f = buf_get_u8(in);
		mesh_follow(lab->mesh, (uint8_t)(f % 3 == 2 ? 200 : f % 3),
		    f < 200, lab->now);
		break;
	case OP_WANT:
		do_want();
		break;
	case OP_SUPPLY:
		do_supply();
		break;
	case OP_HANGUP:
		f = (int)get_conn();
		if (f < LAB_CONNS)
			lab_hangup(lab, (unsigned)f,
			    (enum mesh_close)(buf_get_u8(in) % 4));
		break;
	case OP_SENT:
		do_sent();
		break;
	case OP_HOST:
		do_host();
		break;
	case OP_PEX:
		do_pex();
		break;
	default:
		mesh_leave(lab->mesh, lab->now);
		return false;
	}
	return true;
}
