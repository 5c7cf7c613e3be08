sees := agent/attach tests/fixture

UNIT_TESTS += $(wildcard tests/unit/agent/test-*.c)
NOT_EMULATED += test-agent-tap # PACKET_STATISTICS
