# a target for each parser, with its corpus, and what made the corpus

sees := agent/attach agent/enroll idevid/doctor idevid/report pki/est pki/station radius-test tests/fixture

FUZZERS += $(notdir $(basename $(wildcard tests/fuzz/fuzz-*.c)))

SEEDERS := $(basename $(wildcard tests/fuzz/make-*-seeds.c))
TEST_PROGRAMS += $(SEEDERS)
$(foreach p,$(SEEDERS),$(eval $(p)_src := $(p).c))
