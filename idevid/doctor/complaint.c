/* SPDX-License-Identifier: Apache-2.0 */
#include "complaint.h"

#include <string.h>

#define FAULT(area)   COMPLAINT_AREA_##area, COMPLAINT_FAULT
#define WARNING(area) COMPLAINT_AREA_##area, COMPLAINT_WARNING
#define UNSEEN(area)  COMPLAINT_AREA_##area, COMPLAINT_UNSEEN

static const struct complaint table[] = {
	{ "settings-wrong", FAULT(SETTINGS), "devid.conf cannot be used",
		"mend what is named; devid.conf(5) lists the settings" },
	{ "settings-unknown", WARNING(SETTINGS),
		"devid.conf has a setting that no program knows",
		"mend the line; programs refuse it at their next start" },
	{ "settings-value", WARNING(SETTINGS),
		"devid.conf has a value that its program does not take",
		"mend the line; the program refuses it at its next start" },
	{ "settings-unseen", UNSEEN(SETTINGS), "devid.conf cannot be read",
		"ask as root; looked at was where the defaults have it" },

	{ "tpm-missing", FAULT(TPM), "there is no TPM where tcti leads",
		"ls -l /dev/tpm*; firmware setup; the kernel's TPM driver; "
		"tcti in devid.conf" },
	{ "tpm-absent", FAULT(TPM), "the TPM does not answer",
		"tcti in devid.conf; may the user devid-keyd open the device "
		"(group tss)? Does another program hold it?" },
	{ "tpm-lockout", FAULT(TPM), "the TPM defends itself and signs nothing",
		"wait, or reset the lockout as its owner; find out who "
		"switches the power (devid-keyd(8))" },
	{ "tpm-failure", FAULT(TPM), "the TPM failed its self-test",
		"power off and on; if it stays, the unit is defective" },
	{ "tpm-error", FAULT(TPM), "the TPM answers with an error",
		"journalctl -u devid-keyd; the text says which command" },
	{ "tpm-few-tries", WARNING(TPM), "the TPM is about to lock its keys",
		"find out who switches the power off right after signatures "
		"(devid-keyd(8)); reset the lockout as its owner" },

	{ "keyd-absent", FAULT(KEYD), "devid-keyd does not answer",
		"systemctl status devid-keyd; keyd.socket in devid.conf, "
		"DEVID_KEYD_SOCKET" },
	{ "keyd-other", FAULT(KEYD), "what answers is no devid-keyd of ours",
		"is there one version on this machine? systemctl restart "
		"devid-keyd" },
	{ "keyd-busy", UNSEEN(KEYD), "devid-keyd does not answer in time",
		"ask again; journalctl -u devid-keyd says what it works on" },
	{ "keyd-unseen", UNSEEN(KEYD), "devid-keyd may not be asked",
		"ask as root; its socket is for everybody as installed "
		"(mode 0666)" },

	{ "key-none", FAULT(KEY), "the device has no IDevID key",
		"it was not provisioned: devid provision (devid(1))" },
	{ "key-lost", FAULT(KEY), "the key cannot be used",
		"a hierarchy with a password, or disabled: mend that. TPM or "
		"main board exchanged: another device now; ask its maker "
		"(guide-operator.md has each cause)" },
	{ "key-limited", WARNING(KEY), "the key serves, and not as it should",
		"the cause says what: the owner hierarchy's password, room in "
		"NV or in the state folder (guide-operator.md)" },
	{ "key-other", WARNING(KEY),
		"another key than the IDevID cannot be used",
		"the cause says why; an owner's key that is lost is made or "
		"brought anew: devid key delete, then create or import "
		"(devid-key(1))" },
	{ "key-file", WARNING(KEY), "a file of an owner's key cannot be used",
		"restore the state folder as a whole, or devid key delete, "
		"then create or import (devid-key(1))" },
	{ "erasure-pending", WARNING(KEY),
		"an erasure of the owner's keys is begun and not done",
		"take away what the cause says, then devid init; until then "
		"none of the owner's keys is used" },
	{ "key-disabled", FAULT(KEY), "the key is disabled",
		"devid provision enable idevid" },
	{ "key-no-tls13", WARNING(KEY),
		"the key does not serve TLS 1.3, or that is not known",
		"let the server offer TLS 1.2; where it is not known, "
		"journalctl -u devid-keyd, and systemctl restart devid-keyd" },

	{ "cert-none", FAULT(CERTIFICATE), "no certificate is installed",
		"devid provision install or cert (devid(1))" },
	/* by this clock: who is shown it goes by its own */
	{ "cert-not-yet", WARNING(CERTIFICATE),
		"by the clock the certificate is not yet valid",
		"the clock is behind: set it, or wait for a time server" },
	{ "cert-expired", FAULT(CERTIFICATE), "the certificate has expired",
		"is the clock right? An IDevID is for life: ask its maker" },

	{ "folder-missing", FAULT(FILES), "a folder of state is missing",
		"systemd-tmpfiles --create; state_dir in devid.conf" },
	{ "folder-full", WARNING(FILES), "a folder of state has no room",
		"make room; nothing new is remembered meanwhile" },
	{ "folder-read-only", WARNING(FILES),
		"a folder of state cannot be written to",
		"mount it writable; nothing new is remembered meanwhile" },
	{ "folder-unseen", UNSEEN(FILES), "a folder may not be looked at",
		"ask as root" },
	{ "file-missing", FAULT(FILES), "a file of the key is missing",
		"systemctl restart devid-keyd: it is written again" },
	{ "file-foreign", FAULT(FILES), "a file is of something else",
		"remove it, then systemctl restart devid-keyd: it is written "
		"again; who put it there?" },
	{ "file-damaged", FAULT(FILES), "a file is not of its format",
		"remove it, then systemctl restart devid-keyd: it is written "
		"again" },
	{ "file-differs", WARNING(FILES),
		"a file has other intermediates than devid-keyd",
		"remove it, then systemctl restart devid-keyd" },
	{ "file-unseen", UNSEEN(FILES), "a file may not be looked at",
		"ask as root; as installed everybody may read it" },

	{ "clock-behind", WARNING(CLOCK), "the clock is behind",
		"without a battery that is so until a time server was "
		"reached; validity periods are not checked meanwhile" },

	{ "agent-absent", WARNING(AGENT), "devid-agent reports nothing",
		"systemctl status devid-agent; a device that does not attach "
		"by 802.1X needs none" },
	{ "agent-dead", FAULT(AGENT), "devid-agent was ended from outside",
		"systemctl restart devid-agent; what it wrote is of before" },
	{ "agent-damaged", FAULT(AGENT), "what devid-agent wrote is damaged",
		"systemctl restart devid-agent" },
	{ "agent-unseen", UNSEEN(AGENT),
		"what devid-agent wrote may not be read", "ask as root" },
	{ "agent-no-keyd", FAULT(AGENT), "devid-agent does not see devid-keyd",
		"agent.keyd_socket and keyd.socket in devid.conf must be one" },
	{ "agent-file", FAULT(AGENT),
		"a file that devid.conf names does not go with the key",
		"agent.key and agent.cert in devid.conf; without them "
		"wpa_supplicant is given what devid-keyd writes" },
	{ "supplicant-absent", FAULT(AGENT), "wpa_supplicant does not run",
		"journalctl -u devid-agent; agent.supplicant in devid.conf" },

	{ "port-missing", FAULT(PORT), "there is no such interface",
		"ip link; ports in devid.conf" },
	{ "port-no-carrier", WARNING(PORT), "no port has a carrier",
		"cable; is the switch port on?" },
	{ "port-mtu", FAULT(PORT), "the interface carries too little",
		"EAP needs an MTU of 1024; 1500 is usual: ip link set" },

	{ "no-authenticator", FAULT(SWITCH), "nobody answers on this cable",
		"is 802.1X on at this switch port? An open port is like this "
		"too" },
	{ "open-port", FAULT(SWITCH), "the port opens without asking",
		"a critical port while RADIUS is dead, or one set open: the "
		"RADIUS server; open_port in devid.conf" },
	{ "key-unavailable", FAULT(SWITCH), "the key could not be used",
		"see TPM, key and files; journalctl -u devid-keyd" },
	{ "timeout", FAULT(SWITCH), "the switch stopped half-way",
		"is the RADIUS server reachable from the switch?" },
	{ "no-eap-tls", FAULT(SWITCH), "the RADIUS server offers no EAP-TLS",
		"its EAP methods: EAP-TLS, and for this identity" },
	{ "tls-failed", FAULT(SWITCH), "TLS was broken off",
		"TLS versions of both sides: tls_min, tls_max" },
	{ "cert-rejected", FAULT(SWITCH),
		"the RADIUS server does not accept the certificate",
		"does it know the manufacturer's root?" },
	{ "authz-denied", FAULT(SWITCH), "authenticated, but not admitted",
		"allow-list of the RADIUS server" },
	{ "port-failed", FAULT(SWITCH), "the port did not open",
		"the reason is the agent's; journalctl -u devid-agent" },

	{ "server-untrusted", FAULT(SERVER),
		"the RADIUS server is not the one that is trusted",
		"with trust = pinned: ca and server_name; with first-use, if "
		"you are sure about the new one: stop devid-agent, remove "
		"server-trust.json, start it" },
	{ "server-changed", FAULT(SERVER),
		"the RADIUS server is not one of the site's",
		"the site's document names its anchors and servers: was the "
		"server exchanged, and the document (devid-registrar(8)) not?" },
	{ "trust-broken", FAULT(SERVER),
		"what the server is judged by cannot be read",
		"with trust = pinned: write the file again; with first-use: "
		"stop devid-agent, remove server-trust.json, start it" },
	{ "trust-missing", FAULT(SERVER),
		"the file of the server's CA is missing",
		"ca in devid.conf; put the CA's certificate there" },
	{ "trust-expired", FAULT(SERVER),
		"no certificate of the server's CA is valid now",
		"is the clock right? Else the CA's new certificate" },
	{ "trust-unseen", UNSEEN(SERVER),
		"what the server is judged by may not be read", "ask as root" },

	{ "no-address", WARNING(ADDRESS), "the port is open and has no address",
		"DHCP, or a program in hooks.d (devid-agent(8))" },

	{ "no-registrar", WARNING(ONBOARDING), "no registrar was found",
		"a site without one needs none: onboard = no in devid.conf; "
		"else registrar there, or devid-registrar in the domain that "
		"DHCP gives" },
	{ "no-anchor", FAULT(ONBOARDING),
		"nothing is known by which the registrar could be trusted",
		"let the RADIUS server send its issuer with its certificate, "
		"or set est_trust to a file with the site's root" },
	{ "est-untrusted", FAULT(ONBOARDING),
		"the registrar is not one that is trusted",
		"its certificate and name against est_trust (devid.conf(5)); "
		"somebody else may be answering in its place" },
	{ "est-refused", FAULT(ONBOARDING), "the registrar refuses this device",
		"the rule that the cause names; devid-registrar audit and list "
		"show say more" },
	{ "pending", WARNING(ONBOARDING),
		"the registrar waits for somebody to approve this device",
		"devid-registrar pending, then approve or refuse" },
	{ "document-bad", FAULT(ONBOARDING),
		"the site's onboarding document cannot be used",
		"devid-registrar document gives another one" },
	{ "hook-failed", FAULT(ONBOARDING),
		"a program of onboard.d did not succeed",
		"journalctl -u devid-agent has what it said" },
	{ "firmware-too-low", FAULT(ONBOARDING),
		"the firmware is older than the site admits",
		"update it; firmware_version in devid.conf says what it is" },
	{ "candidate-failed", FAULT(ONBOARDING),
		"the network did not let the new LDevID in",
		"the RADIUS server's list and the site's CA there; the device "
		"stays on what it has" },
	{ "ldevid-refused", FAULT(ONBOARDING),
		"the network does not let the LDevID in any more",
		"the site's list: is the unit revoked or retired? It is shown "
		"as its maker made it, and enrolled anew" },
	{ "onboarding-failed", FAULT(ONBOARDING), "onboarding did not succeed",
		"the cause says which step; journalctl -u devid-agent" },
	{ "ldevid-expired", FAULT(ONBOARDING),
		"the certificate of the LDevID has expired",
		"is the clock right? Else it is enrolled anew with the IDevID "
		"by itself: why not, is said above" },
};

const struct complaint *complaint_at(size_t n)
{
	return n < sizeof(table) / sizeof(table[0]) ? &table[n] : NULL;
}

const struct complaint *complaint_find(const char *id)
{
	const struct complaint *c;

	for (size_t n = 0; (c = complaint_at(n)); n++) {
		if (strcmp(c->id, id) == 0)
			return c;
	}
	return NULL;
}

const char *complaint_area_name(enum complaint_area area)
{
	static const char *const names[COMPLAINT_N_AREAS] = {
		[COMPLAINT_AREA_SETTINGS] = "settings",
		[COMPLAINT_AREA_TPM] = "TPM",
		[COMPLAINT_AREA_KEYD] = "keyd",
		[COMPLAINT_AREA_KEY] = "key",
		[COMPLAINT_AREA_CERTIFICATE] = "certificate",
		[COMPLAINT_AREA_FILES] = "files",
		[COMPLAINT_AREA_CLOCK] = "clock",
		[COMPLAINT_AREA_AGENT] = "agent",
		[COMPLAINT_AREA_PORT] = "port",
		[COMPLAINT_AREA_SWITCH] = "switch",
		[COMPLAINT_AREA_SERVER] = "server trust",
		[COMPLAINT_AREA_ADDRESS] = "address",
		[COMPLAINT_AREA_ONBOARDING] = "onboarding",
	};

	return names[area];
}

const char *complaint_level_name(enum complaint_level level)
{
	static const char *const names[] = {
		[COMPLAINT_FAULT] = "fault",
		[COMPLAINT_WARNING] = "warning",
		[COMPLAINT_UNSEEN] = "not seen",
	};

	return names[level];
}
