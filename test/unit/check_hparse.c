#include "io/hparse.h"

#include "test/unit/unit.h"

#define HEAD_MAX 400
#define URI_MAX  100
#define BODY_MAX 50

static uint8_t buf[65536];
static size_t nbuf;
static struct hparse p;

/* Gives |text| in parts of |step| bytes. */
static enum hparse_rc
feed(const char *text, size_t step)
{
	enum hparse_rc rc = HPARSE_MORE;
	size_t n, len = strlen(text);

	hparse_init(&p, HEAD_MAX, URI_MAX, BODY_MAX);
	nbuf = 0;
	for (; rc == HPARSE_MORE && len > 0; text += n, len -= n) {
		n = SP_MIN(step, len);
		memcpy(buf + nbuf, text, n);
		nbuf += n;
		rc = hparse_run(&p, buf, &nbuf);
	}
	return rc;
}

static const char *
field(const char *name)
{
	return hparse_header(&p, buf, name);
}

static const char *
at(uint32_t off)
{
	return (const char *)buf + off;
}

static void
refused(const char *text, unsigned status)
{
	size_t step;

	for (step = 1; step <= strlen(text); step++) {
		ck_assert_msg(feed(text, step) == HPARSE_BAD, "taken: %s",
		    text);
		ck_assert_msg(p.status == status, "%u, not %u: %s", p.status,
		    status, text);
	}
}

START_TEST(request_is_the_same_wherever_it_is_split)
{
	static const char text[] = "GET /a%20b/?x=1&y=%41#z HTTP/1.1\r\n"
				   "Host: tv.example\r\n"
				   "Accept:  text/html \t\r\n"
				   "Empty:\r\n"
				   "Connection: Keep-Alive, Upgrade\r\n\r\n";
	size_t step;

	for (step = 1; step < sizeof(text); step++) {
		ck_assert_int_eq(feed(text, step), HPARSE_DONE);
		ck_assert_str_eq(hparse_method(&p), "GET");
		ck_assert_str_eq(at(p.path), "/a b/");
		ck_assert_str_eq(at(p.query), "x=1&y=%41");
		ck_assert_str_eq(field("host"), "tv.example");
		ck_assert_str_eq(field("Accept"), "text/html");
		/* What was cut off above hides nothing, nor do two calls. */
		ck_assert_str_eq(field("Accept"), "text/html");
		ck_assert_str_eq(field("EMPTY"), "");
		ck_assert_str_eq(field("connection"), "Keep-Alive, Upgrade");
		ck_assert_ptr_null(field("Accep"));
		ck_assert_uint_eq(p.at, sizeof(text) - 1);
		ck_assert(p.keep);
		ck_assert_uint_eq(p.body_len, 0);
	}
}
END_TEST

START_TEST(every_split_in_two_gives_the_same)
{
	static const char text[] = "POST /p HTTP/1.1\r\nHost: h\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n"
				   "3\r\nabc\r\n4;ext=1\r\ndefg\r\n"
				   "0\r\nTrailer: t\r\n\r\n";
	size_t cut, len = sizeof(text) - 1, n;
	enum hparse_rc rc;

	for (cut = 1; cut < len; cut++) {
		hparse_init(&p, HEAD_MAX, URI_MAX, BODY_MAX);
		memcpy(buf, text, cut);
		n = cut;
		ck_assert_int_eq(hparse_run(&p, buf, &n), HPARSE_MORE);
		memcpy(buf + n, text + cut, len - cut);
		/* and the next request behind it */
		memcpy(buf + n + len - cut, "GET", 3);
		n += len - cut + 3;
		rc = hparse_run(&p, buf, &n);
		ck_assert_int_eq(rc, HPARSE_DONE);
		ck_assert_uint_eq(p.body_len, 7);
		ck_assert_mem_eq(buf + p.body, "abcdefg", 7);
		ck_assert_uint_eq(n - p.at, 3);
		ck_assert_mem_eq(buf + p.at, "GET", 3);
	}
}
END_TEST

START_TEST(body_of_known_length_is_counted)
{
	size_t step;

	for (step = 1; step < 60; step++) {
		ck_assert_int_eq(feed("POST /p HTTP/1.1\r\nHost: h\r\n"
				      "Content-Length: 5\r\n\r\nhello",
				     step),
		    HPARSE_DONE);
		ck_assert_uint_eq(p.body_len, 5);
		ck_assert_mem_eq(buf + p.body, "hello", 5);
	}
	ck_assert_int_eq(
	    feed("POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\n", 99),
	    HPARSE_MORE);
	refused("POST / HTTP/1.1\r\nContent-Length: 51\r\n\r\n", 413);
	/* As chunks nobody knows before they come. */
	refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		"1e\r\n012345678901234567890123456789\r\n"
		"1e\r\n012345678901234567890123456789\r\n",
	    413);
}
END_TEST

START_TEST(next_request_is_left_alone)
{
	static const char two[] = "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n";

	ck_assert_int_eq(feed(two, 99), HPARSE_DONE);
	ck_assert_str_eq(at(p.path), "/1");
	ck_assert_mem_eq(buf + p.at, "GET /2 HTTP/1.1\r\n", 17);
	ck_assert_uint_eq(nbuf, sizeof(two) - 1);
}
END_TEST

START_TEST(connections_end_as_versions_have_it)
{
	ck_assert_int_eq(feed("GET / HTTP/1.1\r\n\r\n", 99), HPARSE_DONE);
	ck_assert(p.keep && !p.old);
	ck_assert_int_eq(
	    feed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 99),
	    HPARSE_DONE);
	ck_assert(!p.keep);
	ck_assert_int_eq(feed("GET / HTTP/1.0\r\n\r\n", 99), HPARSE_DONE);
	ck_assert(!p.keep && p.old);
	ck_assert_int_eq(
	    feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 99),
	    HPARSE_DONE);
	ck_assert(p.keep && p.old);
}
END_TEST

START_TEST(targets_have_three_forms)
{
	ck_assert_int_eq(feed("GET http://h:80/p?q HTTP/1.1\r\n\r\n", 99),
	    HPARSE_DONE);
	ck_assert_str_eq(at(p.path), "/p");
	ck_assert_str_eq(at(p.query), "q");
	ck_assert_int_eq(feed("GET /? HTTP/1.1\r\n\r\n", 99), HPARSE_DONE);
	ck_assert_str_eq(at(p.path), "/");
	ck_assert_str_eq(at(p.query), "");
	ck_assert_int_eq(feed("GET /%2e%2F%7e HTTP/1.1\r\n\r\n", 99),
	    HPARSE_DONE);
	ck_assert_str_eq(at(p.path), "/./~");
	refused("GET http://h HTTP/1.1\r\n\r\n", 400);
	refused("OPTIONS * HTTP/1.1\r\n\r\n", 400);
	refused("GET /%00 HTTP/1.1\r\n\r\n", 400);
	refused("GET /%4 HTTP/1.1\r\n\r\n", 400);
	refused("GET /%zz HTTP/1.1\r\n\r\n", 400);
}
END_TEST

START_TEST(what_two_parsers_may_read_in_two_ways_is_refused)
{
	refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400);
	refused("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400);
	refused("GET / HTTP/1.1\r\n A: b\r\n\r\n", 400);
	refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
	refused("GET / HTTP/1.1\r\nNo colon\r\n\r\n", 400);
	refused("GET / HTTP/1.1\r\nA: b\x01\r\n\r\n", 400);
	refused("POST / HTTP/1.1\r\nContent-Length: 1\r\n"
		"Content-Length: 2\r\n\r\n",
	    400);
	refused("POST / HTTP/1.1\r\nContent-Length: 1\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
	    400);
	refused("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400);
	refused("POST / HTTP/1.1\r\nContent-Length:\r\n"
		"Content-Length: 5\r\n\r\nhello",
	    400);
	/* A carriage return ends no line by itself, whatever follows. */
	refused("POST / HTTP/1.1\r\nA:\rXContent-Length: 5\r\n\r\nhello", 400);
	refused("GET / HTTP/1.1\r\nA: b\r\n\rX", 400);
	refused("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 400);
	refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	    400);
}
END_TEST

#define CHUNKED "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"

START_TEST(chunks_are_read_to_the_letter)
{
	ck_assert_int_eq(feed("POST / HTTP/1.1\r\ntransfer-encoding:  Chunked "
			      "\r\n\r\n2;a=\"b\"\r\nhe\r\n003 \r\nllo\r\n"
			      "0;c\r\nT: x\r\nU:\r\n\r\n",
			     999),
	    HPARSE_DONE);
	ck_assert_uint_eq(p.body_len, 5);
	ck_assert_mem_eq(buf + p.body, "hello", 5);
	ck_assert_uint_eq(p.at, nbuf);
	/* Lines end with both bytes, and hold neither of them. */
	refused(CHUNKED "\r\n2;\nxx\r\nhe0\r\n\r\n", 400);
	refused(CHUNKED "\r\n2\nhe\n0\n\n", 400);
	refused(CHUNKED "\r\n2\rXhe\r\n0\r\n\r\n", 400);
	refused(CHUNKED "\r\n2;\r \r\nhe\r\n0\r\n\r\n", 400);
	refused(CHUNKED "\r\n2\r\nheZZ0\r\n\r\n", 400);
	refused(CHUNKED "\r\n2\r\nhe\r\n0\r\nT: x\rY: z\r\n\r\n", 400);
	refused(CHUNKED "\r\n2\r\nhe\r\n0\r\nT x\r\n\r\n", 400);
	/* Sizes are digits. */
	refused(CHUNKED "\r\n\r\n", 400);
	refused(CHUNKED "\r\n0x2\r\nhe\r\n", 400);
	refused(CHUNKED "\r\n-2\r\n", 400);
	refused(CHUNKED "\r\n100000002\r\nhe\r\n", 413);
	refused(CHUNKED "\r\nffffffffffffffff\r\nhe\r\n", 413);
}
END_TEST

START_TEST(one_coding_alone_is_known)
{
	refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
		"0\r\n\r\n",
	    400);
	refused(CHUNKED "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
	refused("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	    501);
	refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n"
		"\r\n",
	    501);
	refused("POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n", 501);
	refused("POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", 501);
}
END_TEST

START_TEST(long_lines_of_chunks_are_refused)
{
	static const char *const heads[] = { CHUNKED "\r\n1;",
		CHUNKED "\r\n0\r\nT:" };
	static const char many[] = CHUNKED "\r\n0\r\nTT:\r\n";
	char text[3000];
	size_t i;

	for (i = 0; i < SP_LEN(heads); i++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, heads[i], strlen(heads[i]));
		text[sizeof(text) - 1] = '\0';
		ck_assert_int_eq(feed(text, 100), HPARSE_BAD);
		ck_assert_uint_lt(nbuf, 1500);
	}
	/* So are many short ones. */
	memcpy(text, many, sizeof(many));
	for (i = sizeof(many) - 1; i + 5 < sizeof(text); i += 4)
		memcpy(text + i, "T:\r\n", 5);
	ck_assert_int_eq(feed(text, sizeof(text)), HPARSE_BAD);
	ck_assert_uint_eq(p.status, 431);
}
END_TEST

/* What is taken in one pass, and what libhttp-parser has to look at. */
START_TEST(usual_requests_are_told_from_others)
{
	static const struct {
		const char *text;
		bool usual, keep;
	} rows[] = {
		{ "GET /a?b HTTP/1.1\r\n\r\n", true, true },
		{ "GET / HTTP/1.1\r\nHost: a\r\nAccept:\t*/*\r\n\r\n", true,
		    true },
		{ "GET / HTTP/1.1\r\nconnection: Close\r\n\r\n", true, false },
		{ "GET / HTTP/1.1\r\nConnection: keep-alive \r\n\r\n", true,
		    true },
		{ "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", false, true },
		{ "GET / HTTP/1.1\r\nConnection: a, close\r\n\r\n", false,
		    false },
		{ "GET / HTTP/1.1\r\nUpgrade: a\r\n\r\n", false, true },
		{ "GET / HTTP/1.1\r\nExpect: a\r\n\r\n", false, true },
		{ "GET / HTTP/1.1\r\nProxy-Connection: close\r\n\r\n", false,
		    false },
		{ "GET / HTTP/1.1\nHost: a\n\n", false, true },
		{ "GET / HTTP/1.0\r\n\r\n", false, false },
		{ "HEAD / HTTP/1.1\r\n\r\n", false, true },
		{ "GET http://a/ HTTP/1.1\r\n\r\n", false, true },
		{ "GET /#a HTTP/1.1\r\n\r\n", false, true },
	};
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		ck_assert_int_eq(feed(rows[i].text, 999), HPARSE_DONE);
		ck_assert_msg(p.usual == rows[i].usual, "%s", rows[i].text);
		ck_assert_msg(p.keep == rows[i].keep, "%s", rows[i].text);
		ck_assert_uint_eq(p.at, strlen(rows[i].text));
		/* Byte by byte it is never taken so. */
		ck_assert_int_eq(feed(rows[i].text, 1), HPARSE_DONE);
		ck_assert(!p.usual && p.keep == rows[i].keep);
	}
}
END_TEST

START_TEST(any_byte_anywhere_means_the_same_in_both)
{
	static const char text[] = "GET /abcdefghijk?lmnop=qrstuvwxyz HTTP/1.1"
				   "\r\nHost: a\r\nAb-c: def \r\n"
				   "Connection: close\r\n\r\n";
	char changed[sizeof(text)];
	unsigned status, taken = 0;
	enum hparse_rc rc;
	size_t i;
	int c;

	for (i = 0; i < sizeof(text) - 1; i++) {
		for (c = 1; c < 256; c++) {
			memcpy(changed, text, sizeof(text));
			changed[i] = (char)c;
			rc = feed(changed, sizeof(text));
			status = p.status;
			taken += p.usual;
			ck_assert_msg(feed(changed, 1) == rc &&
					  p.status == status,
			    "byte %zu is %d: %d %u, %u", i, c, (int)rc, status,
			    p.status);
		}
	}
	ck_assert_uint_gt(taken, 1000);
}
END_TEST

START_TEST(what_is_no_http_is_refused)
{
	refused("\x16\x03\x01\x02", 400);
	refused("get / HTTP/1.1\r\n\r\n", 400);
	refused("BREW /pot HTTP/1.1\r\n\r\n", 501);
	refused("GET / HTTP/2.0\r\n\r\n", 505);
	refused("GET / FTP/1.1\r\n\r\n", 400);
}
END_TEST

START_TEST(long_headers_and_targets_are_refused_early)
{
	char text[2 * HEAD_MAX];
	size_t i;

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	text[sizeof(text) - 1] = '\0';
	refused(text, 414);
	/* Longer than a target may be, shorter than a header. */
	memcpy(text + 5 + URI_MAX, " HTTP/1.1\r\n\r\n", 14);
	refused(text, 414);
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET / HTTP/1.1\r\nA:", 18);
	text[sizeof(text) - 1] = '\0';
	refused(text, 431);
	/* It may be just as long as it may. */
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET / HTTP/1.1\r\nA:", 18);
	memcpy(text + HEAD_MAX - 4, "\r\n\r\n", 5);
	for (i = 1; i <= HEAD_MAX; i++)
		ck_assert_int_eq(feed(text, i), HPARSE_DONE);
}
END_TEST

START_TEST(continue_is_asked_for_before_the_body)
{
	static const char text[] = "POST / HTTP/1.1\r\nExpect: 100-continue\r\n"
				   "Content-Length: 2\r\n\r\n";

	ck_assert_int_eq(feed(text, 999), HPARSE_MORE);
	ck_assert(p.expect);
	memcpy(buf + nbuf, "ab", 2);
	nbuf += 2;
	ck_assert_int_eq(hparse_run(&p, buf, &nbuf), HPARSE_DONE);
	ck_assert(!p.expect);
	ck_assert_int_eq(
	    feed("GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", 999),
	    HPARSE_DONE);
	ck_assert(!p.expect);
}
END_TEST

START_TEST(words_of_a_list_are_found)
{
	ck_assert(hparse_has_word("Upgrade", "upgrade"));
	ck_assert(hparse_has_word("keep-alive, Upgrade", "upgrade"));
	ck_assert(hparse_has_word("a ,upgrade\t, b", "upgrade"));
	ck_assert(!hparse_has_word("upgraded", "upgrade"));
	ck_assert(!hparse_has_word("an upgrade", "upgrade"));
	ck_assert(!hparse_has_word("", "upgrade"));
	ck_assert(!hparse_has_word(NULL, "upgrade"));
}
END_TEST

UNIT_MAIN("hparse", request_is_the_same_wherever_it_is_split,
    every_split_in_two_gives_the_same, body_of_known_length_is_counted,
    next_request_is_left_alone, connections_end_as_versions_have_it,
    targets_have_three_forms, what_two_parsers_may_read_in_two_ways_is_refused,
    chunks_are_read_to_the_letter, one_coding_alone_is_known,
    long_lines_of_chunks_are_refused, usual_requests_are_told_from_others,
    any_byte_anywhere_means_the_same_in_both, what_is_no_http_is_refused,
    long_headers_and_targets_are_refused_early,
    continue_is_asked_for_before_the_body, words_of_a_list_are_found)
