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
