-- SPDX-License-Identifier: Apache-2.0
--
-- The list of a site: one row for each certificate that the site knows. The
-- registrar writes it, the RADIUS server reads it. The same text serves
-- SQLite and PostgreSQL.
--
-- issuer       SHA-256, lower-case hex, of the issuer's Name in OpenSSL's
--              one-line form (X509_NAME_oneline), as FreeRADIUS has it
-- certificate  serial number of the certificate, lower-case hex, as
--              FreeRADIUS has it: whole octets, no sign
-- kind         IDevID: a maker's certificate. LDevID: one of the site's CA
-- unit         name of the device; its serial number, unless the site has
--              another name for it
-- state        listed: let in. revoked, retired: refused, for ever
-- profile      of an LDevID: the registrar's profile that issued it
-- epoch        of an LDevID with evidence: the device's epoch counter
--
-- On PostgreSQL a server that only reads needs no more than:
--   GRANT SELECT ON site TO radius;

CREATE TABLE site (
	issuer TEXT NOT NULL,
	certificate TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('IDevID', 'LDevID')),
	unit TEXT NOT NULL,
	model TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL CHECK (state IN ('listed', 'revoked', 'retired')),
	profile TEXT NOT NULL DEFAULT '',
	epoch BIGINT,
	PRIMARY KEY (issuer, certificate)
);

CREATE INDEX site_unit ON site (unit);
