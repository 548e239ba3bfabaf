#include "swarm/solo.h"

void
solo_init(struct solo *s, sp_time now)
{
	memset(s, 0, sizeof(*s));
	s->few_at = now;
	s->stay = SOLO_STAY;
}

bool
solo_look(struct solo *s, unsigned live, unsigned good, uint64_t others,
    sp_time now)
{
	uint64_t enough = SP_CLAMP(others, 1, SOLO_PEERS);

	if (live >= enough)
		s->few_at = SP_NEVER;
	else if (s->few_at == SP_NEVER)
		s->few_at = now;
	if (!s->on) {
		s->on = s->few_at != SP_NEVER && now - s->few_at >= SOLO_WAIT;
		return s->on;
	}
	if (good < enough || now < s->till)
		return false;
	s->on = false;
	s->ended = now;
	memset(s->row, 0, sizeof(s->row));
	return true;
}

bool
solo_piece(struct solo *s, uint8_t track, bool rescued, sp_time now)
{
	if (s->on)
		return false;
	s->row[track] = rescued ? s->row[track] + 1 : 0;
	if (s->row[track] < SOLO_ROW)
		return false;
	if (now - s->ended > SOLO_CALM)
		s->stay = SOLO_STAY;
	s->on = true;
	s->till = now + s->stay;
	s->stay = SP_MIN(2 * s->stay, SOLO_STAY_MAX);
	return true;
}
