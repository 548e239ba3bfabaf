#include "test/golden/golden.h"

#include "wire/lsd.h"

/* Of the channel whose key is 00 01 02 .. 1f. */
int
golden_lsd(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	uint8_t pk[HASH_PK_LEN], b[LSD_LEN];
	uint16_t port;
	int rv;

	for (size_t i = 0; i < sizeof(pk); i++)
		pk[i] = (uint8_t)i;
	if ((rv = lsd_read(&port, pk, p, len)) < 0)
		return rv;
	golden_hex(out, "nonce", p, LSD_NONCE_LEN);
	fprintf(out, "port %u\n", port);
	lsd_write(b, pk, p, port);
	buf_put(again, b, sizeof(b));
	return 0;
}
