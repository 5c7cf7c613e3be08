# the lab

sees := idevid/base idevid/cli
sources := \
	port-ctrl.c \
	port-event.c \
	port-link.c
ldlibs := -lwpa_client -lmnl

LAB_PROGRAMS += lab-port
lab-port_src := radius-test/lab-port.c

# Waits for events, for the lab's scripts and those of tests.
LAB_PROGRAMS += await
await_src := radius-test/await.c
await_sees :=

# A port that lets everybody in.
LAB_PROGRAMS += open-port
open-port_src := radius-test/open-port.c
open-port_sees :=

# Preloaded into programs without sanitizers, so never built with them.
LAB_SHARED += liar.so
liar.so_src := radius-test/liar.c
liar.so_sees :=
radius-test/liar_cflags := -fno-sanitize=all
liar.so_ldflags := -fno-sanitize=all
