#include "wire/lsd.h"

#define TAG_LEN 16
#define LABEL   "spate lsd 1"
#define PORT_AT LSD_NONCE_LEN
#define TAG_AT  (PORT_AT + 2)

static_assert(TAG_AT + TAG_LEN == LSD_LEN, "it is all there is");

struct sp_addr
lsd_group(int family)
{
	static const uint8_t v4[4] = { 239, 255, 83, 80 };
	static const uint8_t v6[16] = { 0xff, 0x15, [14] = 0x53, [15] = 0x50 };

	return addr_make(family, family == 4 ? v4 : v6, LSD_PORT);
}

/* Of |p|'s nonce and port. */
static void
tag(uint8_t out[TAG_LEN], const uint8_t pk[HASH_PK_LEN], const uint8_t *p)
{
	const struct hash_span v[] = {
		{ LABEL, sizeof(LABEL) }, /* with its NUL */
		{ pk, HASH_PK_LEN },
		{ p, TAG_AT },
	};
	uint8_t hash[HASH_LEN];

	hash_sha256v(hash, v, SP_LEN(v));
	memcpy(out, hash, TAG_LEN);
}

void
lsd_write(uint8_t out[LSD_LEN], const uint8_t pk[HASH_PK_LEN],
    const uint8_t nonce[LSD_NONCE_LEN], uint16_t port)
{
	memcpy(out, nonce, LSD_NONCE_LEN);
	out[PORT_AT] = (uint8_t)(port >> 8);
	out[PORT_AT + 1] = (uint8_t)port;
	tag(out + TAG_AT, pk, out);
}

int
lsd_read(uint16_t *port, const uint8_t pk[HASH_PK_LEN], const uint8_t *p,
    size_t len)
{
	uint8_t want[TAG_LEN];

	if (len != LSD_LEN)
		return SP_ERR_SYNTAX;
	*port = (uint16_t)(p[PORT_AT] << 8 | p[PORT_AT + 1]);
	if (*port == 0)
		return SP_ERR_SYNTAX;
	tag(want, pk, p);
	return hash_eq(want, p + TAG_AT, TAG_LEN) ? 0 : SP_ERR_WRONGCHAN;
}

bool
lsd_is_mine(const uint8_t *p, size_t len, const uint8_t nonce[LSD_NONCE_LEN])
{
	return len == LSD_LEN && memcmp(p, nonce, LSD_NONCE_LEN) == 0;
}
