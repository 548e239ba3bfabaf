/*
 * mangle udp|http PORT COUNT SEED: sends COUNT requests to the tracker at
 * 127.0.0.1 that were valid before they were cut, stretched, flipped or
 * spliced, as SEED says, and counts what comes back.
 *
 * udp: half of them from 127.0.2.1, which asked for a connection id and uses
 * it; half from 127.0.2.2, which never did, and must not be sent more than it
 * sends. http: 64 connections, a request each, half-closed after it.
 * Lines `name value unit' go to stdout.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"
#include "test/bench/bench.h"
#include "wire/udpwire.h"
#include "wire/uri.h"

#define BATCH     64
#define PACKET    2048
#define IN        65536
#define HTTP_WAIT (2 * SP_S)

static struct sp_rng rng;
static uint16_t port;

static int
dial(int type, uint8_t host)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000200u + host) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	must(fd >= 0, "socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "bind");
	a.sin_port = htons(port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- the mutator --------------------------------------------------------- */

static uint8_t
odd_byte(void)
{
	static const uint8_t v[] = { 0, 1, 0x7f, 0x80, 0xff, '%', '&', '\n' };

	return v[rng_below(&rng, SP_LEN(v))];
}

static void
mutate_once(uint8_t *p, size_t *len)
{
	size_t at = rng_below(&rng, *len + 1), n = rng_below(&rng, 32);

	switch (rng_below(&rng, 6)) {
	case 0:
		if (at < *len)
			p[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
		break;
	case 1:
		if (at < *len)
			p[at] = odd_byte();
		break;
	case 2:
		*len = at;
		break;
	case 3: /* stretched */
		n = SP_MIN(n, PACKET - *len);
		memmove(p + at + n, p + at, *len - at);
		memset(p + at, odd_byte(), n);
		*len += n;
		break;
	case 4: /* a part is left out */
		n = SP_MIN(n, *len - at);
		memmove(p + at, p + at + n, *len - at - n);
		*len -= n;
		break;
	default: /* a part is somewhere else, too */
		n = SP_MIN(n, *len - at);
		memmove(p + rng_below(&rng, *len - n + 1), p + at, n);
	}
}

static void
mutate(uint8_t *p, size_t *len)
{
	for (uint64_t n = 1 + rng_below(&rng, 4); n > 0 && *len > 0; n--)
		mutate_once(p, len);
}

/* ---- udp ----------------------------------------------------------------- */

static void template(struct sp_buf *b, uint64_t conn_id)
{
	static const char url[] = "/announce?up=1000&rc=1&tk=2";
	static uint8_t hashes[74 * 20];
	struct sp_buf options;
	struct uw_req r = { .action = (enum uw_action)rng_below(&rng, 3),
		.tid = (uint32_t)rng_u64(&rng),
		.conn_id = conn_id,
		.hashes = hashes };

	buf_init(&options, &heap_mem, PACKET);
	r.n_hashes = rng_below(&rng, 75);
	memset(r.ann.info_hash, (int)rng_below(&rng, 100), 20);
	memset(r.ann.peer_id, 'm', 20);
	r.ann.port = (uint16_t)(1025 + rng_below(&rng, 100));
	r.ann.left = rng_below(&rng, 2);
	r.ann.event = (enum tw_event)rng_below(&rng, 4);
	r.ann.numwant = (int32_t)rng_below(&rng, 100);
	if (rng_below(&rng, 2) == 0) {
		uw_url_put(&options, url, sizeof(url) - 1);
		r.options = options.p;
		r.options_len = options.len;
	}
	buf_reset(b);
	uw_req_write(b, &r);
	buf_fini(&options);
}

struct side {
	int fd;
	uint64_t conn_id;
	uint64_t out, in, packets, replies, longest;
};

static void
hear(struct side *s)
{
	static uint8_t in[BATCH][PACKET];
	static struct mmsghdr m[BATCH];
	static struct iovec v[BATCH];
	int n;

	do {
		for (size_t i = 0; i < BATCH; i++) {
			v[i] = (struct iovec){ in[i], PACKET };
			m[i].msg_hdr.msg_iov = &v[i];
			m[i].msg_hdr.msg_iovlen = 1;
		}
		n = recvmmsg(s->fd, m, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++) {
			s->in += m[i].msg_len;
			s->longest = SP_MAX(s->longest, m[i].msg_len);
			s->replies++;
		}
	} while (n == BATCH);
}

static void
shoot(struct side *s)
{
	static uint8_t out[BATCH][PACKET];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v[BATCH];
	struct sp_buf b;
	int went;

	buf_init(&b, &heap_mem, PACKET);
	for (size_t i = 0; i < BATCH; i++) {
		size_t len;

		template(&b, s->conn_id);
		len = b.len;
		memcpy(out[i], b.p, len);
		mutate(out[i], &len);
		v[i] = (struct iovec){ out[i], len };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	went = sendmmsg(s->fd, m, BATCH, 0);
	for (int i = 0; i < went; i++)
		s->out += v[i].iov_len;
	s->packets += (uint64_t)SP_MAX(went, 0);
	hear(s);
	buf_fini(&b);
}

/* Asks for a connection id until there is one. */
static void
prove(struct side *s)
{
	struct pollfd p = { s->fd, POLLIN, 0 };
	struct uw_req ask = { .action = UW_CONNECT, .tid = 7 };
	struct uw_reply r = { 0 };
	uint8_t in[PACKET];
	struct sp_buf b;
	ssize_t n;

	buf_init(&b, &heap_mem, PACKET);
	uw_req_write(&b, &ask);
	for (int i = 0; i < 5 && s->conn_id == 0; i++) {
		send(s->fd, b.p, b.len, 0);
		poll(&p, 1, 1000);
		n = recv(s->fd, in, sizeof(in), MSG_DONTWAIT);
		if (n > 0 && uw_reply_read(&r, 4, in, (size_t)n) == 0 &&
		    r.tid == ask.tid)
			s->conn_id = r.conn_id;
	}
	must(s->conn_id != 0, "no connection id");
	buf_fini(&b);
}

static void
mangle_udp(uint64_t count)
{
	struct side s[2] = { { .fd = dial(SOCK_DGRAM, 1) },
		{ .fd = dial(SOCK_DGRAM, 2), .conn_id = 12345 } };
	int64_t begun = now_ns(), proved = 0;
	struct timespec rest = { 0, 200000000 };

	while (s[0].packets + s[1].packets < count) {
		if (proved == 0 || now_ns() - proved > 50 * SP_S) {
			s[0].conn_id = 0;
			prove(&s[0]);
			proved = now_ns();
		}
		shoot(&s[0]);
		shoot(&s[1]);
	}
	nanosleep(&rest, NULL);
	hear(&s[0]);
	hear(&s[1]);
	printf("mangle_packets %" PRIu64 " packets\n",
	    s[0].packets + s[1].packets);
	printf("mangle_rate %.0f packets/s\n",
	    (double)(s[0].packets + s[1].packets) * 1e9 /
		(double)(now_ns() - begun));
	printf("mangle_replies %" PRIu64 " replies\n",
	    s[0].replies + s[1].replies);
	printf("mangle_unproven_out %" PRIu64 " bytes\n", s[1].out);
	printf("mangle_unproven_in %" PRIu64 " bytes\n", s[1].in);
	printf("mangle_unproven_longest %" PRIu64 " bytes\n", s[1].longest);
}

/* ---- http ---------------------------------------------------------------- */

/* Each '#' becomes a digit. */
static size_t
http_template(uint8_t out[PACKET])
{
	static const char *const text[] = {
		"GET /announce?info_hash=%##%00aaaaaaaaaaaaaaaaaa&peer_id="
		"-SB0001-aaaaaaaaaaaa&port=1###&uploaded=0&downloaded=0&left="
		"#&compact=1&numwant=##&event=started&key=1a HTTP/1.1\r\n"
		"Host: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n",
		"GET /scrape?info_hash=%##%00aaaaaaaaaaaaaaaaaa&info_hash="
		"%##bbbbbbbbbbbbbbbbbbb HTTP/1.1\r\nHost: a\r\n"
		"Accept-Encoding: gzip\r\n\r\n",
		"POST /live/00112233445566778899aabbccddeeff001122##/publish "
		"HTTP/1.1\r\nHost: a\r\nContent-Length: ##\r\n\r\n"
		"\002aaaa\003bbbbbbbbbbbbb",
		"POST /live/00112233445566778899aabbccddeeff001122##/receipts "
		"HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n#"
		"\r\nabcdefgh\r\n0\r\n\r\n",
		"GET /live/00112233445566778899aabbccddeeff001122##/window?"
		"since=00.## HTTP/1.0\r\n\r\n",
		"HEAD /stats?## HTTP/1.1\r\nHost: 127.0.0.1:##\r\nExpect: "
		"100-continue\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	};
	const char *t = text[rng_below(&rng, SP_LEN(text))];
	size_t len = strlen(t);

	for (size_t i = 0; i < len; i++)
		out[i] = t[i] == '#' ? (uint8_t)('0' + rng_below(&rng, 10))
				     : (uint8_t)t[i];
	return len;
}

struct line {
	int fd;
	int64_t since;
};

static void
hang_up(struct line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static void
speak(struct line *l, uint64_t *sent, uint64_t *out)
{
	uint8_t p[PACKET];
	size_t len = http_template(p);
	ssize_t n;

	mutate(p, &len);
	l->fd = dial(SOCK_STREAM, 3);
	l->since = now_ns();
	if (l->fd < 0)
		return;
	n = send(l->fd, p, len, MSG_NOSIGNAL);
	shutdown(l->fd, SHUT_WR);
	*out += (uint64_t)SP_MAX(n, 0);
	++*sent;
}

static void
mangle_http(uint64_t count)
{
	static char in[IN];
	struct line l[BATCH];
	struct pollfd p[BATCH];
	uint64_t sent = 0, out = 0, back = 0, timeouts = 0;
	int64_t begun = now_ns();

	for (size_t i = 0; i < BATCH; i++)
		l[i].fd = -1;
	while (sent < count) {
		for (size_t i = 0; i < BATCH; i++) {
			if (l[i].fd < 0)
				speak(&l[i], &sent, &out);
			p[i] = (struct pollfd){ l[i].fd, POLLIN, 0 };
		}
		poll(p, BATCH, 100);
		for (size_t i = 0; i < BATCH; i++) {
			ssize_t n = -1;

			if (p[i].revents != 0 &&
			    (n = recv(l[i].fd, in, IN, MSG_DONTWAIT)) <= 0)
				hang_up(&l[i]);
			back += (uint64_t)SP_MAX(n, 0);
			if (l[i].fd >= 0 && now_ns() - l[i].since > HTTP_WAIT) {
				timeouts++;
				hang_up(&l[i]);
			}
		}
	}
	printf("mangle_requests %" PRIu64 " requests\n", sent);
	printf("mangle_request_rate %.0f requests/s\n",
	    (double)sent * 1e9 / (double)(now_ns() - begun));
	printf("mangle_request_bytes %" PRIu64 " bytes\n", out);
	printf("mangle_answer_bytes %" PRIu64 " bytes\n", back);
	printf("mangle_unanswered %" PRIu64 " requests\n", timeouts);
}

int
main(int argc, char **argv)
{
	uint64_t count = argc == 5 ? strtoull(argv[3], NULL, 10) : 0;

	port = argc == 5 ? (uint16_t)strtoul(argv[2], NULL, 10) : 0;
	if (argc == 5)
		rng_seed(&rng, strtoull(argv[4], NULL, 10));
	if (argc == 5 && strcmp(argv[1], "udp") == 0)
		mangle_udp(count);
	else if (argc == 5 && strcmp(argv[1], "http") == 0)
		mangle_http(count);
	else {
		fputs("usage: mangle udp|http PORT COUNT SEED\n", stderr);
		return 2;
	}
	return 0;
}
