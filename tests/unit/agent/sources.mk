sees := agent/attach tests/fixture

UNIT_TESTS += $(wildcard tests/unit/agent/test-*.c)
