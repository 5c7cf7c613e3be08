# devid-agent: the port, from link-up to authorized

sees := idevid/base idevid/cert idevid/cli idevid/key
sources := \
	address.c \
	agent.c \
	attach.c \
	backoff.c \
	config.c \
	ctrl.c \
	drive.c \
	effects.c \
	event.c \
	flight.c \
	hooks.c \
	identity.c \
	keyd-watch.c \
	link.c \
	links.c \
	names.c \
	port.c \
	ports.c \
	server.c \
	spawn.c \
	states.c \
	status.c \
	supplicant.c \
	tap.c \
	trust.c \
	wallclock.c \
	watch.c \
	wpaconf.c
ldlibs := -linih -ljansson -lmnl -lsystemd -lwpa_client

PROGRAMS += devid-agent
devid-agent_src := agent/attach/main.c
agent/attach/supplicant_paths = -DDEVID_MODULESDIR='"$(MODULESDIR)"'

agent_items += \
	run|$(SBINDIR)/devid-agent|$(B)/devid-agent \
	$(call units,agent/attach,devid-agent.service) \
	data|$(SYSUSERSDIR)/devid-agent.conf|agent/attach/devid-agent.sysusers \
	dir|$(CONFDIR)/hooks.d \
	$(call manuals,devid-agent.8)
