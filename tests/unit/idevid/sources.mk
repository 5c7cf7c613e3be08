sees := idevid/cmd idevid/report tests/fixture

UNIT_TESTS += $(wildcard tests/unit/idevid/test-*.c)
NOT_EMULATED += test-files # stops a program by ptrace()
NOT_EMULATED += test-module-crash # preloads file-fault.so into itself
PLAIN_ONLY += test-module-crash
# Its own write() and send() are to be those of the libraries.
test-module-import_ldflags := -Wl,--export-dynamic
PLAIN_ONLY += test-module-import
PLAIN_ONLY += test-client # a sanitizer leaves copies on the stack
$(B)/tests/unit/test-module-crash: | $(B)/file-fault.so

$(addprefix $(B)/tests/unit/,test-keystore-attest test-keystore-certify test-keystore-cut \
	test-keystore-erase test-keystore-limit test-keystore-nv \
	test-keystore-owner test-keystore-tpm test-module test-module-adopt \
	test-module-attest test-module-certify test-module-room test-module-tpm test-module-why test-tpm-about \
	test-tpm-ek-chain test-tpm-handle): | $(B)/tcti-fault.so
$(addprefix $(B)/tests/unit/,test-provider test-provider-sign): \
	| $(B)/devid.so $(B)/devid-keyd
$(B)/tests/unit/test-client-hostile: | $(B)/devid.so
