sees := radius-test tests/fixture

UNIT_TESTS += $(wildcard tests/unit/radius-test/test-*.c)
