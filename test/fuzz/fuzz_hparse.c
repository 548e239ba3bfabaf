/*
 * HTTP requests out of bytes. The input is given as a whole and in parts
 * whose size its first byte says: what comes out has to be the same. The
 * PROXY protocol's header is looked for in it too.
 */

#include "base/base.h"
#include "io/hparse.h"
#include "io/http_proxy.h"
#include "test/fuzz/fuzz.h"

#define INPUT_MAX 8192
#define HEAD_MAX  1024
#define URI_MAX   512
#define BODY_MAX  512
#define REQUESTS  16

/* What came of it: refusals and requests, as text would be compared. */
struct outcome {
	unsigned requests, status;
	uint64_t sum;
	size_t left;
};

static void
mix(struct outcome *o, const void *p, size_t len)
{
	const uint8_t *s = p;

	for (size_t i = 0; i < len; i++)
		o->sum = (o->sum ^ s[i]) * 0x100000001b3;
	o->sum = (o->sum ^ 0xff) * 0x100000001b3;
}

static void
mix_text(struct outcome *o, const char *s)
{
	mix(o, s == NULL ? "-" : s, s == NULL ? 1 : strlen(s));
}

static void
look(struct outcome *o, struct hparse *p, uint8_t *buf, size_t len)
{
	static const char *const names[] = { "Host", "a", "Connection",
		"X-Forwarded-For" };
	const char *path = (const char *)buf + p->path;

	FUZZ_CHECK(p->at <= len);
	FUZZ_CHECK(*path == '/');
	FUZZ_CHECK(p->body + p->body_len <= p->at);
	FUZZ_CHECK(p->body_len <= BODY_MAX && p->url_len <= URI_MAX);
	mix_text(o, hparse_method(p));
	mix_text(o, path);
	mix_text(o, (const char *)buf + p->query);
	for (size_t i = 0; i < SP_LEN(names); i++) {
		mix_text(o, hparse_header(p, buf, names[i]));
		for (uint32_t at = 0; at < p->fields_end;)
			if (hparse_each(p, buf, names[i], &at) == NULL)
				break;
	}
	mix(o, buf + p->body, p->body_len);
	mix(o, &p->keep, 1);
}

static struct outcome
run(const uint8_t *in, size_t size, size_t step)
{
	static uint8_t buf[INPUT_MAX + 1];
	enum hparse_rc rc = HPARSE_MORE;
	struct outcome o = { .sum = 1 };
	size_t len = 0, n;
	struct hparse p;

	hparse_init(&p, HEAD_MAX, URI_MAX, BODY_MAX);
	while (rc != HPARSE_BAD && o.requests < REQUESTS) {
		if (rc == HPARSE_MORE) {
			if (size == 0)
				break;
			n = SP_MIN(step, size);
			memcpy(buf + len, in, n);
			len += n;
			in += n;
			size -= n;
		}
		rc = hparse_run(&p, buf, &len);
		if (rc != HPARSE_DONE)
			continue;
		look(&o, &p, buf, len);
		o.requests++;
		len -= p.at;
		memmove(buf, buf + p.at, len);
		hparse_init(&p, HEAD_MAX, URI_MAX, BODY_MAX);
		rc = len > 0 ? HPARSE_DONE : HPARSE_MORE;
	}
	if (rc == HPARSE_BAD)
		o.status = p.status;
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, parts;
	struct sp_addr client;
	int n;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	n = proxy_parse(data + 1, size - 1, &client);
	FUZZ_CHECK(n <= (int)size - 1 && n <= PROXY_MAX && n != 0);
	whole = run(data + 1, size - 1, INPUT_MAX);
	parts = run(data + 1, size - 1, data[0] % 64 + 1u);
	FUZZ_CHECK(whole.requests == parts.requests && whole.sum == parts.sum);
	FUZZ_CHECK((whole.status == 0) == (parts.status == 0));
	return 0;
}
