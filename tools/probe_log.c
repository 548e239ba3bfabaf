#include "tools/probe.h"

/* The address behind |before|, if it is one. */
static void
take_address(struct sp_addr *out, const char *line, const char *before)
{
	const char *p = strstr(line, before);
	struct sp_addr a;

	if (p == NULL)
		return;
	p += strlen(before);
	if (addr_parse(&a, p, strcspn(p, " ]\n")) == 0)
		*out = addr_make(a.family, a.ip, 0);
}

/* "<== port map [ transport: PCP protocol: TCP ..." */
static void
take_protocol(char *by, size_t size, const char *line)
{
	if (strstr(line, "<== port map [ transport: PCP ") != NULL)
		snprintf(by, size, "pcp");
	else if (strstr(line, "<== port map [ transport: NAT-PMP ") != NULL)
		snprintf(by, size, "nat-pmp");
}

void
probe_gateway_log(struct probe_gateway *g, const char *line)
{
	take_protocol(g->by, sizeof(g->by), line);
	take_address(&g->outside, line, "<== public IP address [ ");
	take_address(&g->outside, line, "got router external IP address ");
}
