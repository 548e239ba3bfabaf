#include "io/origin_int.h"

#include <strings.h>

void
origin_head_reset(struct origin_fetch *f)
{
	struct sp_addr ip = f->head.ip;

	memset(&f->head, 0, sizeof(f->head));
	f->head.ip = ip;
	f->head.total = UINT64_MAX;
	f->head.length = UINT64_MAX;
	f->type[0] = f->etag[0] = '\0';
	f->head.type = f->type;
	f->head.etag = f->etag;
	f->head.url = "";
	f->is_encoded = f->has_location = false;
}

static const char *
number(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > (UINT64_MAX - 9) / 10)
			return NULL;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return s;
}

/* "bytes 0-499/1234", or * as the total */
static void
head_range(struct origin_head *h, const char *s)
{
	uint64_t a, b, n;

	if (strncasecmp(s, "bytes ", 6) != 0)
		return;
	if ((s = number(s + 6, &a)) == NULL || *s != '-' ||
	    (s = number(s + 1, &b)) == NULL || *s != '/' || b < a)
		return;
	h->first = a;
	if (number(s + 1, &n) != NULL)
		h->total = n;
}

static bool
field(const char *line, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	*value = line + n + 1 + strspn(line + n + 1, " \t");
	return true;
}

void
origin_head_line(struct origin_fetch *f, const char *line)
{
	struct origin_head *h = &f->head;
	const char *v;
	time_t t;

	if (strncasecmp(line, "HTTP/", 5) == 0) {
		origin_head_reset(f);
		/* Without Content-Range a 206 is taken to be what we asked. */
		h->first = f->offset;
	} else if (field(line, "Content-Length", &v)) {
		if (number(v, &h->length) == NULL)
			h->length = UINT64_MAX;
	} else if (field(line, "Content-Range", &v)) {
		head_range(h, v);
	} else if (field(line, "Content-Type", &v)) {
		snprintf(f->type, sizeof(f->type), "%s", v);
	} else if (field(line, "ETag", &v)) {
		snprintf(f->etag, sizeof(f->etag), "%s", v);
	} else if (field(line, "Date", &v)) {
		t = curl_getdate(v, NULL);
		h->date_ms = t > 0 ? (int64_t)t * 1000 : 0;
	} else if (field(line, "Content-Encoding", &v)) {
		f->is_encoded = strncasecmp(v, "identity", 8) != 0;
	} else if (field(line, "Location", &v)) {
		f->has_location = true;
	}
}

static sp_time
retry_after(CURL *easy)
{
	curl_off_t s = 0;

	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &s);
	return s > 0 ? SP_MIN((sp_time)s, (sp_time)86400) * SP_S : 0;
}

void
origin_head_finish(struct origin_fetch *f, long status)
{
	struct origin_head *h = &f->head;
	char *url = NULL;

	h->status = (int)status;
	h->partial = status == 206;
	if (!h->partial)
		h->first = 0;
	if (f->is_encoded)
		h->length = UINT64_MAX;
	if (!h->partial)
		h->total = h->length;
	h->retry = retry_after(f->easy);
	curl_easy_getinfo(f->easy, CURLINFO_EFFECTIVE_URL, &url);
	free(f->url);
	f->url = strdup(url != NULL ? url : "");
	if (f->url != NULL)
		h->url = f->url;
}
