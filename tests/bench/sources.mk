# the benchmark's own programs; never installed

sees := tests/fixture
ldlibs := -levent -lssl -lcrypto

BENCH_PROGRAMS += $(basename $(wildcard tests/bench/*.c))
$(foreach p,$(BENCH_PROGRAMS),$(eval $(p)_src := $(p).c))
