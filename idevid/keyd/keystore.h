/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_H
#define DEVID_KEYSTORE_H

/*
 * What holds the private keys: a TPM 2.0 today, a PKCS#11 module later. A
 * keystore does what it is told; who may ask and what may be signed is
 * decided above it (keyd-policy.h, purpose.h).
 *
 * It is used by one thread. Every call may take as long as one or a few
 * commands of the module and none waits for anything else.
 */

#include <devid/error.h>
#include "key.h"
#include "wire.h"

#include <openssl/types.h>
#include <stdbool.h>

#define KEYSTORE_IDENTITY_MAX 40

/* A key of the owner as it is kept outside the module: bytes that only the
 * module can use which made them, until the owner erases. Not secret. */
#define KEY_SEALED_MAX 4096

struct key_sealed {
	size_t len;
	uint8_t data[KEY_SEALED_MAX];
};

/* What can be said of it without the module. */
struct key_sealed_facts {
	struct key_blob spki;
	bool imported; /* made elsewhere */
};

/* What keystore_ops.seed() tells of: digests, not secret. */
enum keystore_seed {
	KEYSTORE_SEED_MODULE, /* another for each module, for its life */
	KEYSTORE_SEED_OWNER,  /* another also after the module was cleared */
};
#define KEYSTORE_SEED_LEN 32

struct keystore {
	const struct keystore_ops *ops; /* borrowed, static */
};

/*
 * All calls return TPM_ABSENT, TPM_LOCKOUT or TPM_FAILURE for those three
 * states of the module and TPM for any other refusal by it.
 */
struct keystore_ops {
	const char *name;

	/* Releases everything, *@ks included. */
	void (*free)(struct keystore *ks);

	/*
	 * Where it keeps the key of @id, or would: visible text of at most
	 * WIRE_PLACE_MAX bytes that a person can find it by with the tools for
	 * this kind of keystore. Asks no module; borrowed, as long as @ks is.
	 */
	const char *(*place)(struct keystore *ks, enum key_id id);

	/*
	 * Why the key of @role is not at its place though it serves, such as
	 * a full module: it is then derived each time a connection to the
	 * module begins. NULL when nothing is in its way. Asks no module;
	 * borrowed until the next call.
	 */
	const char *(*limit)(struct keystore *ks, enum key_id id);

	/* Asks the module how it is. @ret_tries may be NULL and is set also
	 * in lockout. */
	enum devid_err (*health)(struct keystore *ks,
		struct wire_tries *ret_tries, struct devid_error *err);

	/* Visible text of at most KEYSTORE_IDENTITY_MAX bytes with the zero
	 * byte, which is another for a module that may work otherwise. */
	enum devid_err (*identity)(
		struct keystore *ks, char *ret, struct devid_error *err);

	/* Tells the module that power may go: that counts as no failed
	 * attempt until a key is used again. Costs a write in it. */
	enum devid_err (*settle)(struct keystore *ks, struct devid_error *err);

	/* Resets the counter of failed attempts. Errors: DENIED. */
	enum devid_err (*forgive)(struct keystore *ks, struct devid_error *err);

	/*
	 * The public key (DER SubjectPublicKeyInfo) of the persistent key.
	 * Errors: NOT_FOUND when there is none.
	 */
	enum devid_err (*load)(struct keystore *ks, enum key_id id,
		struct key_blob *ret_spki, struct devid_error *err);

	/*
	 * Makes the key and makes it persistent. With @expected not NULL, the
	 * key that has exactly this public key is derived again, or nothing
	 * is changed and MISMATCH returned; where it cannot be made persistent
	 * it serves all the same (limit). Errors: EXISTS when the place is
	 * taken by another key; DENIED, TOO_LARGE when a new key cannot be
	 * made persistent.
	 */
	enum devid_err (*create)(struct keystore *ks, enum key_id id,
		enum key_alg alg, const struct key_blob *expected,
		struct devid_error *err);

	/* One signature: one command when the key has been loaded. */
	enum devid_err (*sign)(struct keystore *ks, enum key_id id,
		const struct key_sign *what, struct key_sig *ret,
		struct devid_error *err);

	/* How many bytes a certificate, or all issuers, may have; a limit of
	 * the module. */
	enum devid_err (*cert_room)(
		struct keystore *ks, size_t *ret, struct devid_error *err);

	/* Whether cert_write() of @der, or of one that is not known yet (NULL),
	 * would be let; changes nothing. Errors: EXISTS when anything else is
	 * there, DENIED when the owner of that right, such as firmware, keeps
	 * it. */
	enum devid_err (*cert_writable)(struct keystore *ks, enum key_id id,
		const struct key_blob *der, struct devid_error *err);

	/*
	 * Whether certificates of @len bytes, one of each role (0: none), find
	 * room beside each other. Tries it, and leaves what was there. Errors:
	 * TOO_LARGE, and those of cert_writable().
	 */
	enum devid_err (*certs_fit)(struct keystore *ks,
		const size_t len[N_MAKER_KEYS], struct devid_error *err);

	/* The DER certificate stored beside the key. Errors: NOT_FOUND. */
	enum devid_err (*cert_read)(struct keystore *ks, enum key_id id,
		struct key_blob *ret_der, struct devid_error *err);

	/* Stores and locks it. Where there is no other room, issuers give
	 * theirs, of any role. Errors: EXISTS when anything else is there,
	 * TOO_LARGE. */
	enum devid_err (*cert_write)(struct keystore *ks, enum key_id id,
		const struct key_blob *der, struct devid_error *err);

	/* The certificates above it, one behind the other. Errors:
	 * NOT_FOUND. */
	enum devid_err (*issuers_read)(struct keystore *ks, enum key_id id,
		struct key_blob *ret_der, struct devid_error *err);

	/* Stores them in place of those that are there. Errors: EXISTS when
	 * something is there that is no certificates, TOO_LARGE. */
	enum devid_err (*issuers_write)(struct keystore *ks, enum key_id id,
		const struct key_blob *der, struct devid_error *err);

	/* ---- keys of the owner: ROLE_HOME_OWNER ---- */

	/*
	 * Makes the key @id, or takes @private for it, which was made elsewhere
	 * and is not kept in the clear, and gives it out sealed, with its name
	 * in it. What it made in the module for the first key, the storage
	 * parent, stays. The key is not known to the keystore before it is
	 * given(). Errors: UNSUPPORTED when the module makes no key of @alg,
	 * DENIED when the owner's hierarchy cannot be used, TOO_LARGE, EXISTS
	 * when somebody else has a place that it needs, STATE when keys of
	 * before have to be erased first.
	 */
	enum devid_err (*make)(struct keystore *ks, enum key_id id,
		enum key_alg alg, struct key_sealed *ret,
		struct devid_error *err);
	enum devid_err (*take_in)(struct keystore *ks, enum key_id id,
		EVP_PKEY *private, struct key_sealed *ret,
		struct devid_error *err);

	/*
	 * From now on @sealed, which is copied, is key @id; NULL: there is
	 * none, and @ret may be NULL. Then load() and sign() know it. Asks no
	 * module. Errors: SYNTAX, UNSUPPORTED (of another release), MISMATCH
	 * (of another name). load() has besides: ERASED, it is of before an
	 * erasure; MISMATCH, this module did not make it, or was cleared since;
	 * EXISTS, somebody else has a place that it needs. sign() and persist()
	 * have those as well, and SYNTAX where the module does not take what is
	 * private in it.
	 */
	enum devid_err (*give)(struct keystore *ks, enum key_id id,
		const struct key_sealed *sealed, struct key_sealed_facts *ret,
		struct devid_error *err);

	/* Whether the key is at its place, so that a signature costs one
	 * command. Asks no module. */
	bool (*is_persistent)(struct keystore *ks, enum key_id id);

	/*
	 * Puts the key at its place, and nowhere else, or takes it away from
	 * wherever it was put, also under another setting; what is so already
	 * is no error. Errors: EXISTS when something else is there, TOO_LARGE,
	 * DENIED.
	 */
	enum devid_err (*persist)(struct keystore *ks, enum key_id id,
		bool persistent, struct devid_error *err);

	/*
	 * Takes away, as persist() does, the key @id that is not given since
	 * what was sealed is damaged: the one with the public key @spki. Where
	 * that is not known either (NULL), what looks like a key of the owner's
	 * at the place of @id. Errors: DENIED.
	 */
	enum devid_err (*evict_lost)(struct keystore *ks, enum key_id id,
		const struct key_blob *spki, struct devid_error *err);

	/*
	 * Ends all keys of the owner, and the parent: persistent ones first,
	 * then the epoch goes on. To be called until it succeeds; again does no
	 * harm. *@ret_resets counts the module's resets (wire.h).
	 */
	enum devid_err (*erase)(struct keystore *ks, uint32_t *ret_resets,
		struct devid_error *err);

	/* Epoch and resets, as of now; 0: no key was made since the module is
	 * new. */
	enum devid_err (*epoch)(struct keystore *ks, uint64_t *ret_epoch,
		uint32_t *ret_resets, struct devid_error *err);

	/* Tells one module from another, or how its owner's keys were before
	 * from how they are now: what @which says. Errors: DENIED. */
	enum devid_err (*seed)(struct keystore *ks, enum keystore_seed which,
		uint8_t ret[KEYSTORE_SEED_LEN], struct devid_error *err);

	/* Adds @in, at most WIRE_STIR_MAX bytes, to the state of the module's
	 * random number generator (802.1AR 7.2, TPM2_StirRandom). */
	enum devid_err (*stir)(
		struct keystore *ks, struct view in, struct devid_error *err);

	/* What the module says of itself and its EK certificate asserts. A part
	 * that it does not tell is left out; errors are of the module alone. */
	enum devid_err (*about)(struct keystore *ks, struct wire_about *ret,
		struct devid_error *err);

	/*
	 * The certificate of the endorsement key and what the module has above
	 * it, and the IAK's word that the IDevID is in the same module.
	 * @ek_cert, DER, is the certificate where it is not to be the module's
	 * own; else empty. The IAK is the one of @idevid's pair. Errors:
	 * NOT_FOUND when a key is not there or the module has no EK
	 * certificate, MISMATCH when @ek_cert is of another module, SYNTAX when
	 * it is none, UNSUPPORTED when this kind of keystore has no such
	 * endorsement key.
	 */
	enum devid_err (*attest)(struct keystore *ks, enum key_id idevid,
		struct view ek_cert, struct wire_attest *ret,
		struct devid_error *err);

	/*
	 * What the IAK of the first pair states of the owner's key @id, which
	 * was given(), over @nonce, and the key's public area (struct
	 * wire_certify). Errors: NOT_FOUND when a key is not there, UNSUPPORTED
	 * when this kind of keystore has no such statement, those of sign().
	 */
	enum devid_err (*certify)(struct keystore *ks, enum key_id id,
		struct view nonce, struct wire_certify *ret,
		struct devid_error *err);

	/* The same of what counts erasures. Errors: NOT_FOUND when the IAK is
	 * not there, or no key of the owner's was ever made; UNSUPPORTED. */
	enum devid_err (*certify_epoch)(struct keystore *ks, struct view nonce,
		struct wire_certify *ret, struct devid_error *err);

	/*
	 * Opens a credential that was made for the endorsement key and the IAK
	 * of @idevid's pair. Errors: SYNTAX, MISMATCH (made for another module
	 * or another IAK), NOT_FOUND and UNSUPPORTED as above.
	 */
	enum devid_err (*activate)(struct keystore *ks, enum key_id idevid,
		const struct wire_credential *what, struct wire_secret *ret,
		struct devid_error *err);
};

#endif
