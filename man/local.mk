# One page per program, file format and protocol.
dist_man_MANS += man/spate-archive.1
dist_man_MANS += man/spate-bench-tracker.1
dist_man_MANS += man/spate-channel.1
dist_man_MANS += man/spate-probe.1
dist_man_MANS += man/spate-protocol.7
dist_man_MANS += man/spate-scenario.5
dist_man_MANS += man/spate-sim.1
dist_man_MANS += man/spate.1
dist_man_MANS += man/spate.conf.5
dist_man_MANS += man/spate-tracker.8
dist_man_MANS += man/spate-tracker.conf.5
dist_man_MANS += man/spate-seed.1
