#include "test/sim/countcipher.h"

static void
count_init(void *state, const uint8_t key[SECURE_KEY_LEN])
{
	(void)state;
	(void)key;
}

static void
count_seal(uint8_t *c, const uint8_t *m, size_t len, const uint8_t *ad,
    size_t ad_len, uint64_t counter, const void *state)
{
	(void)ad;
	(void)ad_len;
	(void)counter;
	(void)state;
	if (c != m)
		memmove(c, m, len);
	memset(c + len, 0, SECURE_TAG_LEN);
}

static int
count_open(uint8_t *m, const uint8_t *c, size_t len, const uint8_t *ad,
    size_t ad_len, uint64_t counter, const void *state)
{
	static const uint8_t zeros[SECURE_TAG_LEN];

	(void)ad;
	(void)ad_len;
	(void)counter;
	(void)state;
	if (memcmp(c + len, zeros, sizeof(zeros)) != 0)
		return SP_ERR_CRYPTO;
	if (m != c)
		memmove(m, c, len);
	return 0;
}

const struct secure_cipher countcipher = {
	.id = SECURE_COUNTING,
	.state_len = 0,
	.init = count_init,
	.seal = count_seal,
	.open = count_open,
};
