#include "wire/places.h"

#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf b;
static struct places p, got;
static uint16_t told;

static struct places_peer
peer(unsigned k)
{
	uint8_t ip[4] = { 192, 0, 2, (uint8_t)k };
	struct places_peer out;

	memset(out.peer_id, (int)k, LINK_PEERID_LEN);
	out.addr = addr_make(4, ip, (uint16_t)(1000 + k));
	return out;
}

static void
begin(void)
{
	failmem_init(&fm);
	buf_init(&b, &fm.mem, 4096);
	memset(&p, 0, sizeof(p));
	memset(&got, 0, sizeof(got));
}

static void
end(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

/* All stripes have three different ones. */
static void
fill(void)
{
	p.track = 2;
	p.inner = 0x0102;
	for (unsigned s = 0; s < PLACES_STRIPES; s++) {
		p.stripes[s].n = PLACES_EACH;
		for (unsigned i = 0; i < PLACES_EACH; i++)
			p.stripes[s].v[i] = peer(1 + s * PLACES_EACH + i);
	}
}

static int
take(void)
{
	return places_take(&got, &told, b.p, b.len);
}

START_TEST(what_is_written_is_read)
{
	begin();
	fill();
	places_put(&b, &p, UINT16_MAX);
	ck_assert_int_eq(take(), 0);
	ck_assert_uint_eq(told, UINT16_MAX);
	ck_assert_mem_eq(&got, &p, sizeof(p));
	end();
}
END_TEST

START_TEST(who_stands_in_many_stripes_is_named_once)
{
	begin();
	for (unsigned s = 0; s < PLACES_STRIPES; s++) {
		p.stripes[s].n = 1;
		p.stripes[s].v[0] = peer(7);
	}
	places_put(&b, &p, UINT16_MAX);
	ck_assert_uint_eq(b.len, 6 + 27 + 2 * PLACES_STRIPES);
	ck_assert_int_eq(take(), 0);
	ck_assert_mem_eq(&got, &p, sizeof(p));
	end();
}
END_TEST

START_TEST(what_is_not_told_of_stays)
{
	begin();
	fill();
	got = p;
	p.stripes[4].n = 0;
	memset(p.stripes[4].v, 0, sizeof(p.stripes[4].v));
	p.stripes[5].v[1] = peer(99);
	places_put(&b, &p, 1u << 4 | 1u << 5);
	ck_assert_uint_le(b.len, 100);
	ck_assert_int_eq(take(), 0);
	ck_assert_uint_eq(told, 1u << 4 | 1u << 5);
	ck_assert_mem_eq(&got, &p, sizeof(p));
	end();
}
END_TEST

START_TEST(nothing_stays_of_another_track)
{
	begin();
	fill();
	got = p;
	got.track = 1;
	places_put(&b, &p, 1u << 3);
	ck_assert_int_eq(take(), 0);
	ck_assert_uint_eq(got.track, 2);
	ck_assert_uint_eq(got.stripes[3].n, PLACES_EACH);
	ck_assert_uint_eq(got.stripes[4].n, 0);
	end();
}
END_TEST

/* Byte |at| of a frame with peers 1, 2, 3 in stripe 0 is |v|: its code. */
static int
changed(size_t at, uint8_t v)
{
	int rv;

	begin();
	p.stripes[0].n = PLACES_EACH;
	for (unsigned i = 0; i < PLACES_EACH; i++)
		p.stripes[0].v[i] = peer(1 + i);
	got = p;
	places_put(&b, &p, 1);
	b.p[at] = v;
	rv = take();
	if (rv != 0)
		ck_assert_mem_eq(&got, &p, sizeof(got));
	end();
	return rv;
}

START_TEST(malformed_frames_change_nothing)
{
	const size_t head = 6, one = 27, list = head + 3 * one;

	ck_assert_int_eq(changed(5, 3), 0);
	ck_assert_int_eq(changed(0, LIM_TRACKS), SP_ERR_TOOBIG);
	ck_assert_int_eq(changed(5, LIM_PLACES + 1), SP_ERR_TOOBIG);
	ck_assert_int_eq(changed(head + 20, 5), SP_ERR_SYNTAX);
	ck_assert_int_eq(changed(head + 21, 240), SP_ERR_RANGE);
	ck_assert_int_eq(changed(list, 4), SP_ERR_TOOBIG);
	ck_assert_int_eq(changed(list, 2), SP_ERR_SYNTAX);
	ck_assert_int_eq(changed(list + 1, 1), SP_ERR_CANON);
	ck_assert_int_eq(changed(list + 3, 3), SP_ERR_RANGE);
	ck_assert_int_eq(changed(list + 3, 1), SP_ERR_CANON);
}
END_TEST

START_TEST(every_shorter_frame_is_refused)
{
	begin();
	fill();
	places_put(&b, &p, UINT16_MAX);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_lt(places_take(&got, &told, b.p, n), 0);
	end();
}
END_TEST

UNIT_MAIN("places", what_is_written_is_read,
    who_stands_in_many_stripes_is_named_once, what_is_not_told_of_stays,
    nothing_stays_of_another_track, malformed_frames_change_nothing,
    every_shorter_frame_is_refused)
