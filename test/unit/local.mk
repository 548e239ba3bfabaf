# One program per module, test/unit/check_<module>.c.
#
# UNIT_CORE tests need only the core libraries; UNIT_HOST tests need
# src/io, swarm/client, tracker/daemon or tools.

UNIT_CORE =
UNIT_HOST =

if HAVE_CHECK
check_LIBRARIES += libunit.a
libunit_a_SOURCES = test/unit/failmem.c test/unit/failmem.h \
	test/unit/pieces.c test/unit/pieces.h \
	test/sim/signer.c test/sim/signer.h \
	test/unit/unit.c test/unit/unit.h

UNIT_CORE += test/unit/check_access
UNIT_CORE += test/unit/check_addr
UNIT_CORE += test/unit/check_announce
UNIT_CORE += test/unit/check_bencode
UNIT_CORE += test/unit/check_buf
UNIT_CORE += test/unit/check_choker
UNIT_CORE += test/unit/check_compact
UNIT_CORE += test/unit/check_contacts
UNIT_CORE += test/unit/check_cookie
UNIT_CORE += test/unit/check_delay
UNIT_CORE += test/unit/check_duty
UNIT_CORE += test/unit/check_duty_roster
UNIT_CORE += test/unit/check_err
UNIT_CORE += test/unit/check_failmem
UNIT_CORE += test/unit/check_fetchq
UNIT_CORE += test/unit/check_hash
UNIT_CORE += test/unit/check_figures
UNIT_CORE += test/unit/check_havemap
UNIT_CORE += test/unit/check_fileitem
UNIT_CORE += test/unit/check_head
UNIT_CORE += test/unit/check_heap
UNIT_CORE += test/unit/check_holders
UNIT_CORE += test/unit/check_ledger
UNIT_CORE += test/unit/check_limit
UNIT_CORE += test/unit/check_link
UNIT_CORE += test/unit/check_lsd
UNIT_CORE += test/unit/check_live
test_unit_check_live_SOURCES = test/unit/check_live.c test/unit/live_help.h
UNIT_CORE += test/unit/check_live_window
test_unit_check_live_window_SOURCES = test/unit/check_live_window.c \
	test/unit/live_help.h
UNIT_CORE += test/unit/check_log
UNIT_CORE += test/unit/check_m3u8
UNIT_CORE += test/unit/check_manifest
test_unit_check_m3u8_SOURCES = test/unit/check_m3u8.c test/unit/m3u8_help.h
UNIT_CORE += test/unit/check_m3u8_bad
test_unit_check_m3u8_bad_SOURCES = test/unit/check_m3u8_bad.c test/unit/m3u8_help.h
UNIT_CORE += test/unit/check_m3u8_text
test_unit_check_m3u8_text_SOURCES = test/unit/check_m3u8_text.c test/unit/m3u8_help.h
UNIT_CORE += test/unit/check_map
UNIT_CORE += test/unit/check_mem
UNIT_CORE += test/unit/check_mesh
test_unit_check_mesh_SOURCES = test/unit/check_mesh.c test/unit/meshnet.c test/unit/meshnet.h
UNIT_CORE += test/unit/check_mesh_duty
test_unit_check_mesh_duty_SOURCES = test/unit/check_mesh_duty.c test/unit/mesh_help.h test/unit/roster_help.h
test_unit_check_mesh_duty_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_receipts
test_unit_check_mesh_receipts_SOURCES = test/unit/check_mesh_receipts.c test/unit/mesh_help.h
test_unit_check_mesh_receipts_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_parent
test_unit_check_mesh_parent_SOURCES = test/unit/check_mesh_parent.c test/unit/mesh_help.h test/unit/meshtree_help.h
test_unit_check_mesh_parent_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_root
test_unit_check_mesh_root_SOURCES = test/unit/check_mesh_root.c test/unit/roster_help.h test/unit/meshtree_help.h
test_unit_check_mesh_root_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_roster
test_unit_check_mesh_roster_SOURCES = test/unit/check_mesh_roster.c test/unit/mesh_help.h test/unit/roster_help.h
test_unit_check_mesh_roster_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_neigh
test_unit_check_mesh_neigh_SOURCES = test/unit/check_mesh_neigh.c test/unit/mesh_help.h
test_unit_check_mesh_neigh_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_peers
test_unit_check_mesh_peers_SOURCES = test/unit/check_mesh_peers.c test/unit/mesh_help.h
test_unit_check_mesh_peers_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_plan
test_unit_check_mesh_plan_SOURCES = test/unit/check_mesh_plan.c test/unit/mesh_help.h
test_unit_check_mesh_plan_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_upload
test_unit_check_mesh_upload_SOURCES = test/unit/check_mesh_upload.c test/unit/mesh_help.h test/unit/upload_help.h
test_unit_check_mesh_upload_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_slow
test_unit_check_mesh_slow_SOURCES = test/unit/check_mesh_slow.c test/unit/mesh_help.h test/unit/upload_help.h
test_unit_check_mesh_slow_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_attack
test_unit_check_mesh_attack_SOURCES = test/unit/check_mesh_attack.c test/unit/mesh_help.h
test_unit_check_mesh_attack_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_warn
test_unit_check_mesh_warn_SOURCES = test/unit/check_mesh_warn.c test/unit/mesh_help.h
test_unit_check_mesh_warn_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_tree
test_unit_check_mesh_tree_SOURCES = test/unit/check_mesh_tree.c test/unit/mesh_help.h test/unit/meshtree_help.h
test_unit_check_mesh_tree_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_solo
test_unit_check_mesh_solo_SOURCES = test/unit/check_mesh_solo.c test/unit/mesh_help.h
test_unit_check_mesh_solo_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_origin
test_unit_check_mesh_origin_SOURCES = test/unit/check_mesh_origin.c test/unit/mesh_help.h
test_unit_check_mesh_origin_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_hurry
test_unit_check_mesh_hurry_SOURCES = test/unit/check_mesh_hurry.c test/unit/mesh_help.h
test_unit_check_mesh_hurry_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_play
test_unit_check_mesh_play_SOURCES = test/unit/check_mesh_play.c test/unit/mesh_help.h
test_unit_check_mesh_play_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_relay
test_unit_check_mesh_relay_SOURCES = test/unit/check_mesh_relay.c test/unit/mesh_help.h
test_unit_check_mesh_relay_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_swarm
test_unit_check_mesh_swarm_SOURCES = test/unit/check_mesh_swarm.c test/unit/meshnet.c test/unit/meshnet.h
test_unit_check_mesh_swarm_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_mesh_blocks
test_unit_check_mesh_blocks_SOURCES = test/unit/check_mesh_blocks.c test/unit/mesh_help.h
test_unit_check_mesh_blocks_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_neighbours
UNIT_CORE += test/unit/check_noise
UNIT_CORE += test/unit/check_peer
UNIT_CORE += test/unit/check_peerwire
test_unit_check_peerwire_SOURCES = test/unit/check_peerwire.c test/unit/pw_help.h
UNIT_CORE += test/unit/check_peerwire_tree
test_unit_check_peerwire_tree_SOURCES = test/unit/check_peerwire_tree.c test/unit/pw_help.h
UNIT_CORE += test/unit/check_picker
UNIT_CORE += test/unit/check_places
UNIT_CORE += test/unit/check_plain
test_unit_check_plain_SOURCES = test/unit/check_plain.c test/unit/plain_help.h
UNIT_CORE += test/unit/check_plain_model
test_unit_check_plain_model_SOURCES = test/unit/check_plain_model.c \
	test/unit/plain_help.h
UNIT_CORE += test/unit/check_plain_save
test_unit_check_plain_save_SOURCES = test/unit/check_plain_save.c \
	test/unit/plain_help.h
UNIT_CORE += test/unit/check_plain_time
test_unit_check_plain_time_SOURCES = test/unit/check_plain_time.c \
	test/unit/plain_help.h
UNIT_CORE += test/unit/check_pool
UNIT_CORE += test/unit/check_playhead
UNIT_CORE += test/unit/check_quantile
UNIT_CORE += test/unit/check_ratelim
UNIT_CORE += test/unit/check_receipt
UNIT_CORE += test/unit/check_record
UNIT_CORE += test/unit/check_registry
test_unit_check_registry_SOURCES = test/unit/check_registry.c \
	test/unit/registry_help.h
UNIT_CORE += test/unit/check_registry_time
test_unit_check_registry_time_SOURCES = test/unit/check_registry_time.c \
	test/unit/registry_help.h
UNIT_CORE += test/unit/check_rep
test_unit_check_rep_SOURCES = test/unit/check_rep.c test/unit/rep_help.h
UNIT_CORE += test/unit/check_rep_kept
test_unit_check_rep_kept_SOURCES = test/unit/check_rep_kept.c test/unit/rep_help.h
UNIT_CORE += test/unit/check_reply
UNIT_CORE += test/unit/check_rescue
UNIT_CORE += test/unit/check_rng
UNIT_CORE += test/unit/check_roster
UNIT_CORE += test/unit/check_secure
UNIT_CORE += test/unit/check_secure_frames
UNIT_CORE += test/unit/check_share
test_unit_check_share_SOURCES = test/unit/check_share.c test/unit/share_help.h \
	test/unit/share_rig.c test/unit/share_rig.h
UNIT_CORE += test/unit/check_share_policy
test_unit_check_share_policy_SOURCES = test/unit/check_share_policy.c \
	test/unit/share_rig.c test/unit/share_rig.h
UNIT_CORE += test/unit/check_share_roster
test_unit_check_share_roster_SOURCES = test/unit/check_share_roster.c \
	test/unit/share_help.h test/unit/share_rig.c test/unit/share_rig.h
UNIT_CORE += test/unit/check_shareout
test_unit_check_shareout_SOURCES = test/unit/check_shareout.c test/unit/share_help.h
UNIT_CORE += test/unit/check_sharewire
test_unit_check_sharewire_SOURCES = test/unit/check_sharewire.c test/unit/share_help.h
UNIT_CORE += test/unit/check_solo
UNIT_CORE += test/unit/check_stats
UNIT_CORE += test/unit/check_tap
UNIT_CORE += test/unit/check_telemetry
UNIT_CORE += test/unit/check_track
UNIT_CORE += test/unit/check_track_duty
test_unit_check_track_duty_SOURCES = test/unit/check_track_duty.c test/unit/track_duty_help.h
UNIT_CORE += test/unit/check_track_places
test_unit_check_track_places_SOURCES = test/unit/check_track_places.c test/unit/track_duty_help.h
UNIT_CORE += test/unit/check_track_plan
test_unit_check_track_plan_SOURCES = test/unit/check_track_plan.c test/unit/track_plan_help.h
UNIT_CORE += test/unit/check_track_plan_root
test_unit_check_track_plan_root_SOURCES = test/unit/check_track_plan_root.c test/unit/track_plan_help.h
UNIT_CORE += test/unit/check_track_presence
UNIT_CORE += test/unit/check_track_figures
test_unit_check_track_figures_SOURCES = test/unit/check_track_figures.c test/unit/track_duty_help.h
UNIT_CORE += test/unit/check_metainfo
UNIT_CORE += test/unit/check_near
UNIT_CORE += test/unit/check_registry_near
test_unit_check_registry_near_SOURCES = test/unit/check_registry_near.c test/unit/registry_help.h
UNIT_CORE += test/unit/check_track_kick
UNIT_CORE += test/unit/check_track_tail
test_unit_check_track_tail_SOURCES = test/unit/check_track_tail.c test/unit/track_duty_help.h
UNIT_CORE += test/unit/check_track_roster
test_unit_check_track_roster_SOURCES = test/unit/check_track_roster.c test/unit/track_duty_help.h
UNIT_CORE += test/unit/check_trackreply
test_unit_check_trackreply_SOURCES = test/unit/check_trackreply.c \
	test/unit/trackwire_help.h
UNIT_CORE += test/unit/check_trackwire
test_unit_check_trackwire_SOURCES = test/unit/check_trackwire.c \
	test/unit/trackwire_help.h
UNIT_CORE += test/unit/check_udp
test_unit_check_udp_SOURCES = test/unit/check_udp.c test/unit/udp_help.h
UNIT_CORE += test/unit/check_udp_scrape
test_unit_check_udp_scrape_SOURCES = test/unit/check_udp_scrape.c test/unit/udp_help.h
UNIT_CORE += test/unit/check_udp_live
test_unit_check_udp_live_SOURCES = test/unit/check_udp_live.c test/unit/track_duty_help.h
UNIT_CORE += test/unit/check_udpwire
UNIT_CORE += test/unit/check_tree
test_unit_check_tree_SOURCES = test/unit/check_tree.c test/unit/tree_help.h
UNIT_CORE += test/unit/check_tree_parent
test_unit_check_tree_parent_SOURCES = test/unit/check_tree_parent.c \
	test/unit/tree_help.h
UNIT_CORE += test/unit/check_tree_swarm
UNIT_CORE += test/unit/check_tstamp
UNIT_CORE += test/unit/check_uplink
UNIT_CORE += test/unit/check_upload
UNIT_CORE += test/unit/check_uri
UNIT_CORE += test/unit/check_window
UNIT_CORE += test/unit/check_wt
test_unit_check_wt_SOURCES = test/unit/check_wt.c test/unit/wt_help.h
UNIT_CORE += test/unit/check_wt_full
test_unit_check_wt_full_SOURCES = test/unit/check_wt_full.c \
	test/unit/wt_help.h
UNIT_CORE += test/unit/check_simflow
test_unit_check_simflow_SOURCES = test/unit/check_simflow.c test/unit/simnet_help.h
test_unit_check_simflow_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_simnet
test_unit_check_simnet_SOURCES = test/unit/check_simnet.c test/unit/simnet_help.h
test_unit_check_simnet_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_scenario
test_unit_check_scenario_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_evq
test_unit_check_evq_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_simpool
test_unit_check_simpool_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_scnvar
test_unit_check_scnvar_LDADD = libsim.a $(LDADD)
UNIT_CORE += test/unit/check_tally
test_unit_check_tally_LDADD = libsim.a $(LDADD)

SECURE_PAIR = test/unit/secure_pair.c test/unit/secure_pair.h
test_unit_check_secure_SOURCES = test/unit/check_secure.c $(SECURE_PAIR)
test_unit_check_secure_LDADD = libsim.a $(LDADD)
test_unit_check_secure_frames_SOURCES = test/unit/check_secure_frames.c \
	$(SECURE_PAIR)
test_unit_check_secure_frames_LDADD = libsim.a $(LDADD)

UNIT_HOST += test/unit/check_conf
UNIT_HOST += test/unit/check_conn
UNIT_HOST += test/unit/check_control
UNIT_HOST += test/unit/check_daemon
UNIT_HOST += test/unit/check_hparse
UNIT_HOST += test/unit/check_dht_plan
UNIT_HOST += test/unit/check_dht_file
test_unit_check_dht_file_SOURCES = test/unit/check_dht_file.c \
	test/unit/fake_lt.c test/unit/fake_lt.h \
	test/unit/site_rig.c test/unit/site_rig.h
test_unit_check_dht_file_LDADD = $(test_unit_check_host_dht_LDADD)
UNIT_HOST += test/unit/check_host_reach
test_unit_check_host_reach_SOURCES = test/unit/check_host_reach.c \
	test/unit/fake_lt.c test/unit/fake_lt.h \
	test/unit/site_rig.c test/unit/site_rig.h
test_unit_check_host_reach_LDADD = libunit.a libspclient.a $(CORE_LIBS) \
	$(HOST_LIBS) $(CORE_LIBS) $(CHECK_LIBS)
UNIT_HOST += test/unit/check_host_status
test_unit_check_host_status_SOURCES = test/unit/check_host_status.c \
	test/unit/fake_lt.c test/unit/fake_lt.h \
	test/unit/site_rig.c test/unit/site_rig.h
test_unit_check_host_status_LDADD = $(test_unit_check_host_dht_LDADD)
UNIT_HOST += test/unit/check_host_dht
test_unit_check_host_dht_SOURCES = test/unit/check_host_dht.c \
	test/unit/fake_lt.c test/unit/fake_lt.h \
	test/unit/site_rig.c test/unit/site_rig.h
test_unit_check_host_dht_LDADD = libunit.a libspclient.a $(CORE_LIBS) \
	$(HOST_LIBS) $(CORE_LIBS) $(CHECK_LIBS)
UNIT_HOST += test/unit/check_dgram
UNIT_HOST += test/unit/check_mcast
UNIT_HOST += test/unit/check_lsd_plan
UNIT_HOST += test/unit/check_host_lsd
test_unit_check_host_lsd_SOURCES = test/unit/check_host_lsd.c \
	test/unit/site_rig.c test/unit/site_rig.h
UNIT_HOST += test/unit/check_http
UNIT_HOST += test/unit/check_http_proxy
test_unit_check_http_proxy_SOURCES = test/unit/check_http_proxy.c \
	test/unit/http_help.h
UNIT_HOST += test/unit/check_http_shared
UNIT_HOST += test/unit/check_inherit
test_unit_check_http_SOURCES = test/unit/check_http.c test/unit/http_help.h
UNIT_HOST += test/unit/check_http_end
test_unit_check_http_end_SOURCES = test/unit/check_http_end.c \
	test/unit/http_help.h
UNIT_HOST += test/unit/check_http_conn
test_unit_check_http_conn_SOURCES = test/unit/check_http_conn.c \
	test/unit/http_help.h
UNIT_HOST += test/unit/check_loop
UNIT_HOST += test/unit/check_lt
UNIT_HOST += test/unit/check_lt_dht
LT_RIG = test/unit/lt_rig.c test/unit/lt_rig.h
test_unit_check_lt_SOURCES = test/unit/check_lt.c $(LT_RIG)
UNIT_HOST += test/unit/check_lt_torrent
LT_MAKE = test/unit/lt_make.c test/unit/lt_make.h
test_unit_check_lt_torrent_SOURCES = test/unit/check_lt_torrent.c $(LT_RIG) \
	$(LT_MAKE)
UNIT_HOST += test/unit/check_lt_renew
test_unit_check_lt_renew_SOURCES = test/unit/check_lt_renew.c $(LT_RIG) \
	$(LT_MAKE)
UNIT_HOST += test/unit/check_lt_error
UNIT_HOST += test/unit/check_lt_many
test_unit_check_lt_many_SOURCES = test/unit/check_lt_many.c $(LT_RIG) \
	$(LT_MAKE)
test_unit_check_lt_error_SOURCES = test/unit/check_lt_error.c $(LT_RIG) \
	$(LT_MAKE)
if HAVE_LIBTORRENT
# src/lt once more, where each call of libtorrent may throw.
UNIT_HOST += test/unit/check_lt_fault
test_unit_check_lt_fault_SOURCES = test/unit/check_lt_fault.c \
	test/unit/lt_fault.cpp test/unit/lt_fault.h $(LT_RIG) $(LT_MAKE) \
	src/lt/lt.cpp src/lt/lt_add.cpp src/lt/lt_dht.cpp \
	src/lt/lt_event.cpp src/lt/lt_info.cpp src/lt/lt_map.cpp \
	src/lt/lt_renew.cpp src/lt/lt_settings.cpp src/lt/lt_torrent.cpp
test_unit_check_lt_fault_CXXFLAGS = $(AM_CXXFLAGS) $(TORRENT_CFLAGS) -DLT_FAULTS
endif
EXTRA_DIST += test/unit/check_lt_fault.c test/unit/lt_fault.cpp \
	test/unit/lt_fault.h
test_unit_check_lt_dht_SOURCES = test/unit/check_lt_dht.c $(LT_RIG)
UNIT_HOST += test/unit/check_origin
test_unit_check_origin_SOURCES = test/unit/check_origin.c \
	test/unit/origin_rig.c test/unit/origin_rig.h
UNIT_HOST += test/unit/check_priv
UNIT_HOST += test/unit/check_process
UNIT_HOST += test/unit/check_redis
if HAVE_HIREDIS
UNIT_HOST += test/unit/check_redis_net
test_unit_check_redis_net_SOURCES = test/unit/check_redis_net.c \
	test/unit/redis_rig.c test/unit/redis_rig.h
endif
UNIT_HOST += test/unit/check_sock
UNIT_HOST += test/unit/check_store
UNIT_HOST += test/unit/check_client
UNIT_HOST += test/unit/check_edge
test_unit_check_edge_SOURCES = test/unit/check_edge.c test/unit/edge_help.h \
	test/unit/site_rig.c test/unit/site_rig.h
UNIT_HOST += test/unit/check_edge_pace
test_unit_check_edge_pace_SOURCES = test/unit/check_edge_pace.c \
	test/unit/edge_help.h test/unit/site_rig.c test/unit/site_rig.h
UNIT_HOST += test/unit/check_hls_out
UNIT_HOST += test/unit/check_probe
UNIT_HOST += test/unit/check_pace
UNIT_HOST += test/unit/check_rungs
UNIT_HOST += test/unit/check_mesh_host
test_unit_check_mesh_host_SOURCES = test/unit/check_mesh_host.c \
	test/unit/site_rig.c test/unit/site_rig.h
UNIT_HOST += test/unit/check_networks
UNIT_HOST += test/unit/check_udp_host
UNIT_HOST += test/unit/check_stream_out
UNIT_HOST += test/unit/check_streams
test_unit_check_stream_out_SOURCES = test/unit/check_stream_out.c \
	test/unit/site_rig.c test/unit/site_rig.h

UNIT_HOST += test/unit/check_sim
test_unit_check_sim_LDADD = libunit.a $(SIM_LIBS) $(CORE_LIBS) $(CHECK_LIBS)
UNIT_HOST += test/unit/check_suite
test_unit_check_suite_LDADD = libunit.a $(SIM_LIBS) $(CORE_LIBS) $(CHECK_LIBS)

UNIT_HOST += test/unit/check_bt_load
if HAVE_WSLAY
UNIT_HOST += test/unit/check_ws
test_unit_check_ws_SOURCES = test/unit/check_ws.c test/unit/http_help.h \
	test/unit/ws_help.h
UNIT_HOST += test/unit/check_ws_host
test_unit_check_ws_host_SOURCES = test/unit/check_ws_host.c \
	test/unit/ws_help.h
UNIT_HOST += test/unit/check_wsframe
test_unit_check_wsframe_SOURCES = test/unit/check_wsframe.c test/unit/ws_help.h
endif
UNIT_HOST += test/unit/check_wt_json
UNIT_HOST += test/unit/check_vod
test_unit_check_vod_SOURCES = test/unit/check_vod.c test/unit/lt_fake.c \
	test/unit/lt_fake.h test/unit/vod_help.h
UNIT_HOST += test/unit/check_vod_update
test_unit_check_vod_update_SOURCES = test/unit/check_vod_update.c \
	test/unit/lt_fake.c test/unit/lt_fake.h test/unit/vod_help.h
UNIT_HOST += test/unit/check_vod_banned
UNIT_HOST += test/unit/check_from_list
UNIT_HOST += test/unit/check_vod_files
UNIT_HOST += test/unit/check_vod_origin_plan
UNIT_HOST += test/unit/check_vod_plan

UNIT_HOST += test/unit/check_archive
UNIT_HOST += test/unit/check_checkpoint
UNIT_HOST += test/unit/check_filehash
UNIT_HOST += test/unit/check_journal
UNIT_HOST += test/unit/check_keyfile
UNIT_HOST += test/unit/check_plan
UNIT_HOST += test/unit/check_sealer
UNIT_HOST += test/unit/check_follower
test_unit_check_follower_SOURCES = test/unit/check_follower.c \
	test/unit/follow.c test/unit/follow.h
UNIT_HOST += test/unit/check_follower_seg
test_unit_check_follower_seg_SOURCES = test/unit/check_follower_seg.c \
	test/unit/follow.c test/unit/follow.h

if CORE_ONLY
LDADD = libunit.a $(CORE_LIBS) $(CHECK_LIBS)
else
LDADD = libunit.a libsptools.a libspclient.a libsptrackd.a $(LT_ALL_LIBS) \
	$(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS) $(CHECK_LIBS)
endif

check_PROGRAMS += $(UNIT_CORE)
TESTS_QUICK += $(UNIT_CORE)
if !CORE_ONLY
check_PROGRAMS += $(UNIT_HOST)
TESTS_QUICK += $(UNIT_HOST)
endif
endif

# What libtorrent's shim leaves behind, and reads that it should not: minutes.
VALGRIND = valgrind -q --error-exitcode=9 --leak-check=full \
	--show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite
check-valgrind: test/unit/check_lt_torrent test/unit/check_lt_many
	@for t in $^; do \
		echo "$$t"; \
		top_srcdir=$(top_srcdir) CK_FORK=no \
		    CK_TIMEOUT_MULTIPLIER=50 $(VALGRIND) ./$$t || exit 1; \
	done
.PHONY: check-valgrind
