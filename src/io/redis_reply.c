#include "io/redis_int.h"

#include <hiredis/hiredis.h>

/* ---- reading ------------------------------------------------------------- */

/* The type of an array's length. */
#if HIREDIS_MAJOR >= 1
typedef size_t redis_n;
#else
typedef int redis_n;
#endif

struct redis_rx {
	redisReader *reader;
	redisReplyObjectFunctions fn; /* hiredis's, but for this one: */
	void *(*create_array)(const redisReadTask *t, redis_n n);
	size_t bytes; /* since the last whole answer */
	size_t room;  /* elements that this answer may still have */
};

/* What an array of |n| elements costs is taken before any of them is there. */
static void *
create_array(const redisReadTask *t, redis_n n)
{
	struct redis_rx *x = t->privdata;

	if ((size_t)n > x->room)
		return NULL;
	x->room -= (size_t)n;
	return x->create_array(t, n);
}

struct redis_rx *
redis_rx_new(void)
{
	struct redis_rx *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->reader = redisReaderCreate();
	if (x->reader == NULL) {
		free(x);
		return NULL;
	}
	x->fn = *x->reader->fn;
	x->create_array = x->fn.createArray;
	x->fn.createArray = create_array;
	x->reader->fn = &x->fn;
	x->reader->privdata = x;
	x->room = REDIS_ELEMENTS_MAX;
	return x;
}

void
redis_rx_free(struct redis_rx *x)
{
	if (x == NULL)
		return;
	redisReaderFree(x->reader);
	free(x);
}

const char *
redis_rx_feed(struct redis_rx *x, const void *p, size_t len)
{
	x->bytes += len;
	if (x->bytes > REDIS_ANSWER_MAX)
		return "an answer is too large";
	if (redisReaderFeed(x->reader, p, len) != REDIS_OK)
		return redis_rx_why(x);
	return NULL;
}

int
redis_rx_next(struct redis_rx *x, void **out)
{
	*out = NULL;
	if (redisReaderGetReply(x->reader, out) != REDIS_OK)
		return SP_ERR_SYNTAX;
	if (*out == NULL)
		return 0;
	x->bytes = x->reader->len - x->reader->pos;
	x->room = REDIS_ELEMENTS_MAX;
	return 1;
}

void
redis_rx_done(void *answer)
{
	freeReplyObject(answer);
}

const char *
redis_rx_why(const struct redis_rx *x)
{
	return x->reader->err == REDIS_ERR_OOM ? "an answer is too large"
					       : x->reader->errstr;
}

/* ---- replies ------------------------------------------------------------- */

static const redisReply *
as_reply(const struct redis_value *v)
{
	return (const redisReply *)(const void *)v;
}

const char *
redis_error(const struct redis_value *v)
{
	const redisReply *p = as_reply(v);

	return p != NULL && p->type == REDIS_REPLY_ERROR ? p->str : NULL;
}

const void *
redis_bytes(const struct redis_value *v, size_t *len)
{
	const redisReply *p = as_reply(v);

	*len = 0;
	if (p == NULL || p->type != REDIS_REPLY_STRING)
		return NULL;
	*len = p->len;
	return p->str;
}

int
redis_int(const struct redis_value *v, int64_t *out)
{
	const redisReply *p = as_reply(v);
	char *end;

	if (p != NULL && p->type == REDIS_REPLY_INTEGER) {
		*out = p->integer;
		return 0;
	}
	if (p == NULL || p->type != REDIS_REPLY_STRING || p->len == 0)
		return SP_ERR_SYNTAX;
	*out = strtoll(p->str, &end, 10);
	return end == p->str + p->len ? 0 : SP_ERR_SYNTAX;
}

bool
redis_is_nil(const struct redis_value *v)
{
	const redisReply *p = as_reply(v);

	return p == NULL || p->type == REDIS_REPLY_NIL;
}

bool
redis_is_array(const struct redis_value *v)
{
	const redisReply *p = as_reply(v);

	return p != NULL && p->type == REDIS_REPLY_ARRAY;
}

size_t
redis_len(const struct redis_value *v)
{
	return redis_is_array(v) ? as_reply(v)->elements : 0;
}

const struct redis_value *
redis_at(const struct redis_value *v, size_t i)
{
	return i < redis_len(v)
		   ? (const struct redis_value *)(const void *)as_reply(v)
			 ->element[i]
		   : NULL;
}
