# devid-agent: the port, from link-up to authorized

sees := agent/base agent/onboard idevid/base idevid/cert idevid/cli idevid/enrol idevid/key
sources := \
	agent.c \
	attach.c \
	config.c \
	ctrl.c \
	drive.c \
	effects.c \
	event.c \
	flight.c \
	identity.c \
	keyd-watch.c \
	link.c \
	links.c \
	onboarding.c \
	port.c \
	ports.c \
	server.c \
	states.c \
	status.c \
	supplicant.c \
	tap.c \
	trust.c \
	watch.c \
	wpaconf.c
ldlibs := -linih -ljansson -lmnl -lsystemd -lwpa_client

PROGRAMS += devid-agent
devid-agent_src := agent/attach/main.c
agent/attach/config_paths = -DDEVID_SBINDIR='"$(SBINDIR)"'
agent/attach/supplicant_paths = -DDEVID_MODULESDIR='"$(MODULESDIR)"'

agent_items += \
	run|$(SBINDIR)/devid-agent|$(B)/devid-agent \
	$(call units,agent/attach,devid-agent.service) \
	data|$(SYSUSERSDIR)/devid-agent.conf|agent/attach/devid-agent.sysusers \
	dir|$(CONFDIR)/hooks.d \
	dir|$(CONFDIR)/onboard.d \
	$(call manuals,devid-agent.8)
