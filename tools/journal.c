#include "tools/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/loop.h"
#include "wire/bencode.h"
#include "wire/manifest.h"
#include "wire/record.h"
#include "wire/trackwire.h"

#define READ_SIZE ((size_t)1 << 18)
#define BUF_MAX   (READ_SIZE + 4 * LIM_FEED_FRAME)
#define MODE      0644

/* ---- reading ------------------------------------------------------------ */

void
journal_reader_init(struct journal_reader *r, int fd, bool frames)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->frames = frames;
	buf_init(&r->buf, io_mem(), BUF_MAX);
}

void
journal_reader_fini(struct journal_reader *r)
{
	buf_fini(&r->buf);
}

bool
journal_is_manifest(const uint8_t *p, size_t len)
{
	return len > 4 && memcmp(p, "d1:m", 4) == 0;
}

static int
read_more(struct journal_reader *r)
{
	uint8_t *p;
	ssize_t n;

	buf_consume(&r->buf, r->used);
	r->used = 0;
	p = buf_reserve(&r->buf, READ_SIZE);
	if (p == NULL)
		return r->buf.err == SP_ERR_FULL ? SP_ERR_SYNTAX : r->buf.err;
	do
		n = read(r->fd, p, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return SP_ERR_IO;
	buf_commit(&r->buf, (size_t)n);
	r->end = n == 0;
	return 0;
}

/* Bytes of what begins at |p|, 0: more is needed. *env NULL: no envelope. */
static int
take(const struct journal_reader *r, const uint8_t *p, size_t len,
    const uint8_t **env, size_t *env_len)
{
	struct tw_frame f;
	size_t used;
	int n;

	*env = NULL;
	if (len == 0)
		return 0;
	/* No type of frame is as high as 'd'. */
	if (p[0] != 'd' && r->frames) {
		n = tw_frame_read(&f, p, len);
		if (n > 0 && (f.type == TW_FRAME_MANIFEST ||
				 f.type == TW_FRAME_RECORD)) {
			*env = f.p;
			*env_len = f.len;
		}
		return n < 0 ? SP_ERR_SYNTAX : n;
	}
	n = p[0] == 'd' ? bencode_prefix(p, len, false, &used) : SP_ERR_SYNTAX;
	if (n == SP_ERR_SHORT && len <= LIM_ENVELOPE)
		return 0;
	if (n < 0 || used > LIM_ENVELOPE)
		return SP_ERR_SYNTAX;
	*env = p;
	*env_len = used;
	return (int)used;
}

int
journal_next(struct journal_reader *r, const uint8_t **p, size_t *len)
{
	int n;

	for (;;) {
		n = take(r, r->buf.p + r->used, r->buf.len - r->used, p, len);
		if (n < 0)
			return n;
		if (n == 0 && r->end)
			return r->buf.len == r->used ? 0 : SP_ERR_SHORT;
		if (n == 0) {
			if ((n = read_more(r)) < 0)
				return n;
			continue;
		}
		r->used += (size_t)n;
		r->at += (uint64_t)n;
		if (*p != NULL)
			return 1;
	}
}

/* ---- opening ------------------------------------------------------------ */

static int
note_record(struct journal *j, const struct record *r)
{
	struct journal_head *h = &j->heads[r->track];

	if (h->known && (r->epoch < h->epoch || r->number <= h->number))
		return SP_ERR_STALE;
	*h = (struct journal_head){ true, r->epoch, r->number };
	return 0;
}

static int
note(struct journal *j, const uint8_t *p, size_t len, const uint8_t *pk)
{
	struct record_env env;
	struct manifest *m;
	int rv;

	if (!journal_is_manifest(p, len)) {
		rv = record_open(&env, p, len);
		if (rv == 0)
			(void)note_record(j, &env.rec);
		return rv < 0 ? SP_ERR_SYNTAX : 0;
	}
	m = malloc(sizeof(*m));
	rv = m != NULL ? manifest_open(m, p, len, pk) : SP_ERR_NOMEM;
	free(m);
	return rv == 0 || rv == SP_ERR_WRONGCHAN || rv == SP_ERR_NOMEM
		   ? rv
		   : SP_ERR_SYNTAX;
}

/* Of a file that had grown when the power failed, and was never filled. */
static bool
is_zeros(int fd, uint64_t at)
{
	uint8_t buf[4096];
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), (off_t)at)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != 0)
				return false;
		at += (uint64_t)n;
	}
	return n == 0;
}

static int
cut_off(struct journal *j)
{
	struct stat st;

	if (fstat(j->fd, &st) < 0 || ftruncate(j->fd, (off_t)j->size) < 0)
		return SP_ERR_IO;
	j->cut = (uint64_t)st.st_size - j->size;
	return 0;
}

static int
read_all(struct journal *j, const uint8_t *pk)
{
	struct journal_reader r;
	const uint8_t *p;
	size_t len;
	int rv;

	journal_reader_init(&r, j->fd, false);
	while ((rv = journal_next(&r, &p, &len)) > 0) {
		if ((rv = note(j, p, len, pk)) < 0)
			break;
		j->size = r.at;
	}
	journal_reader_fini(&r);
	if (rv == SP_ERR_SHORT ||
	    (rv == SP_ERR_SYNTAX && is_zeros(j->fd, j->size)))
		rv = cut_off(j);
	if (rv == 0 && lseek(j->fd, (off_t)j->size, SEEK_SET) < 0)
		rv = SP_ERR_IO;
	return rv;
}

static int
lock(const struct journal *j)
{
	struct stat st;

	if (flock(j->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? SP_ERR_EXISTS : SP_ERR_IO;
	if (fstat(j->fd, &st) < 0)
		return SP_ERR_IO;
	if (S_ISREG(st.st_mode))
		return 0;
	errno = EINVAL;
	return SP_ERR_IO;
}

int
journal_open(struct journal *j, const char *path, const uint8_t pk[HASH_PK_LEN])
{
	int rv, e;

	memset(j, 0, sizeof(*j));
	buf_init(&j->waiting, io_mem(), JOURNAL_WAITING);
	/* O_NONBLOCK: opening a FIFO must not hang. */
	j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, MODE);
	if (j->fd < 0)
		return SP_ERR_IO;
	rv = lock(j);
	if (rv == 0)
		rv = read_all(j, pk);
	if (rv == 0)
		return 0;
	e = errno;
	close(j->fd);
	j->fd = -1;
	errno = e;
	return rv;
}

/* ---- writing ------------------------------------------------------------ */

/* What was written of an envelope stays; the rest follows, or is cut off. */
static int
flush(struct journal *j)
{
	ssize_t n;

	while (j->waiting.len > 0) {
		n = write(j->fd, j->waiting.p, j->waiting.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			j->failed = true;
			return SP_ERR_IO;
		}
		buf_consume(&j->waiting, (size_t)n);
		j->size += (uint64_t)n;
		j->dirty = true;
	}
	j->failed = false;
	return 0;
}

int
journal_add(struct journal *j, const uint8_t *env, size_t len)
{
	struct record_env e;
	int rv;

	if (!journal_is_manifest(env, len)) {
		if ((rv = record_open(&e, env, len)) < 0)
			return rv;
		if (note_record(j, &e.rec) < 0)
			return 0;
	}
	if (len > JOURNAL_WAITING - j->waiting.len) {
		j->lost++;
		return SP_ERR_FULL;
	}
	buf_put(&j->waiting, env, len);
	if (j->waiting.err != 0) {
		j->waiting.err = 0;
		j->lost++;
		return SP_ERR_FULL;
	}
	j->added++;
	return flush(j);
}

int
journal_sync(struct journal *j)
{
	int rv = flush(j);

	if (rv == 0 && j->dirty && fdatasync(j->fd) < 0) {
		j->failed = true;
		return SP_ERR_IO;
	}
	if (rv == 0)
		j->dirty = false;
	return rv;
}

void
journal_close(struct journal *j)
{
	if (j->waiting.mem == NULL)
		return;
	buf_fini(&j->waiting);
	if (j->fd >= 0)
		close(j->fd);
	memset(j, 0, sizeof(*j));
	j->fd = -1;
}
