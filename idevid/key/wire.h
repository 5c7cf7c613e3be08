/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_WIRE_H
#define DEVID_WIRE_H

/*
 * The protocol of the key socket: one request and one answer per
 * SOCK_SEQPACKET record, so a record is a message and nothing is reassembled.
 * All integers are big-endian.
 *
 * Request:  u8 version, u8 op, u8 name_len, u8 arg, u16 hash, u16 zero,
 *           u32 data_len, name, data
 * Answer:   u8 version, u8 op | 0x80, u16 code (0, or a negated enum
 *           devid_err), u32 data_len, data (the text of the error if not 0)
 *
 * A record that is longer or shorter than its fields say is refused.
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>
#include "keyref.h"
#include "key.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_SOCKET_DEFAULT "/run/devid/keyd.sock"

/* Largest number of bytes of a request: a TLS 1.2 transcript with two
 * certificate chains and a long list of CAs fits; a limit of ours. */
#define WIRE_DATA_MAX 65536

/* One more for each change of a record that was in use. */
#define WIRE_VERSION             3
#define WIRE_REQUEST_HEADER      12
#define WIRE_ANSWER_HEADER       8
#define WIRE_REQUEST_MAX         (WIRE_REQUEST_HEADER + KEY_NAME_MAX + WIRE_DATA_MAX)
#define WIRE_CREDENTIAL_PART_MAX 600 /* RSA-4096 fits */
#define WIRE_SECRET_MAX          64  /* TPM2B_DIGEST with SHA-512 */
#define WIRE_CREDENTIAL_MAX      (2 * (2 + WIRE_CREDENTIAL_PART_MAX))
/* Certificates above the EK's that a module brings along; a limit of ours. */
#define WIRE_EK_CHAIN_MAX 6000
/* A chain: leaf and up to three intermediates; a limit of ours. */
#define WIRE_CHAIN_MAX 16384
/* The longest answer: a status with every key. */
#define WIRE_ANSWER_DATA_MAX 32768
#define WIRE_ANSWER_MAX      (WIRE_ANSWER_HEADER + WIRE_ANSWER_DATA_MAX)

/* The service and management operations of 802.1AR clause 7.2, and what a
 * keystore has beside them. Where no key is named, all are meant. */
enum wire_op {
	WIRE_STATUS = 1, /* enumerate public keys, state of the module */
	WIRE_CHAIN = 2,  /* enumerate certificate and its chain */
	WIRE_SIGN = 3,   /* arg: enum sig_scheme; data: bytes to sign */
	/* arg: enum key_alg; hash: 1 makes an owner's key persistent. A key of
	 * the maker's comes with the other one of its pair. */
	WIRE_CREATE = 4,
	WIRE_INSTALL = 5, /* data: DER certificates, leaf first */
	WIRE_ENABLE = 6,  /* arg: 1 enables the key, 0 disables it */
	WIRE_DELETE = 7,  /* key with certificates; never an IDevID */
	WIRE_PING = 8,    /* says that the service is there; asks no TPM */
	/* Proof for the CA: certified public areas. data: the EK certificate,
	 * DER, where it is not to be that of the module; else nothing */
	WIRE_ATTEST = 9,
	/* data: a credential for EK and IAK; answer: its secret */
	WIRE_ACTIVATE = 10,
	WIRE_INIT = 11,          /* looks for everything afresh */
	WIRE_STIR = 12,          /* data: 1 to WIRE_STIR_MAX bytes of entropy */
	WIRE_CERT_ENABLE = 13,   /* arg as of ENABLE */
	WIRE_CERT_DELETE = 14,   /* with what is above it */
	WIRE_CHAIN_INSTALL = 15, /* data: DER certificates above the leaf */
	WIRE_CHAIN_DELETE = 16,  /* leaves the leaf */
	/* arg: 1 makes it persistent; data: PKCS#8, DER, behind its u16 length,
	 * and, if they are known, its certificates, DER */
	WIRE_IMPORT = 17,
	WIRE_PIN = 18,   /* arg: 1 makes the key persistent, 0 no longer */
	WIRE_ERASE = 19, /* ends all keys of the owner, for good */
	/* What shows a site where a key of the owner's is. data: a nonce of
	 * the site's, WIRE_NONCE_MIN to WIRE_NONCE_MAX bytes; answer: struct
	 * wire_certify */
	WIRE_CERTIFY = 20,
	WIRE_EPOCH = 21, /* of the counter of erasures; name: "iak" */
};

struct wire_request {
	uint8_t op;
	uint8_t arg;
	uint16_t hash;
	char name[KEY_NAME_MAX + 1];
	const uint8_t *data; /* borrowed */
	size_t data_len;
};

struct wire_answer {
	uint8_t op;
	enum devid_err code;
	const uint8_t *data; /* borrowed */
	size_t data_len;
};

/* Entropy for one TPM2_StirRandom (part 3, 16.2). */
#define WIRE_STIR_MAX 128

/* Longest PKCS#8 of a key: RSA-4096 has 2380 bytes. */
#define WIRE_PKCS8_MAX 3072

/* A nonce: not to be guessed, and no longer than the extraData that a TPM with
 * SHA-256 alone takes (TPM 2.0 part 2, 10.4.3); limits of ours. */
#define WIRE_NONCE_MIN 8
#define WIRE_NONCE_MAX 32

/* The place of a key: a handle of a TPM, a PKCS#11 URI; a limit of ours. */
#define WIRE_PLACE_MAX 255

/* Whether what a key signs serves TLS 1.3. */
enum wire_tls13 {
	WIRE_TLS13_UNKNOWN, /* not asked yet, or no signature came */
	WIRE_TLS13_YES,
	WIRE_TLS13_NO
};

/* What STATUS says of one key. Of one of the owner's whose file cannot be used
 * there is the name, the place and @why; @alg is NONE. */
struct wire_key {
	char name[KEY_NAME_MAX + 1];
	enum key_alg alg;
	uint8_t present;      /* in the module now */
	uint8_t certified;    /* a certificate is installed */
	uint8_t enabled;      /* 802.1AR enable state */
	uint8_t cert_enabled; /* the same of its certificate */
	uint8_t persistent;   /* signs with one command */
	uint8_t imported;     /* made elsewhere */
	enum wire_tls13 tls13;
	char place[WIRE_PLACE_MAX + 1]; /* as its keystore names it */
	struct key_blob spki;
	uint8_t n_certs;  /* in its chain, leaf and above */
	uint8_t n_stored; /* of them in the module, the rest on the disk */
	/* Why it cannot be used, or what is not right with one that can; one
	 * line, empty when all is well. */
	char why[DEVID_ERROR_TEXT_MAX];
};

/* What the module's protection against dictionary attacks has counted; all
 * zeros when the module has none or does not tell. */
struct wire_tries {
	uint32_t failed;
	uint32_t max; /* with so many it is in lockout */
};

/* The counters of IEEE8021-DEVID-MIB, since the service started. */
struct wire_counters {
	uint32_t key_generation, key_insertion, key_deletion;
	uint32_t cert_insertion, cert_deletion;
};

/* Where the owner's keys were last erased. */
enum wire_erased_in {
	WIRE_ERASED_UNKNOWN,   /* the module does not tell, or was not asked */
	WIRE_ERASED_HERE,      /* in this module */
	WIRE_ERASED_CLEARED,   /* in this one, and it was cleared since */
	WIRE_ERASED_ELSEWHERE, /* in another one */
	WIRE_ERASED_NOT_HERE,  /* one of the two before */
};

/*
 * How the owner's keys end. A key of before an erasure can be used no more,
 * whoever kept a copy, once the module was reset after it: in that module, when
 * @resets is higher than @erased_at. A module that was cleared has ended them
 * all, and has no such count any more.
 */
struct wire_erasure {
	uint64_t epoch;     /* of the keys that there are; 0: none was made */
	uint32_t resets;    /* TPM resets that the module has counted */
	uint32_t erased_at; /* the same when the last erasure was made */
	uint8_t erased;     /* one was made */
	uint8_t where;      /* enum wire_erased_in */
	uint8_t pending;    /* one was begun, and no key of the owner is used */
	char why[DEVID_ERROR_TEXT_MAX]; /* it is not done yet */
};

enum wire_answered {
	WIRE_UNKNOWN,
	WIRE_NO,
	WIRE_YES
};

/* What a keystore says of itself; "" and 0 where it says nothing. */
struct wire_about {
	char maker[8];     /* "IFX" */
	char model[32];    /* as the module has it */
	char firmware[24]; /* "7.85.4555.0" */
	uint8_t fips_mode; /* enum wire_answered */
	/* What the certificate of the endorsement key asserts. */
	uint8_t cc_eal;        /* 1 to 7; Common Criteria */
	uint8_t cc_plus;       /* augmented */
	uint8_t fips_level;    /* 1 to 4 */
	char fips_version[16]; /* "140-2" */
};

struct wire_status {
	enum devid_err module; /* health of the keystore */
	char module_text[DEVID_ERROR_TEXT_MAX];
	struct wire_tries tries;
	uint32_t signatures; /* made since the service started */
	uint32_t refused;    /* requests refused since then */
	uint8_t initialized; /* 0: as module_text says, since the start */
	struct wire_counters counters;
	struct wire_erasure erasure;
	struct wire_about about;
	size_t n_keys;
	struct wire_key keys[N_KEYS];
};

/* A key that is brought, and its certificates; views, borrowed. */
struct wire_import {
	struct view pkcs8;
	struct view chain; /* DER, leaf first; may be empty */
};

/* DER certificates, one behind the other, in no order. */
struct wire_ek_chain {
	size_t len;
	uint8_t data[WIRE_EK_CHAIN_MAX];
};

/* What the module states of its keys, for the manufacturer's CA (TCG 13.1). */
struct wire_attest {
	struct key_blob ek_cert;       /* DER */
	struct key_blob iak_pub;       /* TPMT_PUBLIC */
	struct key_blob idevid_pub;    /* TPMT_PUBLIC */
	struct key_blob certify;       /* TPMS_ATTEST over the IDevID */
	struct key_blob certify_sig;   /* TPMT_SIGNATURE by the IAK */
	struct wire_ek_chain ek_chain; /* may be empty */
};

/*
 * What the IAK of the first pair states of a key of the owner's
 * (TPM2_Certify: its extraData is the nonce), or of the counter of erasures
 * (TPM2_NV_Certify: its extraData is SHA-256 of "devid epoch", a zero byte and
 * the nonce), and what is stated of, whose Name is in it. TPM 2.0 part 2,
 * 10.12.12, 11.3.4, 12.2.4, 13.5.
 */
struct wire_certify {
	struct key_blob attest;    /* TPMS_ATTEST */
	struct key_blob signature; /* TPMT_SIGNATURE by the IAK */
	struct key_blob public;    /* TPMT_PUBLIC, or TPMS_NV_PUBLIC */
};

/* What TPM2_MakeCredential makes (TPM 2.0 part 3, 12.6); views, borrowed. */
struct wire_credential {
	const uint8_t *id_object; /* TPM2B_ID_OBJECT */
	size_t id_object_len;
	const uint8_t *enc_secret; /* TPM2B_ENCRYPTED_SECRET */
	size_t enc_secret_len;
};

/* To be erased with OPENSSL_cleanse(). */
struct wire_secret {
	size_t len;
	uint8_t data[WIRE_SECRET_MAX];
};

/* Writes the record to @ret. Errors: TOO_LARGE, INVALID. */
DEVID_MUST_CHECK enum devid_err wire_encode_request(
	const struct wire_request *req, struct room *ret,
	struct devid_error *err);

/* Decodes a record; the views point into @in. Errors: PROTOCOL. */
DEVID_MUST_CHECK enum devid_err wire_decode_request(
	struct view in, struct wire_request *ret, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err wire_encode_answer(
	const struct wire_answer *ans, struct room *ret,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err wire_decode_answer(
	struct view in, struct wire_answer *ret, struct devid_error *err);

/* The data of an ATTEST answer: each blob behind its u16 length. Errors:
 * TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err wire_encode_attest(
	const struct wire_attest *attest, struct room *ret,
	struct devid_error *err);

/* None of the blobs but the last is empty. @ret may be changed also on errors.
 * Errors: PROTOCOL. */
DEVID_MUST_CHECK enum devid_err wire_decode_attest(
	struct view in, struct wire_attest *ret, struct devid_error *err);

/* The data of a CERTIFY and of an EPOCH answer: each blob behind its u16
 * length. Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err wire_encode_certify(
	const struct wire_certify *certify, struct room *ret,
	struct devid_error *err);

/* None of the blobs is empty. @ret may be changed also on errors. Errors:
 * PROTOCOL. */
DEVID_MUST_CHECK enum devid_err wire_decode_certify(
	struct view in, struct wire_certify *ret, struct devid_error *err);

/* The data of an ACTIVATE request: both parts behind their u16 lengths, each 1
 * to WIRE_CREDENTIAL_PART_MAX bytes. Errors: TOO_LARGE, INVALID. */
DEVID_MUST_CHECK enum devid_err wire_encode_credential(
	const struct wire_credential *what, struct room *ret,
	struct devid_error *err);

/* The views point into @in. Errors: PROTOCOL. */
DEVID_MUST_CHECK enum devid_err wire_decode_credential(
	struct view in, struct wire_credential *ret, struct devid_error *err);

/* The data of an IMPORT request; it holds a private key: to be erased. Errors:
 * TOO_LARGE, INVALID. */
DEVID_MUST_CHECK enum devid_err wire_encode_import(
	const struct wire_import *what, struct room *ret,
	struct devid_error *err);

/* The views point into @in. Errors: PROTOCOL. */
DEVID_MUST_CHECK enum devid_err wire_decode_import(
	struct view in, struct wire_import *ret, struct devid_error *err);

/* The data of a STATUS answer. */
DEVID_MUST_CHECK enum devid_err wire_encode_status(
	const struct wire_status *status, struct room *ret,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err wire_decode_status(
	struct view in, struct wire_status *ret, struct devid_error *err);

/* The socket path in force; never NULL, borrowed. */
const char *wire_socket_path(void);

#endif
