#include "swarm/secure.h"

#include <sodium.h>

#include "swarm/noise.h"

/* The AEADs of frames, on libsodium. */

static void
chacha20_init(void *state, const uint8_t key[SECURE_KEY_LEN])
{
	memcpy(state, key, SECURE_KEY_LEN);
}

static void
chacha20_seal(uint8_t *c, const uint8_t *m, size_t len, const uint8_t *ad,
    size_t ad_len, uint64_t counter, const void *state)
{
	uint8_t nonce[12];

	noise_nonce(nonce, counter);
	crypto_aead_chacha20poly1305_ietf_encrypt(c, NULL, m, len, ad, ad_len,
	    NULL, nonce, state);
}

static int
chacha20_open(uint8_t *m, const uint8_t *c, size_t len, const uint8_t *ad,
    size_t ad_len, uint64_t counter, const void *state)
{
	uint8_t nonce[12];

	noise_nonce(nonce, counter);
	return crypto_aead_chacha20poly1305_ietf_decrypt(m, NULL, NULL, c,
		   len + SECURE_TAG_LEN, ad, ad_len, nonce, state) == 0
		   ? 0
		   : SP_ERR_CRYPTO;
}

const struct secure_cipher secure_chacha20 = {
	.id = SECURE_CHACHA20,
	.state_len = SECURE_KEY_LEN,
	.init = chacha20_init,
	.seal = chacha20_seal,
	.open = chacha20_open,
};

_Static_assert(sizeof(crypto_aead_aes256gcm_state) <= SECURE_STATE,
    "the expanded key fits into a cipher's state");
_Static_assert(_Alignof(crypto_aead_aes256gcm_state) <= SECURE_ALIGN,
    "a cipher's state is aligned for the expanded key");

static void
aes256gcm_init(void *state, const uint8_t key[SECURE_KEY_LEN])
{
	crypto_aead_aes256gcm_beforenm(state, key);
}

static void
aes256gcm_seal(uint8_t *c, const uint8_t *m, size_t len, const uint8_t *ad,
    size_t ad_len, uint64_t counter, const void *state)
{
	uint8_t nonce[12];

	noise_nonce(nonce, counter);
	crypto_aead_aes256gcm_encrypt_afternm(c, NULL, m, len, ad, ad_len, NULL,
	    nonce, state);
}

static int
aes256gcm_open(uint8_t *m, const uint8_t *c, size_t len, const uint8_t *ad,
    size_t ad_len, uint64_t counter, const void *state)
{
	uint8_t nonce[12];

	noise_nonce(nonce, counter);
	return crypto_aead_aes256gcm_decrypt_afternm(m, NULL, NULL, c,
		   len + SECURE_TAG_LEN, ad, ad_len, nonce, state) == 0
		   ? 0
		   : SP_ERR_CRYPTO;
}

const struct secure_cipher secure_aes256gcm = {
	.id = SECURE_AES256GCM,
	.state_len = sizeof(crypto_aead_aes256gcm_state),
	.init = aes256gcm_init,
	.seal = aes256gcm_seal,
	.open = aes256gcm_open,
};

size_t
secure_ciphers(const struct secure_cipher *out[2])
{
	size_t n = 0;

	out[n++] = &secure_chacha20;
	/* It asks the processor once; before it AES is never available. */
	if (sodium_init() >= 0 && crypto_aead_aes256gcm_is_available() != 0)
		out[n++] = &secure_aes256gcm;
	return n;
}

void
secure_public(uint8_t pk[SECURE_KEY_LEN], const uint8_t sk[SECURE_KEY_LEN])
{
	noise_public(pk, sk);
}
