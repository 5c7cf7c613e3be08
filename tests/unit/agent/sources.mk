sees := agent/attach agent/enroll agent/onboard tests/fixture
sources := onboard-fixture.c

UNIT_TESTS += $(wildcard tests/unit/agent/test-*.c)
NOT_EMULATED += test-agent-tap # PACKET_STATISTICS
NOT_EMULATED += test-confine # landlock(7), seccomp(2)
NOT_EMULATED += test-enroll-request # preloads file-fault.so into itself
PLAIN_ONLY += test-enroll-request
NOT_EMULATED += test-onboard-crash # preloads file-fault.so into itself
PLAIN_ONLY += test-onboard-crash
$(addprefix $(B)/tests/unit/,test-enroll-request test-onboard-crash): | $(B)/file-fault.so
