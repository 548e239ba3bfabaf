#include "test/unit/lt_fake.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/unit.h"

#define EVENTS 256
#define ID     7

struct fake fake;

struct lt_session {
	int fd;
	struct lt_error why;
};

static struct lt_session session = { .fd = -1 };
static struct lt_event queue[EVENTS];
static size_t queued;
static uint32_t piece_len = FAKE_PIECE;

static void
push(struct lt_event ev)
{
	uint64_t one = 1;

	ck_assert_uint_lt(queued, EVENTS);
	ev.size = sizeof(ev);
	ev.torrent = ID;
	queue[queued++] = ev;
	if (session.fd >= 0)
		ck_assert_int_eq(write(session.fd, &one, sizeof(one)), 8);
}

/* ---- for the test ---- */

uint8_t
fake_byte(uint64_t at)
{
	return (uint8_t)(at * 7 + at / 251 + at / 16384);
}

void
fake_pieces_of(uint32_t len)
{
	piece_len = len;
}

void
fake_init(const char *name, const struct fake_file *v, size_t n)
{
	struct lt_info *i = &fake.info;
	size_t k;

	memset(&fake, 0, sizeof(fake));
	memset(fake.prio, 4, sizeof(fake.prio));
	queued = 0;
	*i = (struct lt_info){
		.size = sizeof(*i),
		.name = name,
		.has_v1 = true,
		.v1 = { 1, 2, 3 },
		.id = { 1, 2, 3 },
		.piece_length = piece_len,
		.n_files = n,
		.files = fake.files,
	};
	for (k = 0; k < n; k++) {
		fake.files[k].path = v[k].path;
		fake.files[k].length = v[k].length;
		fake.files[k].offset = i->total;
		fake.files[k].pad = v[k].pad;
		i->total += v[k].length;
	}
	i->n_pieces = (uint32_t)((i->total + piece_len - 1) / piece_len);
	piece_len = FAKE_PIECE;
	ck_assert_uint_le(i->n_pieces, FAKE_PIECES);
}

void
fake_metadata(void)
{
	fake.has_metadata = true;
	push((struct lt_event){ .type = LT_EV_METADATA });
}

void
fake_checked(void)
{
	push((struct lt_event){ .type = LT_EV_CHECKED });
}

void
fake_status(void)
{
	static struct lt_status st;
	struct lt_event ev = { .type = LT_EV_STATUS };
	uint32_t i;

	st = (struct lt_status){
		.torrent = ID,
		.state = LT_STATE_LOADING,
		.down_bytes = fake.down_bytes,
		.flags = fake.flags,
		.peers = 3,
		.n_pieces = fake.has_metadata ? fake.info.n_pieces : 0,
		.pieces = fake.has_metadata ? fake.have : NULL,
		.needs_resume = true,
	};
	for (i = 0; i < FAKE_PIECES; i++)
		st.have += fake.have[i / 8] >> (7 - i % 8) & 1;
	ev.u.status.v = &st;
	ev.u.status.n = 1;
	push(ev);
}

static void
make_dirs(char *path)
{
	char *s;

	for (s = path + 1; (s = strchr(s, '/')) != NULL; s++) {
		*s = '\0';
		mkdir(path, 0700);
		*s = '/';
	}
}

/* The part of [from, end) that lies in |f|. */
static void
write_file(const struct lt_file *f, uint64_t from, uint64_t end, uint8_t flip)
{
	static uint8_t bytes[1 << 20];
	char path[512];
	size_t n = 0;
	uint64_t at;
	int fd;

	from = SP_MAX(from, (uint64_t)f->offset);
	end = SP_MIN(end, (uint64_t)(f->offset + f->length));
	if (f->pad || from >= end)
		return;
	snprintf(path, sizeof(path), "%s/%s", fake.dir, f->path);
	make_dirs(path);
	for (at = from; at < end; at++)
		bytes[n++] = fake_byte(at) ^ flip;
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, n, (off_t)from - f->offset), n);
	close(fd);
}

static void
write_piece(uint32_t piece, uint8_t flip)
{
	uint64_t from = (uint64_t)piece * fake.info.piece_length;
	uint64_t end =
	    SP_MIN(from + fake.info.piece_length, (uint64_t)fake.info.total);
	size_t k;

	for (k = 0; k < fake.info.n_files; k++)
		write_file(&fake.files[k], from, end, flip);
}

void
fake_piece(uint32_t piece)
{
	write_piece(piece, 0);
	fake.have[piece / 8] |= (uint8_t)(0x80 >> (piece % 8));
	fake.due[piece] = false;
	push((struct lt_event){ .type = LT_EV_PIECE, .u.piece = piece });
}

void
fake_wrong(uint32_t piece)
{
	write_piece(piece, 0xff);
	push((struct lt_event){ .type = LT_EV_HASH_FAILED, .u.piece = piece });
}

void
fake_error(int code, const char *text)
{
	struct lt_event ev = { .type = LT_EV_TORRENT_ERROR };

	ev.error.size = sizeof(ev.error);
	ev.error.code = code;
	snprintf(ev.error.text, sizeof(ev.error.text), "%s", text);
	push(ev);
	/* then libtorrent only serves, or does not even that */
	fake.flags |= code == SP_ERR_FULL ? LT_UPLOAD_ONLY : LT_PAUSED;
}

unsigned
fake_due(void)
{
	unsigned i, n = 0;

	for (i = 0; i < FAKE_PIECES; i++)
		n += fake.due[i];
	return n;
}

/* ---- src/lt ---- */

size_t
lt_preset(enum lt_preset which SP_UNUSED, const struct lt_kv **out)
{
	static const struct lt_kv none = { "enable_dht", "0" };

	*out = &none;
	return 1;
}

int
lt_new(struct lt_session **out, const struct lt_conf *conf,
    struct lt_error *why SP_UNUSED)
{
	ck_assert(conf->pieces);
	ck_assert_int_lt(session.fd, 0);
	session.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	fake.sessions++;
	*out = &session;
	return 0;
}

void
lt_free(struct lt_session *s)
{
	if (s == NULL)
		return;
	close(s->fd);
	s->fd = -1;
}

const struct lt_error *
lt_why(const struct lt_session *s)
{
	return &s->why;
}

int
lt_fd(const struct lt_session *s)
{
	return s->fd;
}

int
lt_drain(struct lt_session *s, lt_cb *cb, void *ctx)
{
	uint64_t n;
	size_t i;

	if (read(s->fd, &n, sizeof(n)) < 0)
		return 0;
	for (i = 0; i < queued; i++)
		cb(ctx, &queue[i]);
	queued = 0;
	return (int)i;
}

int
lt_add(struct lt_session *s, const struct lt_torrent *add, uint64_t *id)
{
	int rv = fake.add_error;

	fake.add_error = 0;
	fake.resume_len = add->resume_len;
	snprintf(fake.dir, sizeof(fake.dir), "%s", add->save_path);
	if (add->magnet != NULL)
		snprintf(fake.magnet, sizeof(fake.magnet), "%s", add->magnet);
	s->why = (struct lt_error){ .size = sizeof(s->why), .code = rv };
	if (rv < 0)
		snprintf(s->why.text, sizeof(s->why.text), "as scripted");
	*id = ID;
	return rv;
}

const struct lt_info *
lt_info_of(const struct lt_session *s SP_UNUSED, uint64_t id)
{
	ck_assert_uint_eq(id, ID);
	return fake.has_metadata ? &fake.info : NULL;
}

int
lt_set_flags(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t flags, uint32_t mask)
{
	ck_assert_uint_eq(flags & ~mask, 0);
	fake.flags = (fake.flags & ~mask) | flags;
	return 0;
}

int
lt_set_deadline(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece, uint32_t ms, bool read)
{
	ck_assert_uint_lt(piece, fake.info.n_pieces);
	ck_assert(!read);
	fake.due[piece] = true;
	fake.due_ms[piece] = ms;
	fake.prio[piece] = 7;
	return 0;
}

int
lt_reset_deadline(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece)
{
	fake.due[piece] = false;
	fake.prio[piece] = 1;
	return 0;
}

int
lt_clear_deadlines(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	uint32_t i;

	for (i = 0; i < FAKE_PIECES; i++) {
		fake.prio[i] = fake.due[i] ? 1 : fake.prio[i];
		fake.due[i] = false;
	}
	return 0;
}

int
lt_piece_priorities(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t first, uint32_t n, uint8_t prio)
{
	ck_assert_uint_le(first + n, fake.info.n_pieces);
	memset(fake.prio + first, prio, n);
	return 0;
}

int
lt_renew(struct lt_session *s SP_UNUSED, uint64_t id,
    const struct sp_addr *pardon)
{
	struct lt_event ev = { .type = LT_EV_ADDED };

	ck_assert_uint_eq(id, ID);
	fake.renewals++;
	fake.pardon = pardon == NULL ? (struct sp_addr){ 0 } : *pardon;
	fake.flags = 0;
	memset(fake.due, 0, sizeof(fake.due));
	memset(fake.prio, 4, sizeof(fake.prio));
	push(ev);
	fake_metadata();
	fake_checked();
	return 0;
}

void
fake_banned(const struct sp_addr *who)
{
	struct lt_event ev = { .type = LT_EV_BANNED };

	ev.u.address = *who;
	push(ev);
}

int
lt_recheck(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	fake.rechecks++;
	return 0;
}

int
lt_save_resume(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED, bool info)
{
	struct lt_event ev = { .type = LT_EV_RESUME };

	ck_assert(info);
	fake.saves++;
	ev.u.bytes.p = (const uint8_t *)"resume";
	ev.u.bytes.len = 6;
	push(ev);
	return 0;
}

int
lt_post_status_all(struct lt_session *s SP_UNUSED)
{
	fake_status();
	return 0;
}

/* ---- of those with web seeds, which there are not here ---- */

int
lt_connect_peer(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    const struct sp_addr *addr SP_UNUSED)
{
	return 0;
}

int
lt_post_peers(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	return 0;
}

int
lt_add_piece(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece SP_UNUSED, const void *p SP_UNUSED, size_t len SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

uint32_t
lt_info_piece_size(const struct lt_info *i, uint32_t piece)
{
	int64_t left = i->total - (int64_t)piece * i->piece_length;

	return (uint32_t)SP_MIN(left, (int64_t)i->piece_length);
}
