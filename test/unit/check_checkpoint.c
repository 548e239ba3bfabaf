#include "tools/checkpoint.h"

#include "test/unit/unit.h"

static struct failmem fm;
static struct checkpoint *c, *d;

static void
begin(void)
{
	failmem_init(&fm);
	c = calloc(1, sizeof(*c));
	d = calloc(1, sizeof(*d));
	checkpoint_init(c, &fm.mem);
	checkpoint_init(d, &fm.mem);
}

static void
end(void)
{
	checkpoint_fini(c);
	checkpoint_fini(d);
	free(c);
	free(d);
	failmem_check(&fm);
}

static void
fill(struct checkpoint *k)
{
	struct checkpoint_track *t = &k->tracks[31];

	memset(k->pk, 0xab, HASH_PK_LEN);
	k->epoch = UINT32_MAX;
	k->serial = INT64_MAX;
	t->used = true;
	snprintf(t->uri, sizeof(t->uri), "v a/index.m3u8");
	t->mark = (struct follower_mark){ .number = LIM_NUMBER - 1,
		.source_seq = 7,
		.dseq = 8,
		.source_dseq = 9,
		.what = UINT64_C(0xfedcba9876543210),
		.pdt_ms = 1700000000123,
		.avail_ms = 1700000000456,
		.ended = true };
	memset(t->digest, 1, HASH_LEN);
	t->has_init = true;
	t->init_number = 5;
	t->init_id = 6;
	t->init_avail_ms = 4;
	memset(t->init_root, 2, HASH_LEN);
	memset(t->init_digest, 3, HASH_LEN);
	k->tracks[0].used = true;
	k->tracks[0].mark.pdt_ms = -1;
	k->pending[0].p = mem_dup(k->mem, "d1:hee", 6);
	k->pending[0].len = 6;
	k->n_pending = 1;
}

static int
parse(const char *s, struct checkpoint_error *e)
{
	return checkpoint_parse(d, s, strlen(s), e);
}

START_TEST(what_was_written_is_read_back)
{
	struct sp_buf b;
	struct checkpoint_error e;

	begin();
	fill(c);
	buf_init(&b, &fm.mem, CHECKPOINT_MAX);
	ck_assert_int_eq(checkpoint_write(&b, c), 0);
	ck_assert_int_eq(checkpoint_parse(d, (const char *)b.p, b.len, &e), 0);
	ck_assert_mem_eq(d->pk, c->pk, HASH_PK_LEN);
	ck_assert_uint_eq(d->epoch, UINT32_MAX);
	ck_assert_uint_eq(d->serial, INT64_MAX);
	ck_assert_mem_eq(&d->tracks[31].mark, &c->tracks[31].mark,
	    offsetof(struct follower_mark, ended));
	ck_assert(d->tracks[31].mark.ended);
	ck_assert_str_eq(d->tracks[31].uri, "v a/index.m3u8");
	ck_assert_uint_eq(d->tracks[31].init_number, 5);
	ck_assert_uint_eq(d->tracks[31].init_id, 6);
	ck_assert_int_eq(d->tracks[31].init_avail_ms, 4);
	ck_assert_mem_eq(d->tracks[31].init_root, c->tracks[31].init_root,
	    HASH_LEN);
	ck_assert_mem_eq(d->tracks[31].init_digest, c->tracks[31].init_digest,
	    HASH_LEN);
	ck_assert_mem_eq(d->tracks[31].digest, c->tracks[31].digest, HASH_LEN);
	ck_assert(d->tracks[0].used);
	ck_assert_int_eq(d->tracks[0].mark.pdt_ms, -1);
	ck_assert(!d->tracks[0].has_init);
	ck_assert(!d->tracks[1].used);
	ck_assert_uint_eq(d->n_pending, 1);
	ck_assert_uint_eq(d->pending[0].len, 6);
	ck_assert_mem_eq(d->pending[0].p, "d1:hee", 6);
	buf_fini(&b);
	end();
}
END_TEST

/* A state cut short is not taken for the whole. */
START_TEST(every_truncation_is_seen)
{
	struct sp_buf b;
	struct checkpoint_error e;

	begin();
	fill(c);
	buf_init(&b, &fm.mem, CHECKPOINT_MAX);
	ck_assert_int_eq(checkpoint_write(&b, c), 0);
	for (size_t n = 0; n < b.len; n++) {
		ck_assert_int_lt(checkpoint_parse(d, (const char *)b.p, n, &e),
		    0);
		ck_assert_uint_eq(d->n_pending, 0);
	}
	buf_fini(&b);
	end();
}
END_TEST

#define HEAD   "spate-state 1\n"
#define PK     "abababababababababababababababababababababababababababababababab"
#define CHAN   "channel " PK "\n"
#define TRACK0 "track 0 1 2 3 4 0000000000000005 - 6 0 " PK "\n"

START_TEST(bad_lines_are_named)
{
	static const struct {
		const char *text;
		int err;
		unsigned line;
	} v[] = {
		{ "", SP_ERR_SHORT, 0 },
		{ "hello\n", SP_ERR_SYNTAX, 1 },
		{ "spate-state 2\n", SP_ERR_UNSUPPORTED, 1 },
		{ HEAD "end\n", SP_ERR_SHORT, 0 },
		{ HEAD CHAN, SP_ERR_SHORT, 0 },
		{ HEAD "channel 12\n", SP_ERR_SYNTAX, 2 },
		{ HEAD CHAN "epoch 4294967296\n", SP_ERR_RANGE, 3 },
		{ HEAD CHAN "serial -1\n", SP_ERR_RANGE, 3 },
		{ HEAD CHAN "colour red\n", SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "\n", SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "end\nend\n", SP_ERR_SYNTAX, 4 },
		{ HEAD CHAN "track 32 1 2 3 4 0000000000000005 - 6 0 " PK "\n",
		    SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "track 0 1 2 3 4 5 - 6 0 " PK "\n", SP_ERR_RANGE,
		    3 },
		{ HEAD CHAN "track 0 1 2 3 4 0000000000000005 - 6 0\n",
		    SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "track 0 1 2 3 4 0000000000000005 - 6 2 " PK "\n",
		    SP_ERR_RANGE, 3 },
		{ HEAD CHAN TRACK0 TRACK0, SP_ERR_SYNTAX, 4 },
		{ HEAD CHAN "uri 0 x\n", SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "init 0 1 2\n", SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN TRACK0 "init 0 1 0000000000000002 " PK " " PK
				   " x\n",
		    SP_ERR_RANGE, 4 },
		{ HEAD CHAN "pending\n", SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "pending 123\n", SP_ERR_SYNTAX, 3 },
		{ HEAD CHAN "pending zz\n", SP_ERR_SYNTAX, 3 },
	};
	struct checkpoint_error e;

	begin();
	for (size_t i = 0; i < SP_LEN(v); i++) {
		ck_assert_int_eq(parse(v[i].text, &e), v[i].err);
		ck_assert_uint_eq(e.line, v[i].line);
		ck_assert_ptr_nonnull(e.what);
		ck_assert(!d->tracks[0].used);
	}
	ck_assert_int_eq(parse(HEAD CHAN TRACK0 "end\n", &e), 0);
	end();
}
END_TEST

START_TEST(there_is_a_most_of_envelopes)
{
	struct checkpoint_error e;
	struct sp_buf b;

	begin();
	buf_init(&b, &fm.mem, CHECKPOINT_MAX);
	buf_put_str(&b, HEAD CHAN);
	for (unsigned i = 0; i <= CHECKPOINT_PENDING; i++)
		buf_put_str(&b, "pending 00\n");
	buf_put_str(&b, "end\n");
	ck_assert_int_eq(checkpoint_parse(d, (const char *)b.p, b.len, &e),
	    SP_ERR_TOOBIG);
	ck_assert_uint_eq(e.line, 3 + CHECKPOINT_PENDING);
	buf_fini(&b);
	end();
}
END_TEST

START_TEST(without_memory_nothing_stays)
{
	static const char text[] = HEAD CHAN "pending 00\npending 11\nend\n";
	struct checkpoint *k = calloc(1, sizeof(*k));
	struct checkpoint_error e;
	struct failmem each;
	int rv;

	FAILMEM_EACH (&each) {
		checkpoint_init(k, &each.mem);
		rv = checkpoint_parse(k, text, sizeof(text) - 1, &e);
		ck_assert(rv == 0 || rv == SP_ERR_NOMEM);
		ck_assert_uint_eq(k->n_pending, rv == 0 ? 2 : 0);
		checkpoint_fini(k);
	}
	free(k);
}
END_TEST

UNIT_MAIN("checkpoint", what_was_written_is_read_back, every_truncation_is_seen,
    bad_lines_are_named, there_is_a_most_of_envelopes,
    without_memory_nothing_stays)
