sees := pki/est pki/overview pki/station tests/fixture

UNIT_TESTS += $(wildcard tests/unit/pki/test-*.c)
NOT_EMULATED += test-pin test-register-crash test-registrar-crash # stop a program by ptrace()
NOT_EMULATED += test-conns # SO_COOKIE
NOT_EMULATED += test-issue-crash # preloads file-fault.so into itself
PLAIN_ONLY += test-issue-crash

$(B)/tests/unit/test-token: | $(B)/p11-fault.so
$(B)/tests/unit/test-issue-crash: | $(B)/file-fault.so
