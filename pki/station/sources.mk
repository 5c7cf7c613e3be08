# devid-station: the production line's side. It knows nothing of databases
# and tokens

sees := idevid/base idevid/cli idevid/enrol idevid/key
sources := \
	station-board.c \
	station-flow.c \
	station-http.c \
	station-run.c \
	station-show.c \
	station-state.c
ldlibs := -lcurl -ljansson -lssl -lcrypto

PROGRAMS += devid-station
devid-station_src := pki/station/station.c

station_items += \
	run|$(BINDIR)/devid-station|$(B)/devid-station \
	$(call manuals,devid-station.1)
