-- SPDX-License-Identifier: Apache-2.0
--
-- Who was seen at which port: one row for each decision of the RADIUS server,
-- which writes it. The same text serves SQLite and PostgreSQL. With SQLite it
-- is a file of its own, so that the RADIUS server has no right to write to
-- the site's list.
--
-- unit                 as in the site's list, '' for who is not in it
-- issuer, certificate  as in the site's list, '' without a certificate
-- switch, port         NAS-Identifier or address, and NAS-Port-Id
-- verdict              accepted, or the reason of a refusal
-- vlan                 that the port got, '' when refused
-- time                 seconds since 1970
--
-- On PostgreSQL the RADIUS server needs no more than:
--   GRANT INSERT ON seen TO radius
-- FreeRADIUS makes its file from this text and takes each semicolon for the end of
-- a statement, also in a comment.

CREATE TABLE seen (
	unit TEXT NOT NULL DEFAULT '',
	issuer TEXT NOT NULL DEFAULT '',
	certificate TEXT NOT NULL DEFAULT '',
	switch TEXT NOT NULL DEFAULT '',
	port TEXT NOT NULL DEFAULT '',
	verdict TEXT NOT NULL,
	vlan TEXT NOT NULL DEFAULT '',
	time BIGINT NOT NULL
);

CREATE INDEX seen_unit ON seen (unit, time);
