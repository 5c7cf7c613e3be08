/* SPDX-License-Identifier: Apache-2.0 */
#include "wpaconf.h"

#include <stdio.h>
#include <string.h>

#include "hex.h"

#define FRAME_OVERHEAD 14
#define FRAGMENT_MIN   64 /* an interface on which nothing works anyway */

enum devid_err wpaconf_hex(const char *text, char *out, size_t out_len)
{
	size_t len = strlen(text);

	if (2 * len + 1 > out_len)
		return DEVID_ERR_TOO_LARGE;
	hex_encode((const uint8_t *)text, len, out);
	return DEVID_OK;
}

void wpaconf_phase1(const struct wpaconf_network *net, char *out, size_t len)
{
	/* eap_tls_params_flags(): TLS 1.3 is off unless it says =0 */
	(void)snprintf(out, len,
		"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 "
		"tls_disable_tlsv1_2=%d tls_disable_tlsv1_3=%d%s "
		"tls_ext_cert_check=1",
		net->tls_min > WPACONF_TLS_1_2, net->tls_max < WPACONF_TLS_1_3,
		net->ignore_time ? " tls_disable_time_checks=1"
				 : ""); /* fits */
}

static void put_hex(const char *name, const char *value, char *out)
{
	int n = snprintf(out, WPACONF_COMMAND_MAX, "%s ", name);

	/* An empty value is refused by wpa_supplicant: fails closed. */
	if (wpaconf_hex(value, out + n, WPACONF_COMMAND_MAX - (size_t)n) !=
		DEVID_OK)
		out[n] = '\0';
}

static void put_ca(const struct wpaconf_network *net, char *out)
{
	if (net->trust == WPACONF_TRUST_CA)
		put_hex("ca_cert", net->ca, out);
	else
		(void)snprintf(out, WPACONF_COMMAND_MAX, "ca_cert NULL");
}

static void put_phase1(const struct wpaconf_network *net, char *out)
{
	char phase1[256];

	wpaconf_phase1(net, phase1, sizeof(phase1));
	put_hex("phase1", phase1, out);
}

/*
 * Two settings, of which one is set: wpa_supplicant demands both where both
 * are. With one "*." among the names all are suffixes for it, which lets too
 * many through; the agent judges after it.
 */
static void put_names(
	const struct wpaconf_network *net, const char *setting, char *out)
{
	bool suffix = strcmp(setting, "domain_suffix_match") == 0;
	char list[NAMES_MAX * NAMES_LEN];

	if (net->trust != WPACONF_TRUST_CA ||
		names_wild(net->names) != suffix) {
		(void)snprintf(out, WPACONF_COMMAND_MAX, "%s NULL", setting);
		return;
	}
	names_join(net->names, ";", true, list, sizeof(list));
	put_hex(setting, list, out);
}

/*
 * At most so much that the EAP packet and its RADIUS attributes fit one
 * 1500-byte frame, and that EAPOL (4), EAP-TLS (6) and length (4) fit the
 * interface: it drops what is longer.
 */
static void put_fragment(const struct wpaconf_network *net, char *out)
{
	unsigned size = WPACONF_FRAGMENT;

	if (net->mtu && net->mtu < size + FRAME_OVERHEAD)
		size = net->mtu < FRAGMENT_MIN + FRAME_OVERHEAD
			       ? FRAGMENT_MIN
			       : net->mtu - FRAME_OVERHEAD;
	(void)snprintf(out, WPACONF_COMMAND_MAX, "fragment_size %u", size);
}

bool wpaconf_setting(const struct wpaconf_network *net, size_t n,
	char out[WPACONF_COMMAND_MAX])
{
	/* eapol_flags=0: a wired port needs no dynamic keys. */
	static const char *const fixed[] = {
		"key_mgmt IEEE8021X",
		"eapol_flags 0",
		"eap TLS",
	};
	const size_t n_fixed = sizeof(fixed) / sizeof(fixed[0]);

	if (n < n_fixed) {
		(void)snprintf(out, WPACONF_COMMAND_MAX, "%s", fixed[n]);
		return true;
	}
	switch (n - n_fixed) {
	case 0:
		put_hex("identity", net->identity, out);
		return true;
	case 1:
		put_hex("client_cert", net->client_cert, out);
		return true;
	case 2:
		put_hex("private_key", net->private_key, out);
		return true;
	case 3:
		put_ca(net, out);
		return true;
	case 4:
		put_names(net, "domain_match", out);
		return true;
	case 5:
		put_phase1(net, out);
		return true;
	case 6:
		put_names(net, "domain_suffix_match", out);
		return true;
	case 7:
		put_fragment(net, out);
		return true;
	}
	return false;
}

const char *wpaconf_interface_file(void)
{
	return "# written by devid-agent\n"
	       "ap_scan=0\n"
	       "eapol_version=2\n"
	       "update_config=0\n"
	       "fast_reauth=1\n"
	       "openssl_ciphers=DEFAULT@SECLEVEL=2\n";
}

static bool is_plain_path(const char *path)
{
	return strspn(path, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789/._+,:@=~-") == strlen(path);
}

enum devid_err wpaconf_openssl_file(const char *provider_dir,
	char out[WPACONF_FILE_MAX], struct devid_error *err)
{
	char module[1100] = "";
	int n;

	if (provider_dir && !is_plain_path(provider_dir))
		return devid_fail(err, DEVID_ERR_INVALID,
			"provider_dir: %s: letters, digits and "
			"/._+,:@=~- only",
			provider_dir);
	if (provider_dir)
		(void)snprintf(module, sizeof(module), "module = %s/devid.so\n",
			provider_dir);
	/*
	 * Groups: the first is the only key share that is sent; the same as
	 * the RADIUS server's (FreeRADIUS ecdh_curve = prime256v1) saves the
	 * round trip of a HelloRetryRequest.
	 */
	n = snprintf(out, WPACONF_FILE_MAX,
		"# written by devid-agent\n"
		"openssl_conf = devid_init\n"
		"[devid_init]\n"
		"providers = devid_providers\n"
		"ssl_conf = devid_ssl\n"
		"[devid_providers]\n"
		"default = devid_default\n"
		"%s"
		"[devid_default]\n"
		"activate = 1\n"
		"[devid_module]\n"
		"%s"
		"activate = 1\n"
		"[devid_ssl]\n"
		"system_default = devid_tls\n"
		"[devid_tls]\n"
		"MinProtocol = TLSv1.2\n"
		"CipherString = DEFAULT@SECLEVEL=2\n"
		"Groups = P-256:P-384:X25519\n",
		provider_dir ? "devid = devid_module\n" : "", module);
	if (n >= WPACONF_FILE_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"provider_dir: path too long");
	return DEVID_OK;
}
