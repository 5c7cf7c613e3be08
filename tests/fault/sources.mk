# fault injectors; never installed

sees :=

# A TCTI that misbehaves as told.
TEST_SHARED += tcti-fault.so
tcti-fault.so_src := tests/fault/tcti-fault.c

# SoftHSM2 with faults as told.
TEST_SHARED += p11-fault.so
p11-fault.so_src := tests/fault/p11-fault.c

# Kills and power cuts. It cannot stand before the sanitizers, which want to be
# first; it stands in for both kinds of each call, write and write64.
TEST_SHARED += file-fault.so
file-fault.so_src := tests/fault/file-fault.c
tests/fault/file-fault_cflags := -U_FILE_OFFSET_BITS

# A clock that is wrong.
TEST_SHARED += clock-fault.so
clock-fault.so_src := tests/fault/clock-fault.c

ldlibs := -ltss2-tctildr -lp11-kit
