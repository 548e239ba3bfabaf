#include "io/redis_net.h"

/* Without hiredis. */

bool
redis_is_built(void)
{
	return false;
}

int
redis_net_new(struct redis_net **out,
    const struct redis_net_conf *conf SP_UNUSED, char *why SP_UNUSED,
    size_t size SP_UNUSED)
{
	*out = NULL;
	return SP_ERR_UNSUPPORTED;
}

void
redis_net_free(struct redis_net *n SP_UNUSED)
{
}

int
redis_net_tls(struct redis_net *n SP_UNUSED, const char *tls_ca SP_UNUSED,
    const char *tls_cert SP_UNUSED, char *why SP_UNUSED, size_t size SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

void
redis_net_open(struct redis_net *n SP_UNUSED)
{
}

void
redis_net_close(struct redis_net *n SP_UNUSED)
{
}

int
redis_net_send(struct redis_net *n SP_UNUSED, enum redis_lane lane SP_UNUSED,
    const char *key SP_UNUSED, const struct redis_arg *v SP_UNUSED,
    size_t argc SP_UNUSED, redis_cb *cb SP_UNUSED, void *ctx SP_UNUSED,
    void *arg SP_UNUSED)
{
	return SP_ERR_CLOSED;
}

void
redis_net_stats(const struct redis_net *n SP_UNUSED,
    struct redis_net_stats *out)
{
	memset(out, 0, sizeof(*out));
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

bool
redis_is_nil(const struct redis_value *v SP_UNUSED)
{
	return true;
}

bool
redis_is_array(const struct redis_value *v SP_UNUSED)
{
	return false;
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
