#ifndef SWARM_CONTACTS_H
#define SWARM_CONTACTS_H

/*
 * Addresses of other peers that may be dialled, and who is banned. At most
 * CONTACTS_MAX addresses; a new one replaces the worst idle one.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/tstamp.h"
#include "wire/link.h"

#define CONTACTS_MAX   256
#define CONTACTS_BANS  64
#define CONTACTS_CROWD 3 /* banned ones of one IP: then it is all of it */

enum contact_state {
	CONTACT_IDLE,
	CONTACT_DIALING,
	CONTACT_CONNECTED,
	CONTACT_SELF, /* our own address: never dialled */
};

struct contact {
	struct sp_addr addr;
	uint8_t peer_id[LINK_PEERID_LEN];
	bool has_id;
	enum contact_state state;
	uint32_t fails;   /* dials in a row that came to nothing */
	uint32_t dial;    /* id while dialling */
	sp_time retry_at; /* not dialled before */
};

struct contacts_ban {
	uint8_t peer_id[LINK_PEERID_LEN];
	struct sp_addr addr; /* family 0: by id only */
	sp_time until;
};

struct contacts {
	const struct sp_mem *mem;
	struct contact *v;
	uint32_t n, cap;
	bool lan; /* private and loopback addresses are dialled */
	struct contacts_ban *bans; /* CONTACTS_BANS, allocated with the first */
	uint32_t n_bans;
};

void contacts_init(struct contacts *c, const struct sp_mem *mem, bool lan);
void contacts_fini(struct contacts *c);
/*
 * Notes an address; |peer_id| may be NULL. SP_ERR_EXISTS (updated),
 * SP_ERR_DENIED (bogus, private without lan, banned), SP_ERR_FULL,
 * SP_ERR_NOMEM.
 */
int contacts_add(struct contacts *c, const struct sp_addr *addr,
    const uint8_t *peer_id, struct sp_rng *rng, sp_time now);
/* The same of who is known to be on our own network: he may be private. */
int contacts_add_near(struct contacts *c, const struct sp_addr *addr,
    const uint8_t *peer_id, struct sp_rng *rng, sp_time now);
/* Idle, its time has come, and neither it nor its address is banned. */
bool contacts_may_dial(const struct contacts *c, const struct contact *ct,
    sp_time now);
/* That very one, if it may be; marks it as dialling. */
struct contact *contacts_take(struct contacts *c, const struct sp_addr *addr,
    uint32_t dial, sp_time now);
struct contact *contacts_by_dial(struct contacts *c, uint32_t dial);
struct contact *contacts_by_addr(struct contacts *c,
    const struct sp_addr *addr);
uint32_t contacts_dialing(const struct contacts *c);
/* Back to idle; |failed| makes it wait 5, 10, 20 ... 300 s, gone after 6. */
void contacts_release(struct contacts *c, struct contact *ct, bool failed,
    sp_time now);

/*
 * Bans an identity and, unless it is private, the address that it listens at.
 * Others of its IP may be behind the same NAT; only when CONTACTS_CROWD
 * identities of one IP are banned all of it is: identities are free.
 */
void contacts_ban(struct contacts *c, const uint8_t *peer_id,
    const struct sp_addr *addr, sp_time until);
/* |peer_id| NULL: by address only. */
bool contacts_is_banned(const struct contacts *c, const uint8_t *peer_id,
    const struct sp_addr *addr, sp_time now);

#endif
