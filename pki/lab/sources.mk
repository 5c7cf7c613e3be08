# devid-pki: a PKI in files, for labs

sees :=

ca_items += \
	script|$(PKIDIR)/devid-pki|pki/lab/devid-pki \
	$(foreach s,lib-ca.sh lib-inventory.sh lib-output.sh,data|$(PKIDIR)/$(s)|pki/lab/$(s)) \
	link|$(BINDIR)/devid-pki|$(PKIDIR)/devid-pki
