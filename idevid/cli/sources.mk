# what the commands share

sees := idevid/base
sources := \
	cmd-file.c
