# the lab

LAB_PROGRAMS += lab-port

lab-port_src := \
	radius-test/lab-port.c \
	radius-test/port-ctrl.c \
	radius-test/port-event.c \
	radius-test/port-link.c
lab-port_libs := libdevid.a
lab-port_ldlibs := -lwpa_client -lmnl

# Waits for events, for the lab's scripts and those of tests.
LAB_PROGRAMS += await

await_src := radius-test/await.c

# Preloaded into programs without sanitizers, so never built with them.
LAB_SHARED += liar.so

liar.so_src := radius-test/liar.c
radius-test/liar_cflags := -fno-sanitize=all
liar.so_ldflags := -fno-sanitize=all

UNIT_TESTS += test-port-event
test-port-event_src := radius-test/port-event.c
tests/unit/test-port-event_cflags := -iquote radius-test
test-port-event_libs := libdevid.a
