# programs of the end-to-end tests; never installed

sees := tests/fixture
ldlibs := -lcrypto -pthread

TEST_PROGRAMS += $(addprefix tests/e2e/,ca-seed hostile-peer http-storm key-storm keyd-client kill-at memory-has)
tests/e2e/ca-seed_src := tests/e2e/ca-seed.c
tests/e2e/hostile-peer_src := tests/e2e/hostile-peer.c
tests/e2e/http-storm_src := tests/e2e/http-storm.c
tests/e2e/key-storm_src := tests/e2e/key-storm.c
tests/e2e/keyd-client_src := tests/e2e/keyd-client.c
tests/e2e/kill-at_src := tests/e2e/kill-at.c
tests/e2e/memory-has_src := tests/e2e/memory-has.c
