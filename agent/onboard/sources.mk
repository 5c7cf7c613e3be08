# from the box to production: the device enrols its LDevID by itself

sees := agent/base idevid/base idevid/enrol idevid/key
sources := \
	onboard-site.c \
	onboard-states.c \
	onboard-status.c \
	onboard-steps.c \
	onboard-store.c \
	onboard-task.c \
	onboard-work.c \
	onboarder.c
ldlibs := -linih -ljansson -lsystemd
