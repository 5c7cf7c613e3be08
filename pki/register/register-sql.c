/* SPDX-License-Identifier: Apache-2.0 */
/* What the register asks of a database. Columns are read by their places, with
 * the numbers at the top of the file that asks. */
#include "register-sql.h"

#define DEVICE_COLUMNS                                                         \
	"id, state, created, serial, model, ek_fingerprint,"                   \
	" ek_cert_fingerprint, tpm_vendor, tpm_model, tpm_firmware, station"
#define CERT_COLUMNS                                                           \
	"c.id, c.device, c.role, c.alg, c.state, c.created, c.revoked_at,"     \
	" c.reason, c.key_fingerprint, c.serial, i.hash"
#define CERT_FROM     " FROM cert c JOIN issuer i ON i.id = c.issuer"
#define AUDIT_COLUMNS "n.name, a.seq, a.line, a.hash, a.signature"
#define AUDIT_FROM    " FROM audit a JOIN instance n ON n.id = a.instance"

/* Of a device whose certificates were revoked because its keys were known to
 * others (1: CRLReason keyCompromise, RFC 5280 5.3.1); ?1 is its EK. */
#define COMPROMISED                                                            \
	"ek_fingerprint = ?1 AND state <> 0 AND EXISTS (SELECT 1 FROM cert"    \
	" WHERE cert.device = device.id AND cert.state = 1"                    \
	" AND cert.reason = 1)"

/* Of the live IDevID certificate for a key; ?2 and ?3 are its fingerprint. */
#define OF_KEY                                                                 \
	"key_prefix = ?2 AND key_fingerprint = ?3 AND state = 0 AND role = 0"

const char *const register_sql[N_REG_SQL] = {
	[REG_SQL_ISSUER_NUMBER_FIND] = "SELECT id FROM issuer WHERE hash = ?1",
	[REG_SQL_ISSUER_NUMBER_ADD] = "INSERT INTO issuer (hash) VALUES (?1)"
				      " ON CONFLICT (hash) DO NOTHING",
	[REG_SQL_SECRET] = "SELECT secret FROM register",
	/* Of two with the same one waits for the other, and does nothing then.
	 */
	[REG_SQL_CHALLENGE_USE] = "INSERT INTO challenge_used (id)"
				  " VALUES (?1) ON CONFLICT DO NOTHING",
	[REG_SQL_CHALLENGE_PURGE] = "DELETE FROM challenge_used WHERE id IN"
				    " (SELECT id FROM challenge_used"
				    " WHERE id < ?1 ORDER BY id LIMIT ?2)",
	[REG_SQL_CRL_NUMBER] =
		"INSERT INTO crl (issuer, number) VALUES (?1, 1)"
		" ON CONFLICT (issuer) DO UPDATE SET number = crl.number + 1"
		" RETURNING number",
	[REG_SQL_BLOB_PUT] =
		"INSERT INTO publication (name, expires, made, data)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE"
		" SET expires = excluded.expires, made = excluded.made,"
		" data = excluded.data",
	[REG_SQL_BLOB_GET] =
		"SELECT expires, made, data FROM publication WHERE name = ?1",
	/* || '': with serial = ?1 SQLite makes lower(?1) of lower(serial), and
	 * does not find the index any more. */
	[REG_SQL_DEVICE_BY_SERIAL] = "SELECT " DEVICE_COLUMNS " FROM device"
				     " WHERE lower(serial) = ?2"
				     " AND serial || '' = ?1 AND state = 0",
	/* Each part has an index, and numbers as in enum register_holder. */
	[REG_SQL_FIND_HOLDERS] =
		"SELECT 0, " DEVICE_COLUMNS " FROM device"
		" WHERE lower(serial) = ?4 AND state = 0"
		" UNION ALL SELECT 1, " DEVICE_COLUMNS " FROM device"
		" WHERE substr(ek_fingerprint, 1, 16) = ?5"
		" AND ek_fingerprint = ?1 AND state = 0"
		" UNION ALL SELECT 3, " DEVICE_COLUMNS " FROM device"
		" WHERE id = (SELECT device FROM cert WHERE " OF_KEY ")"
		" UNION ALL SELECT 2, " DEVICE_COLUMNS
		" FROM device WHERE " COMPROMISED,
	/* Each part has an index. EK, prefix and fingerprint of the key. */
	[REG_SQL_IS_BARRED] = "SELECT 1 FROM device WHERE " COMPROMISED
			      " UNION ALL SELECT 1 FROM cert WHERE " OF_KEY,
	[REG_SQL_DEVICE_ADD] =
		"INSERT INTO device (state, created, serial, model,"
		" ek_fingerprint, ek_cert_fingerprint, tpm_vendor, tpm_model,"
		" tpm_firmware, station)"
		" VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT DO NOTHING",
	[REG_SQL_DEVICE_REMOVE] = "DELETE FROM device WHERE id = ?1",
	/* Changes nothing, and keeps everybody else from the row until the
	 * commit. */
	[REG_SQL_DEVICE_HOLD] = "UPDATE device SET state = 0"
				" WHERE id = ?1 AND state = 0",
	[REG_SQL_DEVICE_SET_STATE] =
		"UPDATE device SET state = ?2 WHERE id = ?1",
	[REG_SQL_EACH_DEVICE] = "SELECT " DEVICE_COLUMNS " FROM device"
				" WHERE id > ?1 ORDER BY id LIMIT ?2",
	/* In two halves, for each of which there is an index. */
	[REG_SQL_EACH_DEVICE_NAMED] =
		"SELECT " DEVICE_COLUMNS " FROM device"
		" WHERE lower(serial) = ?2 AND serial || '' = ?1 AND state = 0"
		" UNION ALL"
		" SELECT " DEVICE_COLUMNS " FROM device"
		" WHERE serial = ?1 AND state <> 0 ORDER BY id",
	[REG_SQL_CERT_ADD] =
		"INSERT INTO cert (device, issuer, role, alg, state, created,"
		" revoked_at, revoked_seq, reason, key_prefix,"
		" key_fingerprint, serial, der)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11,"
		" ?12)"
		" ON CONFLICT DO NOTHING",
	[REG_SQL_CERT_BY_SERIAL] = "SELECT " CERT_COLUMNS ", c.der" CERT_FROM
				   " WHERE c.issuer = ?1 AND c.serial = ?2",
	[REG_SQL_CERT_REVOKE] = "UPDATE cert SET state = 1, revoked_at = ?2,"
				" reason = ?3 WHERE id = ?1 AND state <> 1"
				" RETURNING issuer",
	[REG_SQL_REVOKED_NEXT] =
		"INSERT INTO revoked (issuer, last) VALUES (?1, 1)"
		" ON CONFLICT (issuer) DO UPDATE SET last = revoked.last + 1"
		" RETURNING last",
	[REG_SQL_REVOKED_SET] = "UPDATE cert SET revoked_seq = ?2"
				" WHERE id = ?1",
	[REG_SQL_REVOKED_LAST] = "SELECT last FROM revoked WHERE issuer = ?1",
	[REG_SQL_CERT_REVOKE_LOOK] =
		"SELECT reason FROM cert WHERE id = ?1 AND state = 1",
	[REG_SQL_CERTS_OF_DEVICE] = "SELECT " CERT_COLUMNS ", c.der" CERT_FROM
				    " WHERE c.device = ?1 ORDER BY c.id",
	/* +0: by id, not by way of an index over the issuer. */
	[REG_SQL_EACH_CERT] = "SELECT " CERT_COLUMNS CERT_FROM
			      " WHERE c.id > ?2 AND c.issuer + 0 = ?1"
			      " ORDER BY c.id LIMIT ?3",
	[REG_SQL_EACH_REVOKED] =
		"SELECT id, revoked_at, reason, serial, revoked_seq FROM cert"
		" WHERE issuer = ?1 AND state = 1 AND revoked_seq > ?2"
		" ORDER BY revoked_seq LIMIT ?3",
	[REG_SQL_FIND_END_LOCK] =
		"INSERT INTO instance (name) VALUES (?1) ON CONFLICT (name)"
		" DO UPDATE SET name = excluded.name RETURNING id",
	[REG_SQL_FIND_END_LAST] =
		"SELECT seq, hash FROM audit WHERE instance = ?1"
		" ORDER BY seq DESC LIMIT 1",
	[REG_SQL_AUDIT] = "INSERT INTO audit (instance, seq, line, hash)"
			  " VALUES (?1, ?2, ?3, ?4)",
	[REG_SQL_AUDIT_SIGN] = "UPDATE audit SET signature = ?3"
			       " WHERE instance = ?1 AND seq = ?2",
	[REG_SQL_WALK_INSTANCE] = "SELECT " AUDIT_COLUMNS AUDIT_FROM
				  " WHERE a.instance = ?1 AND a.seq > ?2"
				  " ORDER BY a.seq LIMIT ?3",
	[REG_SQL_NEXT_INSTANCE] = "SELECT id FROM instance WHERE id > ?1"
				  " ORDER BY id LIMIT 1",
	[REG_SQL_EACH_AUDIT_HEAD] = "SELECT " AUDIT_COLUMNS AUDIT_FROM
				    " WHERE a.seq = (SELECT max(seq) FROM audit"
				    " WHERE instance = n.id) ORDER BY n.name",
	[REG_SQL_AUDIT_GET_AT] = "SELECT " AUDIT_COLUMNS AUDIT_FROM
				 " WHERE n.name = ?1 AND a.seq = ?2",
	[REG_SQL_AUDIT_GET_NEWEST] =
		"SELECT " AUDIT_COLUMNS AUDIT_FROM " WHERE n.name = ?1"
		" ORDER BY a.seq DESC LIMIT 1",
	[REG_SQL_CHECK_OWNERS_NEXT] = "SELECT instance FROM audit"
				      " WHERE instance > ?1"
				      " ORDER BY instance LIMIT 1",
	[REG_SQL_CHECK_OWNERS_FIND] = "SELECT id FROM instance WHERE id = ?1",
};
