/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-about.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "tpm-handle.h"

/* Part 2, 6.13. */
#define FIRST   TPM2_PT_MANUFACTURER
#define N_ASKED (TPM2_PT_MODES - TPM2_PT_MANUFACTURER + 1)

#define MAKER_INFINEON 0x49465800u /* "IFX", TCG Vendor ID Registry */

/* Adds the characters of a property, as far as they are visible; a space only
 * between others. */
static void add_text(uint32_t value, char *text, size_t size)
{
	size_t len = strlen(text);
	uint8_t c[4];

	bytes_store(c, sizeof(c), value);
	for (size_t i = 0; i < sizeof(c) && c[i] != '\0'; i++) {
		if (len + 1 < size && c[i] >= 0x20 && c[i] < 0x7f &&
			(c[i] != ' ' || len > 0))
			text[len++] = (char)c[i];
	}
	text[len] = '\0';
}

static void trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == ' ')
		text[--len] = '\0';
}

/* As makers write it: four numbers of 16 bits; Infineon has a build of 16 bits
 * and one octet behind it in the second half. */
static void set_firmware(
	uint32_t maker, uint32_t high, uint32_t low, struct wire_about *ret)
{
	uint16_t third = (uint16_t)(low >> 16), fourth = (uint16_t)low;

	if (maker == MAKER_INFINEON) {
		third = (uint16_t)(low >> 8);
		fourth = (uint8_t)low;
	}
	(void)snprintf(ret->firmware, sizeof(ret->firmware), "%u.%u.%u.%u",
		(uint16_t)(high >> 16), (uint16_t)high, third,
		fourth); /* fits */
}

static void take(const TPML_TAGGED_TPM_PROPERTY *list, struct wire_about *ret)
{
	uint32_t maker = 0, high = 0, low = 0;
	bool has_firmware = false;

	for (UINT32 i = 0; i < list->count; i++) {
		TPM2_PT property = list->tpmProperty[i].property;
		uint32_t value = list->tpmProperty[i].value;

		if (property == TPM2_PT_MANUFACTURER) {
			maker = value;
			add_text(value, ret->maker, sizeof(ret->maker));
		} else if (property >= TPM2_PT_VENDOR_STRING_1 &&
			   property <= TPM2_PT_VENDOR_STRING_4) {
			add_text(value, ret->model, sizeof(ret->model));
		} else if (property == TPM2_PT_FIRMWARE_VERSION_1) {
			has_firmware = true;
			high = value;
		} else if (property == TPM2_PT_FIRMWARE_VERSION_2) {
			low = value;
		} else if (property == TPM2_PT_MODES) {
			ret->fips_mode = value & TPMA_MODES_FIPS_140_2
						 ? WIRE_YES
						 : WIRE_NO;
		}
	}
	trim(ret->maker);
	trim(ret->model);
	if (has_firmware)
		set_firmware(maker, high, low, ret);
}

enum devid_err tpm_about(
	struct tpm *tpm, struct wire_about *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	TPMI_YES_NO more;
	enum devid_err rc = tpm_result(tpm,
		Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, FIRST, N_ASKED,
			&more, &cap),
		"what it is", err);

	if (rc != DEVID_OK || !cap)
		return rc;
	ret->maker[0] = ret->model[0] = ret->firmware[0] = '\0';
	ret->fips_mode = WIRE_UNKNOWN;
	take(&cap->data.tpmProperties, ret);
	return DEVID_OK;
}

enum devid_err tpm_resets(
	struct tpm *tpm, uint32_t *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_TIME_INFO *now = NULL;
	enum devid_err rc = tpm_result(tpm,
		Esys_ReadClock(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, &now),
		"count of resets", err);

	if (rc == DEVID_OK && now)
		*ret = now->clockInfo.resetCount;
	return rc;
}

enum devid_err tpm_stir(
	struct tpm *tpm, struct view in, struct devid_error *err)
{
	TPM2B_SENSITIVE_DATA data = { .size = (uint16_t)in.len };
	enum devid_err rc;

	_Static_assert(sizeof(data.buffer) >= WIRE_STIR_MAX, "fits");
	if (in.len == 0 || in.len > WIRE_STIR_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"tpm: entropy: %zu bytes; 1 to %d are taken", in.len,
			WIRE_STIR_MAX);
	memcpy(data.buffer, in.data, in.len);
	rc = tpm_result(tpm,
		Esys_StirRandom(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, &data),
		"add entropy", err);
	OPENSSL_cleanse(&data, sizeof(data));
	return rc;
}
