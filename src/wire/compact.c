#include "wire/compact.h"

void
compact_put(struct sp_buf *b, const struct sp_addr *a)
{
	assert((a->family == 4 || a->family == 6) && "an address to write");
	buf_put(b, a->ip, a->family == 4 ? 4 : 16);
	buf_put_u16(b, a->port);
}

bool
compact_get(struct sp_rd *rd, int family, struct sp_addr *out)
{
	uint8_t ip[16] = { 0 };
	uint16_t port;

	buf_get_copy(rd, ip, family == 4 ? 4 : 16);
	port = buf_get_u16(rd);
	if (rd->bad)
		return false;
	*out = addr_make(family, ip, port);
	return true;
}

int
compact_get_any(struct sp_rd *rd, struct sp_addr *out)
{
	int family = buf_get_u8(rd);

	memset(out, 0, sizeof(*out));
	if (rd->bad)
		return SP_ERR_SHORT;
	if (family == 0)
		return 0;
	if (family != 4 && family != 6)
		return SP_ERR_SYNTAX;
	if (!compact_get(rd, family, out))
		return SP_ERR_SHORT;
	if (out->family != family)
		return SP_ERR_CANON;
	return addr_is_bogus(out) ? SP_ERR_RANGE : 0;
}
