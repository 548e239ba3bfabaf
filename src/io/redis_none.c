#include "io/redis.h"

/* Without hiredis. */

bool
redis_is_built(void)
{
	return false;
}

int
redis_new(struct redis **out, struct loop *l SP_UNUSED,
    const struct redis_url *u SP_UNUSED, const struct redis_ops *ops SP_UNUSED,
    void *ctx SP_UNUSED)
{
	*out = NULL;
	return SP_ERR_UNSUPPORTED;
}

void
redis_free(struct redis *r SP_UNUSED)
{
}

void
redis_open(struct redis *r SP_UNUSED)
{
}

void
redis_close(struct redis *r SP_UNUSED)
{
}

int
redis_send(struct redis *r SP_UNUSED, const struct redis_arg *v SP_UNUSED,
    size_t n SP_UNUSED, redis_cb *cb SP_UNUSED, void *arg SP_UNUSED)
{
	return SP_ERR_CLOSED;
}

const char *
redis_error(const struct redis_value *v SP_UNUSED)
{
	return NULL;
}

int
redis_int(const struct redis_value *v SP_UNUSED, int64_t *out SP_UNUSED)
{
	return SP_ERR_SYNTAX;
}

const void *
redis_bytes(const struct redis_value *v SP_UNUSED, size_t *len)
{
	*len = 0;
	return NULL;
}

size_t
redis_len(const struct redis_value *v SP_UNUSED)
{
	return 0;
}

const struct redis_value *
redis_at(const struct redis_value *v SP_UNUSED, size_t i SP_UNUSED)
{
	return NULL;
}
