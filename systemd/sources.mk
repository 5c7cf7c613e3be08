# Installation.
install: all
	@echo "not yet"
