#include "tools/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/loop.h"
#include "test/sim/signer.h"
#include "test/unit/unit.h"

static char path[64];
static struct signer sg;
static struct journal j;
static struct sp_buf b;

static void
begin(void)
{
	snprintf(path, sizeof(path), "/tmp/check_journal.%ld", (long)getpid());
	unlink(path);
	hash_setup();
	signer_init(&sg, 5);
	buf_init(&b, io_mem(), 1 << 20);
}

static void
end(void)
{
	journal_close(&j);
	buf_fini(&b);
	unlink(path);
}

/* The envelope in the frame that was made last. */
static int
add_frame(void)
{
	struct tw_frame f;

	ck_assert_int_gt(tw_frame_read(&f, b.p, b.len), 0);
	return journal_add(&j, f.p, f.len);
}

static int
add_record(uint8_t track, uint64_t number)
{
	buf_reset(&b);
	signer_record(&sg, &b, track, number, (int64_t)number * 1000, 0);
	return add_frame();
}

static int
add_manifest(void)
{
	buf_reset(&b);
	signer_manifest(&sg, &b);
	return add_frame();
}

static unsigned
count(bool frames, int *rv)
{
	struct journal_reader r;
	const uint8_t *p;
	unsigned n = 0;
	size_t len;
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	journal_reader_init(&r, fd, frames);
	while ((*rv = journal_next(&r, &p, &len)) > 0)
		n++;
	journal_reader_fini(&r);
	close(fd);
	return n;
}

static uint64_t
size_of(void)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

static void
append(const void *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_eq(write(fd, p, len), (ssize_t)len);
	close(fd);
}

static void
some(void)
{
	ck_assert_int_eq(journal_open(&j, path, sg.pk), 0);
	ck_assert_int_eq(add_manifest(), 0);
	for (uint64_t n = 1; n <= 5; n++)
		ck_assert_int_eq(add_record(0, n), 0);
	ck_assert_int_eq(journal_sync(&j), 0);
}

START_TEST(what_is_added_is_read)
{
	int rv;

	begin();
	some();
	ck_assert_uint_eq(count(false, &rv), 6);
	ck_assert_int_eq(rv, 0);
	ck_assert_uint_eq(j.size, size_of());
	end();
}
END_TEST

START_TEST(a_journal_goes_on)
{
	int rv;

	begin();
	some();
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, path, sg.pk), 0);
	ck_assert_uint_eq(j.cut, 0);
	/* What the state has still pending is there already. */
	memset(sg.prev, 0, sizeof(sg.prev));
	ck_assert_int_eq(add_record(0, 5), 0);
	ck_assert_int_eq(add_record(0, 6), 0);
	ck_assert_int_eq(add_record(1, 1), 0);
	ck_assert_uint_eq(count(false, &rv), 8);
	end();
}
END_TEST

START_TEST(what_a_crash_left_is_cut_off)
{
	uint64_t whole;
	int rv;

	begin();
	some();
	whole = size_of();
	journal_close(&j);
	for (size_t cut = 1; cut < 200; cut += 33) {
		ck_assert_int_eq(truncate(path, (off_t)(whole - cut)), 0);
		ck_assert_int_eq(journal_open(&j, path, sg.pk), 0);
		ck_assert_uint_gt(j.cut, 0);
		ck_assert_uint_eq(j.heads[0].number, 4);
		memset(sg.prev, 0, sizeof(sg.prev));
		ck_assert_int_eq(add_record(0, 5), 0);
		ck_assert_uint_eq(count(false, &rv), 6);
		ck_assert_int_eq(rv, 0);
		whole = size_of();
		journal_close(&j);
	}
	end();
}
END_TEST

START_TEST(zeros_at_the_end_are_cut_off)
{
	static const uint8_t zeros[5000];
	uint64_t whole;

	begin();
	some();
	whole = size_of();
	journal_close(&j);
	append(zeros, sizeof(zeros));
	ck_assert_int_eq(journal_open(&j, path, sg.pk), 0);
	ck_assert_uint_eq(j.cut, sizeof(zeros));
	ck_assert_uint_eq(size_of(), whole);
	end();
}
END_TEST

START_TEST(what_is_no_journal_is_left_alone)
{
	static const uint8_t other[HASH_PK_LEN] = { 1 };
	uint64_t whole;

	begin();
	some();
	whole = size_of();
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, path, other), SP_ERR_WRONGCHAN);
	append("x and more", 10);
	ck_assert_int_eq(journal_open(&j, path, sg.pk), SP_ERR_SYNTAX);
	ck_assert_uint_eq(j.size, whole);
	ck_assert_uint_eq(size_of(), whole + 10);
	ck_assert_int_eq(truncate(path, 0), 0);
	append("d1:x1:ye", 8);
	ck_assert_int_eq(journal_open(&j, path, sg.pk), SP_ERR_SYNTAX);
	ck_assert_uint_eq(size_of(), 8);
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, "/tmp", sg.pk), SP_ERR_IO);
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, "/dev/null", sg.pk), SP_ERR_IO);
	end();
}
END_TEST

START_TEST(a_journal_has_one_writer)
{
	struct journal twin;

	begin();
	some();
	ck_assert_int_eq(journal_open(&twin, path, sg.pk), SP_ERR_EXISTS);
	journal_close(&twin);
	end();
}
END_TEST

/* Another file stands for the disk that is full, then the journal again. */
static int
swap(int fd)
{
	int old = j.fd;

	j.fd = fd;
	return old;
}

static int
full(void)
{
	return swap(open("/dev/full", O_WRONLY));
}

static void
room(int fd)
{
	close(swap(fd));
}

START_TEST(what_finds_no_room_waits)
{
	int fd, rv;

	begin();
	some();
	fd = full();
	ck_assert_int_eq(add_record(0, 6), SP_ERR_IO);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert(j.failed);
	ck_assert_int_eq(add_record(0, 7), SP_ERR_IO);
	ck_assert_int_eq(journal_sync(&j), SP_ERR_IO);
	ck_assert_uint_eq(j.lost, 0);
	room(fd);
	ck_assert_int_eq(add_record(0, 8), 0);
	ck_assert(!j.failed);
	ck_assert_int_eq(journal_sync(&j), 0);
	ck_assert_uint_eq(count(false, &rv), 9);
	ck_assert_int_eq(rv, 0);
	end();
}
END_TEST

START_TEST(waiting_has_an_end)
{
	uint64_t n = 6;
	int fd, rv;

	begin();
	some();
	sg.length = 8 * LIM_BLOCK; /* the largest envelopes */
	fd = full();
	while ((rv = add_record(0, n++)) == SP_ERR_IO)
		;
	ck_assert_int_eq(rv, SP_ERR_FULL);
	ck_assert_uint_eq(j.lost, 1);
	ck_assert_uint_le(j.waiting.len, JOURNAL_WAITING);
	room(fd);
	ck_assert_int_eq(journal_sync(&j), 0);
	ck_assert_uint_eq(count(false, &rv), n - 2 + 1);
	ck_assert_int_eq(rv, 0);
	end();
}
END_TEST

START_TEST(frames_are_read_where_they_may_be)
{
	int rv;

	begin();
	some();
	journal_close(&j);
	buf_reset(&b);
	signer_record(&sg, &b, 0, 6, 6000, 0);
	append(b.p, b.len);
	ck_assert_uint_eq(count(true, &rv), 7);
	ck_assert_int_eq(rv, 0);
	ck_assert_uint_eq(count(false, &rv), 6);
	ck_assert_int_eq(rv, SP_ERR_SYNTAX);
	append(b.p, b.len - 1);
	ck_assert_uint_eq(count(true, &rv), 7);
	ck_assert_int_eq(rv, SP_ERR_SHORT);
	end();
}
END_TEST

UNIT_MAIN("journal", what_is_added_is_read, a_journal_goes_on,
    what_a_crash_left_is_cut_off, zeros_at_the_end_are_cut_off,
    what_is_no_journal_is_left_alone, a_journal_has_one_writer,
    what_finds_no_room_waits, waiting_has_an_end,
    frames_are_read_where_they_may_be)
