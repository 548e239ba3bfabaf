# What an operator installs beside the program: units, a sample configuration,
# a dashboard, alerts.
OPS_UNITS = tracker/ops/spate-tracker.service tracker/ops/spate-tracker.socket
EXTRA_DIST += tracker/ops/spate-tracker.service.in
EXTRA_DIST += tracker/ops/spate-tracker.socket.in
EXTRA_DIST += tracker/ops/alerts-test.yml
CLEANFILES += $(OPS_UNITS) tracker/ops/spate-tracker.conf.sample

tracker/ops/spate-tracker.service: tracker/ops/spate-tracker.service.in Makefile
tracker/ops/spate-tracker.socket: tracker/ops/spate-tracker.socket.in Makefile
$(OPS_UNITS):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	    $(SED) 's,[@]sbindir[@],$(sbindir),g; s,[@]sysconfdir[@],$(sysconfdir),g' \
	    $(top_srcdir)/$@.in >$@.tmp && mv $@.tmp $@

tracker/ops/spate-tracker.conf.sample: spate-tracker$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	    ./spate-tracker$(EXEEXT) --dump-config >$@.tmp && mv $@.tmp $@

opsdir = $(pkgdatadir)/tracker
dist_ops_DATA = tracker/ops/alerts.yml tracker/ops/grafana.json
systemdunit_DATA = $(OPS_UNITS)
nodist_doc_DATA = tracker/ops/spate-tracker.conf.sample
systemdunitdir = $(systemdsystemunitdir)
