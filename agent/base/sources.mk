# what the agent's folders share: children and their rights, hooks, names, time

sees := idevid/base
sources := \
	address.c \
	backoff.c \
	hooks.c \
	names.c \
	spawn.c \
	wallclock.c
ldlibs := -lsystemd
