# devid-agent

ARCHIVES += libagent

libagent_src := \
	agent/agent-drive.c \
	agent/agent-ports.c \
	agent/agent.c \
	agent/attach.c \
	agent/backoff.c \
	agent/config.c \
	agent/ctrl.c \
	agent/event.c \
	agent/flight.c \
	agent/hooks.c \
	agent/link.c \
	agent/port.c \
	agent/spawn.c \
	agent/states.c \
	agent/status.c \
	agent/supplicant.c \
	agent/trust.c \
	agent/wallclock.c \
	agent/watch.c \
	agent/wpaconf.c

PROGRAMS += devid-agent

devid-agent_src := agent/main.c
devid-agent_libs := libagent.a libdevid.a
devid-agent_ldlibs := -linih -ljansson -lmnl -lsystemd -lwpa_client

agent/supplicant_paths = -DDEVID_MODULESDIR='"$(MODULESDIR)"'

AGENT_TESTS := test-agent-attach test-agent-config test-agent-event test-agent-hooks \
	test-agent-link test-agent-port test-agent-status test-agent-trust test-agent-wpaconf
UNIT_TESTS += $(AGENT_TESTS)

define agent_test
tests/unit/$(1)_cflags := -iquote agent
$(1)_src := tests/unit/tempdir.c
$(1)_libs := libagent.a libdevid.a
$(1)_ldlibs := -linih -ljansson -lmnl -lsystemd -lwpa_client
endef

$(foreach t,$(AGENT_TESTS),$(eval $(call agent_test,$(t))))

FUZZERS += fuzz-agent-event
fuzz-agent-event_src := agent/event.c idevid/hex.c
