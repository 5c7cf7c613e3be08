-- SPDX-License-Identifier: Apache-2.0
--
-- What the registrar keeps for itself, in the database of the site's list.
-- The same text serves SQLite and PostgreSQL. Hashes are SHA-256 in lower-case
-- hex, times are seconds since 1970; issuer and certificate are as in
-- site.sql.

CREATE TABLE registrar (
	version BIGINT NOT NULL
);

-- What a person has to approve. key: hash of the SubjectPublicKeyInfo that a
-- certificate is asked for; csr: hash of the whole request; issuer and
-- certificate: who asked; epoch: of its evidence, which was judged when it
-- first asked (NULL: none).
CREATE TABLE request (
	key TEXT PRIMARY KEY,
	csr TEXT NOT NULL,
	issuer TEXT NOT NULL,
	certificate TEXT NOT NULL,
	unit TEXT NOT NULL,
	profile TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'refused')),
	epoch BIGINT,
	asked BIGINT NOT NULL,
	decided BIGINT NOT NULL DEFAULT 0,
	who TEXT NOT NULL DEFAULT ''
);

CREATE INDEX request_unit ON request (unit);

-- Onboarding documents; unit '' is the one for who has none of its own.
CREATE TABLE document (
	unit TEXT PRIMARY KEY,
	text TEXT NOT NULL,
	changed BIGINT NOT NULL
);

-- One nonce at a time for each client.
CREATE TABLE nonce (
	issuer TEXT NOT NULL,
	certificate TEXT NOT NULL,
	nonce TEXT NOT NULL,
	expires BIGINT NOT NULL,
	PRIMARY KEY (issuer, certificate)
);

-- LDevIDs that were issued; each has its row in `site`, of the same
-- transaction. state: live, revoked (in the CRL), retired (not in it: it gave
-- way to a newer one). maker: whose device it is. reason: CRLReason, RFC 5280
-- 5.3.1.
CREATE TABLE issued (
	issuer TEXT NOT NULL,
	certificate TEXT NOT NULL,
	key TEXT NOT NULL,
	csr TEXT NOT NULL,
	unit TEXT NOT NULL,
	maker TEXT NOT NULL,
	profile TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('live', 'revoked', 'retired')),
	created BIGINT NOT NULL,
	not_after BIGINT NOT NULL,
	revoked_at BIGINT NOT NULL DEFAULT 0,
	reason BIGINT NOT NULL DEFAULT 0,
	der BYTEA NOT NULL,
	PRIMARY KEY (issuer, certificate)
);

-- Of two registrars that issue for one key at once, one waits and finds what
-- the other did.
CREATE UNIQUE INDEX issued_key ON issued (key) WHERE state = 'live';
CREATE INDEX issued_unit ON issued (unit, created);
CREATE INDEX issued_revoked ON issued (not_after) WHERE state = 'revoked';
