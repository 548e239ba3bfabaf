#include "io/origin_int.h"

#include <ctype.h>
#include <strings.h>

#define FETCH_BYTES     (64 * 1024 * 1024)
#define FETCH_TIMEOUT   (30 * SP_S)
#define FETCH_CONNECT   (10 * SP_S)
#define FETCH_LOW_BPS   100L
#define FETCH_LOW_TIME  (10 * SP_S)
#define FETCH_REDIRECTS 5L

/* ---- what comes ---- */

static bool
head_tell(struct origin_fetch *f)
{
	f->has_head = true;
	if (f->state == ORIGIN_CANCELLED)
		return false;
	if (f->head.length != UINT64_MAX && f->head.length > f->max_bytes &&
	    f->head.status / 100 == 2) {
		f->toobig = true;
		return false;
	}
	if (f->ops->head != NULL &&
	    f->ops->head(f->ctx, f, &f->head) == ORIGIN_STOP) {
		f->stopped = true;
		return false;
	}
	return f->state != ORIGIN_CANCELLED;
}

static size_t
header_cb(char *p, size_t size, size_t n, void *arg)
{
	struct origin_fetch *f = arg;
	size_t len = size * n, i;
	char line[1024];
	long status = 0;

	if (f->has_head)
		return len; /* trailers */
	i = SP_MIN(len, sizeof(line) - 1);
	memcpy(line, p, i);
	while (i > 0 && isspace((unsigned char)line[i - 1]))
		i--;
	line[i] = '\0';
	if (i > 0) {
		origin_head_line(f, line);
		return len;
	}
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	/* Interim answers and followed redirects are not the host's. */
	if (status < 200 || (status / 100 == 3 && f->has_location))
		return len;
	origin_head_finish(f, status);
	return head_tell(f) ? len : 0;
}

static size_t
data_cb(char *p, size_t size, size_t n, void *arg)
{
	struct origin_fetch *f = arg;
	enum origin_verdict v = ORIGIN_GO;
	size_t len = size * n;

	if (f->state == ORIGIN_CANCELLED)
		return 0;
	if (f->first == 0)
		f->first = loop_now(f->origin->loop) - f->started;
	if (len > f->max_bytes - f->bytes) {
		f->toobig = true;
		return 0;
	}
	if (f->ops->data != NULL && len > 0)
		v = f->ops->data(f->ctx, f, (const uint8_t *)p, len);
	f->bytes += len;
	if (v == ORIGIN_STOP)
		f->stopped = true;
	return v == ORIGIN_GO && f->state != ORIGIN_CANCELLED ? len : 0;
}

/* ---- set-up ---- */

static long
milliseconds(sp_time t, sp_time dflt)
{
	if (t == 0)
		t = dflt;
	if (t == SP_NEVER)
		return 0;
	return (long)SP_CLAMP(t / SP_MS, 1, INT32_MAX);
}

static void
setup_limits(struct origin_fetch *f, const struct origin_ask *ask)
{
	sp_time low = ask->low_speed == 0 ? FETCH_LOW_TIME : ask->low_speed;
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
	    milliseconds(ask->timeout, FETCH_TIMEOUT));
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    milliseconds(ask->connect, FETCH_CONNECT));
	if (low != SP_NEVER) {
		curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, FETCH_LOW_BPS);
		curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
		    (long)SP_MAX(low / SP_S, 1));
	}
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, FETCH_REDIRECTS);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
}

static void
setup_callbacks(struct origin_fetch *f)
{
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, f);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, f->text);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, header_cb);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, data_cb);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, origin_open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, f);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, origin_before_request);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, f);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static int
add_header(struct origin_fetch *f, const char *line)
{
	struct curl_slist *l;

	if (strpbrk(line, "\r\n") != NULL)
		return SP_ERR_ARG;
	if ((l = curl_slist_append(f->headers, line)) == NULL)
		return SP_ERR_NOMEM;
	f->headers = l;
	return 0;
}

static int
setup_request(struct origin_fetch *f, const struct origin_ask *ask)
{
	CURL *e = f->easy;
	char text[160];
	size_t i;
	int rc;

	if (ask->ranged) {
		if (ask->length > 0)
			snprintf(text, sizeof(text), "%" PRIu64 "-%" PRIu64,
			    ask->offset, ask->offset + ask->length - 1);
		else
			snprintf(text, sizeof(text), "%" PRIu64 "-",
			    ask->offset);
		curl_easy_setopt(e, CURLOPT_RANGE, text);
	}
	if (ask->post) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)ask->body_len);
		if (curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS,
			ask->body != NULL ? ask->body : "") != CURLE_OK)
			return SP_ERR_NOMEM;
		snprintf(text, sizeof(text), "Content-Type: %s",
		    ask->body_type != NULL ? ask->body_type
					   : "application/octet-stream");
		/* No waiting for 100 Continue: a round trip for nothing. */
		if ((rc = add_header(f, text)) < 0 ||
		    (rc = add_header(f, "Expect:")) < 0)
			return rc;
	} else if (ask->head) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	}
	for (i = 0; i < ask->nheaders; i++)
		if ((rc = add_header(f, ask->headers[i])) < 0)
			return rc;
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->headers);
	if (ask->gzip)
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	if (ask->user != NULL)
		curl_easy_setopt(e, CURLOPT_USERPWD, ask->user);
	return 0;
}

int
origin_setup(struct origin_fetch *f, const struct origin_ask *ask)
{
	bool tls = strncasecmp(ask->url, "https://", 8) == 0;
	struct origin *o = f->origin;
	CURL *e;

	if (!tls && strncasecmp(ask->url, "http://", 7) != 0)
		return SP_ERR_ARG;
	if ((e = f->easy = curl_easy_init()) == NULL)
		return SP_ERR_NOMEM;
	f->reach = ask->reach;
	f->ranged = ask->ranged;
	f->offset = ask->ranged ? ask->offset : 0;
	f->max_bytes = ask->max_bytes > 0 ? ask->max_bytes : FETCH_BYTES;
	origin_head_reset(f);
	setup_callbacks(f);
	setup_limits(f, ask);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 65536L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, o->agent);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* One connection with many streams, where the host can. */
	if (tls)
		curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	if (o->ca_file != NULL)
		curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	if (curl_easy_setopt(e, CURLOPT_URL, ask->url) != CURLE_OK)
		return SP_ERR_NOMEM;
	return setup_request(f, ask);
}

/* ---- verdict ---- */

static enum origin_result
judge(const struct origin_fetch *f, CURLcode code)
{
	if (code == CURLE_OK)
		return f->head.status / 100 == 2 ? ORIGIN_OK : ORIGIN_STATUS;
	if (f->refused)
		return ORIGIN_REFUSED;
	if (f->toobig)
		return ORIGIN_TOOBIG;
	if (f->stopped)
		return ORIGIN_STOPPED;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
		return ORIGIN_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return ORIGIN_SLOW;
	case CURLE_PARTIAL_FILE:
		return ORIGIN_TRUNCATED;
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return f->has_head ? ORIGIN_TRUNCATED : ORIGIN_FAILED;
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return ORIGIN_REFUSED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return ORIGIN_TLS;
	default:
		return ORIGIN_FAILED;
	}
}

static const char *
judge_text(const struct origin_fetch *f, CURLcode code)
{
	if (code == CURLE_OK)
		return "complete";
	if (f->refused)
		return "address is not allowed for this URL";
	if (f->toobig)
		return "larger than its limit";
	if (f->stopped)
		return "stopped";
	return f->text[0] != '\0' ? f->text : curl_easy_strerror(code);
}

void
origin_judge(struct origin_fetch *f, CURLcode code, struct origin_done *d)
{
	long conns = 1;

	memset(d, 0, sizeof(*d));
	curl_easy_getinfo(f->easy, CURLINFO_NUM_CONNECTS, &conns);
	d->result = judge(f, code);
	d->text = judge_text(f, code);
	d->status = f->has_head ? f->head.status : 0;
	d->bytes = f->bytes;
	d->first = f->first;
	d->took = loop_now(f->origin->loop) - f->started;
	d->retry = f->has_head ? f->head.retry : 0;
	d->reused = conns == 0;
}

const char *
origin_result_name(enum origin_result r)
{
	static const char *const names[] = {
		[ORIGIN_OK] = "ok",
		[ORIGIN_STATUS] = "status",
		[ORIGIN_TRUNCATED] = "truncated",
		[ORIGIN_CONNECT] = "connect",
		[ORIGIN_TLS] = "tls",
		[ORIGIN_SLOW] = "slow",
		[ORIGIN_REFUSED] = "refused",
		[ORIGIN_TOOBIG] = "toobig",
		[ORIGIN_STOPPED] = "stopped",
		[ORIGIN_FAILED] = "failed",
	};

	return (unsigned)r < SP_LEN(names) ? names[r] : "unknown";
}
