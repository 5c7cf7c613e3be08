# devid-agent

PROGRAMS += devid-agent

devid-agent_src := \
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
	agent/main.c \
	agent/port.c \
	agent/spawn.c \
	agent/states.c \
	agent/status.c \
	agent/supplicant.c \
	agent/trust.c \
	agent/wallclock.c \
	agent/watch.c \
	agent/wpaconf.c
devid-agent_libs := libdevid.a
devid-agent_ldlibs := -linih -ljansson -lmnl -lsystemd -lwpa_client

agent/supplicant_cflags := -DDEVID_MODULESDIR='"$(MODULESDIR)"'
