BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit_events (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor_id INTEGER, 
	actor VARCHAR(320) NOT NULL, 
	ip VARCHAR(45), 
	tag VARCHAR(64) NOT NULL, 
	target VARCHAR(320) NOT NULL, 
	changes JSON NOT NULL, 
	previous_digest VARCHAR(64) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_events PRIMARY KEY (id)
);
INSERT INTO "audit_events" VALUES(1,'2026-11-25 17:09:35.369000',1,'alice@acme.test','127.0.0.1','install:finished','install','{"access_url": {"old": null, "new": "http://127.0.0.1:50789"}, "organization": {"old": null, "new": "Acme"}, "administrator": {"old": null, "new": "alice@acme.test"}, "mail": {"old": null, "new": "smtp"}}','0000000000000000000000000000000000000000000000000000000000000000','3e4dfc88dda27ba40383d9e79353f050cc47b2cf1f2d25551e9ba41ab8369d61');
INSERT INTO "audit_events" VALUES(2,'2026-11-25 17:09:35.369000',1,'alice@acme.test','127.0.0.1','mailer:created','mailer','{"provider": {"old": null, "new": "smtp"}, "sender_address": {"old": null, "new": "novantra@acme.test"}, "sender_name": {"old": null, "new": "Acme"}, "host": {"old": null, "new": "127.0.0.1"}, "port": {"old": null, "new": 43823}, "secure": {"old": null, "new": false}, "ignore_tls_errors": {"old": null, "new": false}, "connection_timeout": {"old": null, "new": 10}}','3e4dfc88dda27ba40383d9e79353f050cc47b2cf1f2d25551e9ba41ab8369d61','4f88491a24282621d4b4e3118372095fa97055c548ecb2fce3e3afc165bd1693');
INSERT INTO "audit_events" VALUES(3,'2026-11-25 17:09:35.531000',1,'alice@acme.test','127.0.0.1','account:email-verified','alice@acme.test','{}','4f88491a24282621d4b4e3118372095fa97055c548ecb2fce3e3afc165bd1693','b224e41a6d282c5597d976ee464a15d261cd212370f85e6929e57fea804a9f7d');
INSERT INTO "audit_events" VALUES(4,'2026-11-25 17:09:35.651000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: bob@acme.test','{"role": {"old": null, "new": "member"}}','b224e41a6d282c5597d976ee464a15d261cd212370f85e6929e57fea804a9f7d','311bb9d4ec2edc6fb34db08bb48b4127dcdc6dfb2e20adc9da7fc16382460b5e');
INSERT INTO "audit_events" VALUES(5,'2026-11-25 17:09:35.775000',2,'bob@acme.test','127.0.0.1','invitation:accepted','acme: bob@acme.test','{"role": {"old": null, "new": "member"}}','311bb9d4ec2edc6fb34db08bb48b4127dcdc6dfb2e20adc9da7fc16382460b5e','49c567dded1690956114dff93d7b3250a7776bf1aa4c0aae0d6424d26edec30d');
INSERT INTO "audit_events" VALUES(6,'2026-11-25 17:09:35.815000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: carol@acme.test','{"role": {"old": null, "new": "admin"}}','49c567dded1690956114dff93d7b3250a7776bf1aa4c0aae0d6424d26edec30d','8d1e78a84f0a3dc09fdd9ffa15fc595d88352ae2015d41f31929c9efaeb68235');
INSERT INTO "audit_events" VALUES(7,'2026-11-25 17:09:35.919000',3,'carol@acme.test','127.0.0.1','invitation:accepted','acme: carol@acme.test','{"role": {"old": null, "new": "admin"}}','8d1e78a84f0a3dc09fdd9ffa15fc595d88352ae2015d41f31929c9efaeb68235','a2b064d815d7ead2c8ac4ce4db306311b704ce46cc5fe7f007daab783f119c1d');
INSERT INTO "audit_events" VALUES(8,'2026-11-25 17:09:35.957000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: dave@acme.test','{"role": {"old": null, "new": "member"}}','a2b064d815d7ead2c8ac4ce4db306311b704ce46cc5fe7f007daab783f119c1d','c2a9aa19e7b0171ec86acbeed82d7f80aa9d3859a1f7633f9daeacc11e6f60f3');
INSERT INTO "audit_events" VALUES(9,'2026-11-25 17:09:36.200000',NULL,'anonymous','127.0.0.1','login:locked','bob@acme.test','{"locked_until": {"old": null, "new": "2026-11-25T17:24:36Z"}}','c2a9aa19e7b0171ec86acbeed82d7f80aa9d3859a1f7633f9daeacc11e6f60f3','f59ae5c6c3377fca484969473cc9e11bb88ef9af26a06e8a4e6deae872f38181');
INSERT INTO "audit_events" VALUES(10,'2026-11-25 17:09:36.466000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: p0@acme.test','{"role": {"old": null, "new": "member"}}','f59ae5c6c3377fca484969473cc9e11bb88ef9af26a06e8a4e6deae872f38181','051b4b5c009d27d434d39192589ca0747bedb5bb4690b5a36d2e956e9bc00875');
INSERT INTO "audit_events" VALUES(11,'2026-11-25 17:09:36.466000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: p1@acme.test','{"role": {"old": null, "new": "member"}}','051b4b5c009d27d434d39192589ca0747bedb5bb4690b5a36d2e956e9bc00875','42001b53a5d0402d883e70cf2d1ceef4d9619b1d880e39fb2501196b9ec348c6');
INSERT INTO "audit_events" VALUES(12,'2026-11-25 17:09:36.466000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: p2@acme.test','{"role": {"old": null, "new": "member"}}','42001b53a5d0402d883e70cf2d1ceef4d9619b1d880e39fb2501196b9ec348c6','7c3950d65a4a05f04db2cf578895e13b4a35d1c20a99260666b79877c3b49a6e');
INSERT INTO "audit_events" VALUES(13,'2026-11-25 17:09:36.466000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: p3@acme.test','{"role": {"old": null, "new": "member"}}','7c3950d65a4a05f04db2cf578895e13b4a35d1c20a99260666b79877c3b49a6e','11763b7f07558991bacc4f785fb23b30c759eabb26dfee917a98f2be59f8ec4a');
INSERT INTO "audit_events" VALUES(14,'2026-11-25 17:09:36.466000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: p4@acme.test','{"role": {"old": null, "new": "member"}}','11763b7f07558991bacc4f785fb23b30c759eabb26dfee917a98f2be59f8ec4a','1141e796e1f90d3660c84a28d984e377097102fcf00103706d3c93deeb0321b1');
INSERT INTO "audit_events" VALUES(15,'2026-11-25 17:09:37.185000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: nobody@acme.test','{"role": {"old": null, "new": "member"}}','1141e796e1f90d3660c84a28d984e377097102fcf00103706d3c93deeb0321b1','821d3e8b88a0720d5052c354a943e187df73aa80d220631f733a1eb96c302e3c');
INSERT INTO "audit_events" VALUES(16,'2026-11-25 17:09:37.645000',1,'alice@acme.test','127.0.0.1','mailer:updated','mailer','{"port": {"old": 43823, "new": 35735}, "username": {"old": null, "new": "novantra"}, "password": "set"}','821d3e8b88a0720d5052c354a943e187df73aa80d220631f733a1eb96c302e3c','22a85cd5dadbe8e5502e4605b60859707726122e31bad24d00660eec094ae17d');
INSERT INTO "audit_events" VALUES(17,'2026-11-25 17:09:37.699000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: erin@acme.test','{"role": {"old": null, "new": "member"}}','22a85cd5dadbe8e5502e4605b60859707726122e31bad24d00660eec094ae17d','98892cd1995211611051095def36e50e079fe4234bee62b71a3c8ba3d2b6ebe8');
INSERT INTO "audit_events" VALUES(18,'2026-11-25 17:09:37.746000',NULL,'mail worker',NULL,'mailer:paused','mailer','{"state": {"old": "configured", "new": "paused"}, "code": "auth_bad_credentials"}','98892cd1995211611051095def36e50e079fe4234bee62b71a3c8ba3d2b6ebe8','9e1cd0430fe45e385f16338d067e8df2d43a4576a1d5b8292fa306c8e0ea3758');
INSERT INTO "audit_events" VALUES(19,'2026-11-25 17:09:37.849000',1,'alice@acme.test','127.0.0.1','invitation:created','acme: frank@acme.test','{"role": {"old": null, "new": "member"}}','9e1cd0430fe45e385f16338d067e8df2d43a4576a1d5b8292fa306c8e0ea3758','46ef54d208da9aa735ccb4cbb4485634141d07590ac3134bcbcac5f831ca47b1');
CREATE TABLE codes (
	id INTEGER NOT NULL, 
	purpose VARCHAR(16) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	tries INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_codes PRIMARY KEY (id), 
	CONSTRAINT uq_codes_purpose_subject UNIQUE (purpose, subject)
);
INSERT INTO "codes" VALUES(1,'unlock','54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec','f4387dbf887a20d21603d3889c27caac1fd73c09440c76a94a074fe187ce9575',0,'2026-11-25 17:09:36.245449','2026-11-25 17:19:36.245449',NULL);
CREATE TABLE install (
	id INTEGER NOT NULL, 
	access_url VARCHAR(500) NOT NULL, 
	access_url_version INTEGER NOT NULL, 
	setup_finished_at DATETIME NOT NULL, 
	CONSTRAINT pk_install PRIMARY KEY (id), 
	CONSTRAINT ck_install_one_row CHECK (id = 1)
);
INSERT INTO "install" VALUES(1,'http://127.0.0.1:50789',1,'2026-11-25 17:09:35.369702');
CREATE TABLE invitation_batch_lines (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	typed VARCHAR(320) NOT NULL, 
	outcome VARCHAR(20), 
	detail VARCHAR(300), 
	CONSTRAINT pk_invitation_batch_lines PRIMARY KEY (id), 
	CONSTRAINT fk_invitation_batch_lines_batch_id_invitation_batches FOREIGN KEY(batch_id) REFERENCES invitation_batches (id) ON DELETE CASCADE
);
INSERT INTO "invitation_batch_lines" VALUES(1,1,1,'p0@acme.test','invited',NULL);
INSERT INTO "invitation_batch_lines" VALUES(2,1,2,'p1@acme.test','invited',NULL);
INSERT INTO "invitation_batch_lines" VALUES(3,1,3,'p2@acme.test','invited',NULL);
INSERT INTO "invitation_batch_lines" VALUES(4,1,4,'p3@acme.test','invited',NULL);
INSERT INTO "invitation_batch_lines" VALUES(5,1,5,'p4@acme.test','invited',NULL);
CREATE TABLE invitation_batches (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	organization_id INTEGER NOT NULL, 
	role VARCHAR(12) NOT NULL, 
	created_by_id INTEGER, 
	ip VARCHAR(45), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_invitation_batches PRIMARY KEY (id), 
	CONSTRAINT fk_invitation_batches_created_by_id_users FOREIGN KEY(created_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_invitation_batches_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE, 
	CONSTRAINT uq_invitation_batches_public_id UNIQUE (public_id)
);
INSERT INTO "invitation_batches" VALUES(1,'6e268668a4d08d9ab8cbb375dcc0b7c5',1,'member',1,'127.0.0.1','2026-11-25 17:09:36.457126');
CREATE TABLE invitations (
	id INTEGER NOT NULL, 
	organization_id INTEGER NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	email_key VARCHAR(320) NOT NULL, 
	role VARCHAR(12) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	invited_by_id INTEGER, 
	message_public_id VARCHAR(32), 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	accepted_at DATETIME, 
	revoked_at DATETIME, 
	CONSTRAINT pk_invitations PRIMARY KEY (id), 
	CONSTRAINT fk_invitations_invited_by_id_users FOREIGN KEY(invited_by_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_invitations_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE, 
	CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash)
);
INSERT INTO "invitations" VALUES(1,1,'bob@acme.test','bob@acme.test','member','74eb382893bbcfdf4d8376932d31a7a508b340fd67309962bed265bfa40dfd62',1,'b600968d9b6307b2ccd2dbd91096da63','2026-11-25 17:09:35.651407','2026-12-02 17:09:35.651407','2026-11-25 17:09:35.775328',NULL);
INSERT INTO "invitations" VALUES(2,1,'carol@acme.test','carol@acme.test','admin','c0b544e007e6d391f1a73246d87bab180e88ef5c0c7b61ec168653f608fa42af',1,'73ee933f39daa8323cd892389fd822f2','2026-11-25 17:09:35.815591','2026-12-02 17:09:35.815591','2026-11-25 17:09:35.919514',NULL);
INSERT INTO "invitations" VALUES(3,1,'dave@acme.test','dave@acme.test','member','b2c3de5febdf3645402e7bb229f8b188be69daccd982ff32454150486e84702c',1,'c73f8fdf6fe4da001961f6671e0c82e5','2026-11-25 17:09:35.957953','2026-12-02 17:09:35.957953',NULL,NULL);
INSERT INTO "invitations" VALUES(4,1,'p0@acme.test','p0@acme.test','member','d133fd631361addbe1dc0fcda743f2196dfaadf4c342a37c2570eadb4be3ddd2',1,'46e4d5f8c516b4d66d5e2cb94f10389d','2026-11-25 17:09:36.466374','2026-12-02 17:09:36.466374',NULL,NULL);
INSERT INTO "invitations" VALUES(5,1,'p1@acme.test','p1@acme.test','member','eadfe2316cd1ff9a1f81c0917b0a1fec96536952b2661d21f74b3d0058342282',1,'9101417c23732f76d2826180e0075ce4','2026-11-25 17:09:36.466374','2026-12-02 17:09:36.466374',NULL,NULL);
INSERT INTO "invitations" VALUES(6,1,'p2@acme.test','p2@acme.test','member','f642e97a5891f2080d5319244fcfc53192f7ef852bea806de7a10f27fe677df7',1,'bb7670ec14b93425c1554d3f9a1108be','2026-11-25 17:09:36.466374','2026-12-02 17:09:36.466374',NULL,NULL);
INSERT INTO "invitations" VALUES(7,1,'p3@acme.test','p3@acme.test','member','e281a20944470465c397a10a1d6a8e0da013b761312eac6c163e231fdd5437fb',1,'ff4c6c03f83c1150a6c55b0d09a56b58','2026-11-25 17:09:36.466374','2026-12-02 17:09:36.466374',NULL,NULL);
INSERT INTO "invitations" VALUES(8,1,'p4@acme.test','p4@acme.test','member','a40cfa899be44aa868ed3f170447119954d1b6bbd57deb0437bf32165b68cf1c',1,'7ea5155c664de623c7d81f8cbc8a1e36','2026-11-25 17:09:36.466374','2026-12-02 17:09:36.466374',NULL,NULL);
INSERT INTO "invitations" VALUES(9,1,'nobody@acme.test','nobody@acme.test','member','138fbbcd2bd88c22ba7514b28f6ca4aff59dfaf480518187d4cba00e1a864835',1,'4fce01b333f1b6a3187592a6da40cfcb','2026-11-25 17:09:37.185473','2026-12-02 17:09:37.185473',NULL,NULL);
INSERT INTO "invitations" VALUES(10,1,'erin@acme.test','erin@acme.test','member','3243d43ebd66457cd70b352916cd2d7636909f75624abb1f0b6964310e84c255',1,'b5a9406432c30b6bfa847b0df4b613db','2026-11-25 17:09:37.699994','2026-12-02 17:09:37.699994',NULL,NULL);
INSERT INTO "invitations" VALUES(11,1,'frank@acme.test','frank@acme.test','member','37b9f567a4f3bddfce933c25db8ae6e370ce2f5dadf86222a1d0cc3e11fd872d',1,'eda5f9915110f1b22425f2fbd79c80b5','2026-11-25 17:09:37.849247','2026-12-02 17:09:37.849247',NULL,NULL);
CREATE TABLE login_guards (
	subject VARCHAR(64) NOT NULL, 
	failures INTEGER NOT NULL, 
	window_started_at DATETIME NOT NULL, 
	locked_until DATETIME, 
	locked_at DATETIME, 
	CONSTRAINT pk_login_guards PRIMARY KEY (subject)
);
INSERT INTO "login_guards" VALUES('54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec',5,'2026-11-25 17:09:36.054910','2026-11-25 17:24:36.200638','2026-11-25 17:09:36.200638');
CREATE TABLE mail_health (
	id INTEGER NOT NULL, 
	last_success_at DATETIME, 
	last_success_kind VARCHAR(40), 
	consecutive_failures INTEGER NOT NULL, 
	failing_since DATETIME, 
	last_failure_at DATETIME, 
	last_failure_code VARCHAR(32), 
	paused_at DATETIME, 
	pause_code VARCHAR(32), 
	pause_phase VARCHAR(16), 
	pause_reply_code INTEGER, 
	pause_enhanced_code VARCHAR(12), 
	last_test_at DATETIME, 
	last_test_to VARCHAR(320), 
	last_test_version INTEGER, 
	last_test_code VARCHAR(32), 
	last_test_phase VARCHAR(16), 
	last_test_reply_code INTEGER, 
	last_test_enhanced_code VARCHAR(12), 
	last_test_ms INTEGER, 
	last_test_passed_at DATETIME, 
	CONSTRAINT pk_mail_health PRIMARY KEY (id), 
	CONSTRAINT ck_mail_health_one_row CHECK (id = 1)
);
INSERT INTO "mail_health" VALUES(1,'2026-11-25 17:09:36.632865','invitation',1,'2026-11-25 17:09:37.746075','2026-11-25 17:09:37.746075','auth_bad_credentials','2026-11-25 17:09:37.746075','auth_bad_credentials','auth',535,'5.7.8','2026-11-25 17:09:36.755835','alice@acme.test',1,NULL,NULL,250,'2.0.0',22,'2026-11-25 17:09:36.755835');
CREATE TABLE mail_intents (
	id INTEGER NOT NULL, 
	kind VARCHAR(24) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	email_key VARCHAR(320) NOT NULL, 
	ip VARCHAR(45), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_mail_intents PRIMARY KEY (id)
);
CREATE TABLE mailer_configuration (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	provider VARCHAR(20) NOT NULL, 
	sender_address VARCHAR(320) NOT NULL, 
	sender_name VARCHAR(64) NOT NULL, 
	host VARCHAR(253), 
	port INTEGER, 
	secure BOOLEAN NOT NULL, 
	username VARCHAR(320), 
	password_sealed TEXT, 
	ignore_tls_errors BOOLEAN NOT NULL, 
	connection_timeout INTEGER NOT NULL, 
	region VARCHAR(32), 
	updated_at DATETIME NOT NULL, 
	updated_by_id INTEGER, 
	updated_by VARCHAR(320) NOT NULL, 
	CONSTRAINT pk_mailer_configuration PRIMARY KEY (id), 
	CONSTRAINT ck_mailer_configuration_one_row CHECK (id = 1)
);
INSERT INTO "mailer_configuration" VALUES(1,2,'smtp','novantra@acme.test','Acme','127.0.0.1',35735,0,'novantra','v1:b7e0f825:jlA3haOdYUNhlkIs3S/PmDmwEAQDb9+kQ2U5w3bnySJkpy26H+i2IZmzNGQ=',0,10,NULL,'2026-11-25 17:09:37.645818',1,'alice@acme.test');
CREATE TABLE mailer_test_sends (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_mailer_test_sends PRIMARY KEY (id)
);
INSERT INTO "mailer_test_sends" VALUES(1,1,'2026-11-25 17:09:36.730985');
CREATE TABLE memberships (
	id INTEGER NOT NULL, 
	organization_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	role VARCHAR(12) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (id), 
	CONSTRAINT fk_memberships_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_memberships_organization_id_user_id UNIQUE (organization_id, user_id)
);
INSERT INTO "memberships" VALUES(1,1,1,'admin','2026-11-25 17:09:35.369702');
INSERT INTO "memberships" VALUES(2,1,2,'member','2026-11-25 17:09:35.775328');
INSERT INTO "memberships" VALUES(3,1,3,'admin','2026-11-25 17:09:35.919514');
CREATE TABLE organizations (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	slug VARCHAR(80) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_organizations PRIMARY KEY (id), 
	CONSTRAINT uq_organizations_slug UNIQUE (slug)
);
INSERT INTO "organizations" VALUES(1,'Acme','acme','2026-11-25 17:09:35.369702');
CREATE TABLE outbox_attempts (
	id INTEGER NOT NULL, 
	message_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	phase VARCHAR(16), 
	code VARCHAR(32), 
	reply_code INTEGER, 
	enhanced_code VARCHAR(12), 
	duration_ms INTEGER NOT NULL, 
	CONSTRAINT pk_outbox_attempts PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_attempts_message_id_outbox_messages FOREIGN KEY(message_id) REFERENCES outbox_messages (id) ON DELETE CASCADE
);
INSERT INTO "outbox_attempts" VALUES(1,1,'2026-11-25 17:09:35.477844',NULL,NULL,250,'2.0.0',40);
INSERT INTO "outbox_attempts" VALUES(2,2,'2026-11-25 17:09:35.683559',NULL,NULL,250,'2.0.0',6);
INSERT INTO "outbox_attempts" VALUES(3,3,'2026-11-25 17:09:35.833363',NULL,NULL,250,'2.0.0',5);
INSERT INTO "outbox_attempts" VALUES(4,4,'2026-11-25 17:09:35.984649',NULL,NULL,250,'2.0.0',11);
INSERT INTO "outbox_attempts" VALUES(5,5,'2026-11-25 17:09:36.305648',NULL,NULL,250,'2.0.0',4);
INSERT INTO "outbox_attempts" VALUES(6,6,'2026-11-25 17:09:36.398233',NULL,NULL,250,'2.0.0',6);
INSERT INTO "outbox_attempts" VALUES(7,7,'2026-11-25 17:09:36.605758',NULL,NULL,250,'2.0.0',14);
INSERT INTO "outbox_attempts" VALUES(8,8,'2026-11-25 17:09:36.613950',NULL,NULL,250,'2.0.0',8);
INSERT INTO "outbox_attempts" VALUES(9,9,'2026-11-25 17:09:36.618892',NULL,NULL,250,'2.0.0',9);
INSERT INTO "outbox_attempts" VALUES(10,10,'2026-11-25 17:09:36.624498',NULL,NULL,250,'2.0.0',6);
INSERT INTO "outbox_attempts" VALUES(11,11,'2026-11-25 17:09:36.632865',NULL,NULL,250,'2.0.0',4);
INSERT INTO "outbox_attempts" VALUES(12,12,'2026-11-25 17:09:37.217813','rcpt-to','recipient_rejected',550,'5.1.1',10);
INSERT INTO "outbox_attempts" VALUES(13,13,'2026-11-25 17:09:37.746075','auth','auth_bad_credentials',535,'5.7.8',28);
CREATE TABLE outbox_messages (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	lane SMALLINT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	label VARCHAR(200) NOT NULL, 
	mail_from VARCHAR(320) NOT NULL, 
	rcpt_to VARCHAR(320) NOT NULL, 
	rcpt_key VARCHAR(320) NOT NULL, 
	rcpt_domain VARCHAR(255) NOT NULL, 
	message_id VARCHAR(320) NOT NULL, 
	size INTEGER NOT NULL, 
	sealed_bytes TEXT, 
	bytes_until DATETIME, 
	created_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	finished_at DATETIME, 
	sent_at DATETIME, 
	attempts INTEGER NOT NULL, 
	fence INTEGER NOT NULL, 
	lease_until DATETIME, 
	last_code VARCHAR(32), 
	last_phase VARCHAR(16), 
	last_reply_code INTEGER, 
	last_enhanced_code VARCHAR(12), 
	ended_because VARCHAR(24), 
	CONSTRAINT pk_outbox_messages PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_messages_public_id UNIQUE (public_id)
);
INSERT INTO "outbox_messages" VALUES(1,'7995afcaf929e83645d2e12294a2e034','verify-email',0,'sent','Address verification','novantra@acme.test','alice@acme.test','alice@acme.test','acme.test','<aIwPlbhtBpbPb4pUxSh9mK3W@acme.test>',4498,NULL,NULL,'2026-11-25 17:09:35.388882','2026-11-25 17:09:35.388882','2026-11-26 17:09:35.369702','2026-11-25 17:09:35.477844','2026-11-25 17:09:35.477844',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(2,'b600968d9b6307b2ccd2dbd91096da63','invitation',1,'sent','Invitation','novantra@acme.test','bob@acme.test','bob@acme.test','acme.test','<azcj0RedjAATbsAbF7JsBQYD@acme.test>',4877,NULL,NULL,'2026-11-25 17:09:35.659344','2026-11-25 17:09:35.659344','2026-12-02 17:09:35.651407','2026-11-25 17:09:35.683559','2026-11-25 17:09:35.683559',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(3,'73ee933f39daa8323cd892389fd822f2','invitation',1,'sent','Invitation','novantra@acme.test','carol@acme.test','carol@acme.test','acme.test','<KreUaY2JXZD8EqT8dvTPtpnJ@acme.test>',4883,NULL,NULL,'2026-11-25 17:09:35.820271','2026-11-25 17:09:35.820271','2026-12-02 17:09:35.815591','2026-11-25 17:09:35.833363','2026-11-25 17:09:35.833363',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(4,'c73f8fdf6fe4da001961f6671e0c82e5','invitation',1,'sent','Invitation','novantra@acme.test','dave@acme.test','dave@acme.test','acme.test','<EFTFebAX30z57uqUmbg3pxlh@acme.test>',4880,NULL,NULL,'2026-11-25 17:09:35.964307','2026-11-25 17:09:35.964307','2026-12-02 17:09:35.957953','2026-11-25 17:09:35.984649','2026-11-25 17:09:35.984649',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(5,'9df6ed7774e9020af1eefea2236c8b28','unlock-code',0,'sent','Unlock code','novantra@acme.test','bob@acme.test','bob@acme.test','acme.test','<ntI7eJB95K74o5lHkgwnwhFO@acme.test>',4454,NULL,NULL,'2026-11-25 17:09:36.267421','2026-11-25 17:09:36.267421','2026-11-25 17:19:36.245449','2026-11-25 17:09:36.305648','2026-11-25 17:09:36.305648',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(6,'75de03c2715717ae162bc34d37732ac9','password-reset',0,'sent','Password reset','novantra@acme.test','carol@acme.test','carol@acme.test','acme.test','<GmvqUTTCeHCzuouskVAAjxAQ@acme.test>',4559,NULL,NULL,'2026-11-25 17:09:36.375601','2026-11-25 17:09:36.375601','2026-11-25 17:39:36.363439','2026-11-25 17:09:36.398233','2026-11-25 17:09:36.398233',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(7,'46e4d5f8c516b4d66d5e2cb94f10389d','invitation',1,'sent','Invitation','novantra@acme.test','p0@acme.test','p0@acme.test','acme.test','<Gg5m8vhgsrvILApNCrVLjO_L@acme.test>',4874,NULL,NULL,'2026-11-25 17:09:36.472531','2026-11-25 17:09:36.472531','2026-12-02 17:09:36.466374','2026-11-25 17:09:36.605758','2026-11-25 17:09:36.605758',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(8,'9101417c23732f76d2826180e0075ce4','invitation',1,'sent','Invitation','novantra@acme.test','p1@acme.test','p1@acme.test','acme.test','<8CoQPzpAd7o_izbPhUSSB4qH@acme.test>',4874,NULL,NULL,'2026-11-25 17:09:36.484643','2026-11-25 17:09:36.484643','2026-12-02 17:09:36.466374','2026-11-25 17:09:36.613950','2026-11-25 17:09:36.613950',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(9,'bb7670ec14b93425c1554d3f9a1108be','invitation',1,'sent','Invitation','novantra@acme.test','p2@acme.test','p2@acme.test','acme.test','<maBgdGbb1-2Lvav6yYHU9Nnj@acme.test>',4874,NULL,NULL,'2026-11-25 17:09:36.498110','2026-11-25 17:09:36.498110','2026-12-02 17:09:36.466374','2026-11-25 17:09:36.618892','2026-11-25 17:09:36.618892',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(10,'ff4c6c03f83c1150a6c55b0d09a56b58','invitation',1,'sent','Invitation','novantra@acme.test','p3@acme.test','p3@acme.test','acme.test','<7je-C8zXFemz2fWN8r_WMcUw@acme.test>',4874,NULL,NULL,'2026-11-25 17:09:36.510780','2026-11-25 17:09:36.510780','2026-12-02 17:09:36.466374','2026-11-25 17:09:36.624498','2026-11-25 17:09:36.624498',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(11,'7ea5155c664de623c7d81f8cbc8a1e36','invitation',1,'sent','Invitation','novantra@acme.test','p4@acme.test','p4@acme.test','acme.test','<zlHgaDL8HoA63H6o2rei6e_I@acme.test>',4874,NULL,NULL,'2026-11-25 17:09:36.523502','2026-11-25 17:09:36.523502','2026-12-02 17:09:36.466374','2026-11-25 17:09:36.632865','2026-11-25 17:09:36.632865',1,1,NULL,NULL,NULL,250,'2.0.0',NULL);
INSERT INTO "outbox_messages" VALUES(12,'4fce01b333f1b6a3187592a6da40cfcb','invitation',1,'failed','Invitation','novantra@acme.test','nobody@acme.test','nobody@acme.test','acme.test','<UKdYLGWToY5yRZDtSmKUFTdD@acme.test>',4886,'v1:b7e0f825:Ct4PVeo23uGTrLnnU3CUUCIMr1wD5NDdHmRp1aeSTUOWLAbq1pz4QO7j6mJhO89M6F9SYoaHvZq6KMNjNMqg4JfHFXveMivvgrHJL4EhIa9sU9fEvhcDuIT4D4zyy/I8+eYsMxb9ho875XeSxc8TJcwLcgF82qXaOW9kM11FYrQMFlS3i0sHd+fCq1i18xvwQ9eg/DZLXgrZ0NT1zw+gBYKyD/e/YWxwC0AkzFNyKx3wXvWQtDsmS6RVeAUCaGeh3fpZLGcwt+TGQB3fYJc2IPAQhA8VNhXss6wU1fL8yU8/emXNkDlynrB8QDAs6lB+Vyt9wqcz9adwFGStbHv4PRsbCGCgiuRJgycIFWhiIKfUZVlSUaHDHtOeni9qr08ML/GyIpykwSMSCjuAvEpmfzAxoIrcJ6RatngYVTIdRn9tpTvzJChLTVeCd62CAvq+nMZ5rIFh7Ll3cKFqYbRFGLvSBypIAU+Kam+lc7SDDkq8U55t1S8CMBDPrJaSGWfd4glM6/Ywl3r5AHrps0fz+EX1f9jmiyirRF/Hb1zIh3i2wh0oKfK6n7LyxKNhk3PDOX0E7n4uM2vohSLm7Vajz3of2x9HQNYQ0duA/zEZY0cXxoqVdYrzxeDo9aqqUif1uJY0wF3iXe8rncOFm/lbQw4HJVe5QOnmLt778tp9iz1HKsZcu5reDGd8mZA9Kg/yGbuKXbhl+qgkO2yqZ0zl+9hT4eELXWVmmjwoYd1yVBk8yYXDyQ+Z0nE7eDyxMOYrWkSkBXycBFUKcgpH8+nFh1fEgszKyUzAhMG9TliZuHfb730nUGv6iSzMCmpm/TnnRcJCl99aK6JU+LVQ/x8oMF5Sk4RVCGXiyk+Xt94e5PmciHCTO8ZfZd1qNOuyug5VUyA3t4qnzdjCBdLClv2bKcegT+vHxq7JYpdnWklQjGLm4uXCsxBkkHrOMwsnjY/AoBVZrAQaKWkKiZP3VL9o4OeRyLZzBJMQjzbFZsKYKoKyhFWUHHiE9lsnakRmaQ/Bs4Za2HzinkGRfifoA+WEPqA9eP6hyOsEb+7ISwexjuAMouoJdt+FozmZh4tx+PM7twjOpbA/AKQrhtKVTLxfeQ1RmQkcVMGVkK2ZyPUawlZyH9gG+D38ZHmmchdLbZl2km1LrbBJWiSMmNS/8LZEQiqMKiSKeLdMgAiJv4jLP+YfiOWEzzgQLu5N4nW/BojNMNkdhBR5e9J04Vmlwh6rsKTlXGL/hXka3Sa47OXYuq6i3EJnYuJaR+QH52VcPOnz0t7ZD9nuCewKeMbrmhbCGKX63RH+9tapjZYuPNqy41Po5LpLXYX5Aax2EwU0g81BVttPUpYc5jF9tRwv98tJyyyeCjwI5ZB1WPaDPqnxqqecQM0xhACFKMIil38H/rD9uWoKsxALCAYNy7OgfU3+gsY9s/VWl5nYqA+Nb0SFddg1OiMyk8h8SZBOOjQ07y8hjxIxn43g1xe+/dxAa/3plcuRV/8De/KpBkCHURaoJq0rX0EDBQQpFX+QH8Bg6sQI5qCYSGeCSVpW+8sDILfHKp6nxCZr8Stacg/KGr6Mgrs5TdBsteV2VtPL+OnoifXIGP8imwYkWPGICNrGn7GGCrQ87iVuFYJgUODMoMq5A50ykhC5lJ9/wYg1glxc+WdR5Upfy4OmNZUmGqgn4aw+MlmpTWrPW24p1m7aN6d8aES8hyMKxpSqHQySguVpK++8UjZpOX1DefrJLhG59UKvADuKtEJVnRKbxjK4UaHLeRVB29lkQEjJq2JVpR9pdNbEic4zFyM0XwkzOeR2EUWUIOt5pgab4hdZ4JWLyKEvrwJiJl/hTrnEjZCbUrKyLP052kT5wOA90OS2h1JygTWxW2M3txOJh5SiopWsJtc8SnpaUr3BzdhgjXDbTSp3WXsWxBFOIdmQhfStjKqtAQ/boM1FkzlcPr3NQ9Wszfc5fJdyt+5wTqhWRv1pzttwhaWl06pjD0wYw/2SThMRNCiR33g3YI3CprsZ/+skzvH5Cu1y5pLsKz+O6RSy5wOPaqW+KnTTzJkRdEbNVOZo5WGKWCgGHzFiDlXOS6aPoifvwfQi325yU5kQD6xh34orYlCqnliw8PUjBju3s+6waK8D7bI6Jt646Sk9dPOfGbM/AlLw0B3qR8Ad60RYgDJkZKfKeHY9Tdsxj0ReYZSFItTNyXIJ+nFyb5iNhHiixUzUuNIpyoAWlLab6QXURdaf1Co/88GKgS+j4KSDJefqjMNzkL3BacZ0BKc2GCV8EHNg+gUX0INvG7EQHTvyp4vlx2d3BmciFI4PciQhtQn0lQz8rlpzusahpaT5NV87n/rremmL810bUnfZw8qg9k3e9FpM/JyD2qvEH/YVowbVp7/fKsl3N1WxHp6VERtlP+ApqQfXndKiLzowEqbqwhHG2UR1Cs5jwplZmeYtJecwJwXD/UOpLrulC2T5ryFau73GgoGeDzp+5WXbMnRBq7E8HEPEkrNqkWXaJ7OXq+2JSKIlSali3pjvP0qS1wHa4Nv9OSKhWpyigU1IfYvfAYqtOHq+wixLRyH79lv3/qN3hC7Yp+XARp69mb31+oIlJGZx3tIQu/jAirFrOSucNhO7bHleEfln54wyNwMagQMtuOAnRRs48Ax8kjAstQQ2L4LpUgthqHr/zrkWpetcQjll4NRSJLGb/ICQxR0f+l4ZAQyZDL2FCaTrtjQROAqsV47u6LIDfnkXfHR/NujD/GxtvhCkWCAexNSSDr5bgLs0DNTuilfAemtXfQw8SNuIVKmZW7+MWcLLi5Y3QbCFh1aamOP7cHA3cqvKQxlypp4F6kHFcUGCYs43/w2URY+sovjPRKIyXaKi/CHext9mM383WZBjobui1WH3xA18w8HP8S4E3qZneKrWR7NdkAeNYTibvAkxh5knV+HAtg2bNGb7h7MNkpBebzG6W05bRIMlKOQshTj7HFnv6otB2COFCyTppOLnFBoUSn6gOToRxYCmJDHZUoP4arK5V0HBB2jrz+r6ZCLLfr6xV9jLt844CV584tG6mv/LxSwuR9RHCtL+hRi4z1DYZeF5DAytHa4GSlCyrYX5jX5D1nMlvJDgri2XcByqsp45iXL/6lMgJjmEkdXHEqUzMy4FhRxX2i7oDdy97GhAi7rPil3y+B0uSQnrERw880SZD4dH+udccB6WtKMez7qd3AWGbRw4sWXeTwZ3JeZOduETpxK1fzprk8gFpXL2fNxI4aTeCaWnZu/ughjkg75MtmL/077jpx2yElzNbp+ruG4441PgXImfIs0CifhNIJ3vYsypKoWZGwdqKMHw/QsM6Kc+oVhy1V6jkQO9KnbdvCWwhiNgYQB8k9/xZ0o8Qg39LzpnFmPIs58xullouQQ3kI0KwEV+uIgPx6Kwxlg3acq84xihijuw94I4UNoWSMlcjVtBeMvsYzygx6MdVso48dJhTooujT3pGiNAwH7OtzKSFstvZevSuWKigoebldhe60KA4I+MqBIxb6Ydz6E9+NBfWFVtjzbuNlwbGh2o7h+lnpBZvFVv5zT++XadtSYd9IwP5LVreCSgSCEhIdlmEVshSnT/7faVIOwy0eWQDFirS4GDwBsTJr5awuSxCku2dcUkyRqUtnpGx31M4fZ15Z1fO10OU2jT/pVgYyhNkATRQFjHidoG7eQFdsAucfLRSEGTOUgzTpUoKS8JoDdllAB6pf6z11w77IayLIvg1/2dzyo6JSbYpGKcPua9JuMZz4efvOSnYybTH2AfFBkDW+2j/RvdcmTI4QUUm2wMpjuv43SwgsVLp6P3SpMDdRK2ffQ2G8Iui1lwktxSYAO3Dt438HmodIYms64PcbMg4p9Tp8tHiKq6BNhRiZ0zkVZMffN7ZjpYkQH9l+zVTyilFw7W3+MrGo4QZ0BRh1JL9REU1kXbxhREumuLmcl4HC5E1NOHIlKUW0o3fKMwDiBYXYBtvvaVxpH97uxMrBCfL6pZwjRVky8yP31LbeA1WFwwxWrB4oVb/usbVwkgYxlrpwnp5YtC4JHx033AiuLMZwcjS0xdm44s7VSh1343qelxs1Y/ZaAZ+FusnLJ2u0rIlgNNrzg305evZpcS+p1hJ4ElrkHpZutlokkvGKXHMW3tTZnMP7T0VgkqMR1S9/SmEC87wpVvZUUuNOpK6xGcJM5ATEvGlhc2MoaV/nT/34hVQkVe1Nx6siqwRYoU3kEEV5VKzATAEO6cImOX+7XCAlV9qso+aAeEwJu8K/iTNvRsVYMV62N0DWdvOX/r6qes0TY8fCiH0DB5HaEnq56fTLVD8vlXfwx5IJtbU/orhF13TFNSR5ngsthnMUtRTpsEeqea9RSRRZEg5CrPBQu9zUjGRQFMTXeUDuLIunl/S+N+uOmov0sGr4bRGJcmzobs30A8ssUkhobB618J1gHux3twNFdwirISv3+dZuY5q53OdsjtEXyGxAZu/MNCr34KvYtAuNZiNkI42mXAsVRfPeQtyIKhY7A+5xp+LMKm7RdQExCUKcFtcsrzcy4Jclcq2tRTbNWjXyn07QFeJx06won+2Pf6110RAD/FppaP/90tOoaeujkVd6g0nUJibweWk2qhj08NR4I1ccdyASxYuaME8LHJxV3jvzrlInBo5xhaWCNq/ygvO+thJFf14DuusQtHHdiEmAs9kJVH+fbLiCSoO3aS0AUwntBJzHAS4iHqFJPCVWNURQ+H0OAlrbJ1VIgsuxownDfUpIy3xC5Dq/xaJzpODWLrjWoFAvPmhnh/M4mxxN0ctZjnKP5G3wvgzZXTeN3vTr4/NvFgAfRcVCBPm+lGZUa8d5sSAcq/AjLH0VxpYpkiA5HW55leiWmsrI+Ao1v/7mqUgnp+j0R8LUocYDXM4uESlxb+cLJ2FrvgcIm79/WfZozxKF7xNmMmczm5Aw/6uBOCio7IQbV2EsO3UGyYfiwl93jpN33HPOB8m7P8KDmqoIOhtxBVOQncw90QtSO6oxp5M0sTgFWFONQXVim8WAWYugM46kN1w1AH9OScw7LgAbb5J5zRlisB7/PswM4iADh+Uq9lk5n7EhkeePaaI/HYfkx7eC2gUxwCpPdtQZ8N44ioiAsdyyomttnYK/FfXVIJHCuIM9q8WwiJ0FswG3cXgyjIeJ7oVGcO+nof/HRG7KAY6JWRhJT7JqxtIFUa3NlFR16TG7CxGOjRZDbSPR4sZxdd74zZEmHmybnKBxzk8itFimSJxPfx8r8ffWa7TgEKV7Ds8zCNDODonimBphx/tdRIbAJw6hEPSv+FIDF/t/KY9ghe+GVTTPvzVu7iaTi41PbpreF9qPykivD9PK7m1XnVtvsRlXXf2jxfNqqS0h6+s0mzvnPh1zCX3n8d7EEOrECGwXvTitRxCnNYrtclPDNLM+gy0S13qpPE+PdNXc512y0OxPZPhbaWa53LgDM/QeJn1yAma9jeeqF6G7nWeZt3i/wjnP+z8EIdgFSHuEvX3yfblTJcPXgBVd6jpeSG5Hc4pbewn3PA0bI5K1Qs8MAnaInUe3PPCPb1CPBrJyOpOnjFc8F8axxAlg0T4h3E+9ki06IUMGFuFDZEeEL8NqmIX/TVtRkY1N3/7LZsNzxDqIcnnT9V+WqbUypJIt3IopI7OSBBfKXIk0xN8b0LTwEKnvQs1nOg2Yr/By01CH432+dtrlRajUxOls38dZklFwHmQdO19lP3TvjESk1QjlAzSNtLBqeiEPEryjx6VrrYDHrjrUHFnIY0uR05ziMeHVh2H9W2EPxvh0Q82o/BkevdSLGViUMRm7DqSsYT15x9OxKcJLQVnLuf6kVbQYg1SqTzHFp+Q5q3QBvQJf5/OGndr9YXE3rmqfGsiEkC43sBROJITrLZfqnE1S9aZYAy1fbiUTX2v5g3VHPHQZYkIRbWaKucK/AatzZjhiGiapg/ymxMkYM3D7kCVACz3v+IfT5pJ+m7ZomQlKid/T0PEnjTJNJT3E4eSUEtQO439uJN8lnfBU9OgObGykmu/zrd8+bqbOz2MuinHnnLgYeow0tfjzUvyp+XP48BwdYfEDeU2jizY06n2c8jQOcCCcqKCeW6Wj0uxEWFon11OWezbd3/yXtTTGoGKBGI00DSeZfyxfSZsTICtyX4owWpJaVJzC0xkER7B0ZqzreIMm7UabA5w7zWm6/nbYkWvZpkTp9yiGf1svY+YlByf8yvdFF0Mly66iHSxTZgPN4oW6zvDdUsi0j/2fb6qaKvP0589M1uqbdgTVZHv4+r50MX6CPHReiQ6S1E/0jgz0dblHmCX0ceMH87iB84/nvw3/n2RJNDqwn4barYzu/OHBcRVfA5wCDBCbjV0oTg+rapNRA/28K0YOqpCIZ/zV0vsuMGUGQQ2rUVEm0+6UoGL61kajhPBNqIy905VT8V7yKUBgZn/oBP90IkK4gIbBGgiQdHutrt2Vy0iIqWjwd8dYWZ/JJKMRm4s3D+q3J1swl1lDohuDdyKeQpaOi51ebTS0EEor/1jNuD7JYMiSQ14b9bI1bHr2H7EDsW','2026-12-02 17:09:37.185473','2026-11-25 17:09:37.194652','2026-11-25 17:09:37.194652','2026-12-02 17:09:37.185473','2026-11-25 17:09:37.217813',NULL,1,1,NULL,'recipient_rejected','rcpt-to',550,'5.1.1','rejected');
INSERT INTO "outbox_messages" VALUES(13,'b5a9406432c30b6bfa847b0df4b613db','invitation',1,'held','Invitation','novantra@acme.test','erin@acme.test','erin@acme.test','acme.test','<Kyuq6wp2i3J3e1dqE2ELR6Xe@acme.test>',4880,'v1:b7e0f825:4h4V/HfVDt+YrSJazxXsYCJuxwMKuch6/cmXfLVJr0uZsoOmUyZMXzaTenxHzSxnwI7ErDkfl09SvlWuTL4KFzCQcfCLmnaLS7hhBv29FqEBCcCATZIHiHDYxtilUX8xVIImWBJKLIKKJHPicLcjiZjYugRMsEyF8kT0a+pFkcTQBwdL9P8enr9u8d9WyWfG4pt+PoJ3ZCCr8MMSXK/vnr39ctcj1JaBJKH0E/c40EGL6py+dLEAsXTCsCeRUc0SeRQxgPHKLVR3twldvMQBtV/5moeBB3tPvGr+AcFPMJs4iJ/DzdZAqkkTSTis1ZHbrz9oZ5Bvhj7xb25yXbPw5La4hJWd/zmUMddVKvifKBXbE51Xfzj/uyEa8PWpFuMatPaVuw8clDG2e1mXgIetgsXO3db4hBmtbesdM+ovlEdhIoboipIGMnpo3onS+WtCqXjxQUQ5wn7QsPlcqz3San9Dzj3cza7uWUBeWRVVRF4iQ8k6C8df88FwdtcyyIfpV2gRvalku0gi+eU+BgqAssLDOl/6wm2gXqy81uGHuburXOfU2oCT47hfDOKrui8jmkgZwBnXa3JXMfdhP1RzVFogAUnE5HCB0nvzULVX/YynWk8heVFPoYu27+Bt56snEPktzVxIKpDijjkswXlAUXKpYpB7Xle/WaPXkevQGbeYglhG57wxxJdV0ou/xdNz8Tq9S26u3vqHvWKLPqQMvKRGx0RVueIyRjS6UDCMptwV66l5/pzeUH3gKglbn91r0+4jhQO6E+11yeEmAEpr2yFMBr16UBFecJMd+HauWDznXG92vu2bX+gVJGWOF58pRMPFxlMFEmE53tfttFmxGQ1UyevFjxeVmHn9R7OYXSMT6ELD5wqfLak9gItyJUZkDbjYyxYx+oFGiF6MeosrCIlqvHiJYhHrh49AbsT+zM6SezINnIoE3jS1CM/SzSg4rNw5YV/mKAlu2pkr+uLPzu4fpZX/NIHSBnbjkQz+L8+MKVX67oHV/U36iDpvrODETXg5Jg5hv2oLy/U0Y9ONwkPoyn39tBlsvT3e850uYIE8SJOIJtFGculWhpJ4lvw9k858J/cJ5Ryqyp99Q6dQg2waPF2c9x6EjY/9UbgjjvSc5Usrzqfy3l5Bx4k9+tgVMuJUfXGilQORp8QjKOwOQZpS2jN688yPv/VOI5kPXQZO1ABfK1p5rBzDauQxKdnfxUdlvXa1yWfh9q2CBqreN+gnP/MyntUOiapdiomaA7ebbXuxoHeiPbOQK13SIkMNd/yPx/1Ws8EIxLfmzEzUvvnEJ6Z0C3sMgrewMvQlixl+q5HLM290VwauRJIKq7pGoCP8WBOXCw0vqSgCaJ6KK65VIcy6MDRiiZjPiDWKXpgY64PcN/1fUcQuxW1P+WDAbfI/40ltqpGW8YBra7tuovCPKpfNZcRALr1zg4AACHxgQZ0A0PWiQBFpTHWK+NI4ofH7Kvk172VqK2uAngZxXvfjCjqj5j1L7HS8G1LQPTeBX8w3LZzL/2mDgFiFAZf9stekbW70VGLe1kU/LyRnZzJKaWsIQbTlYTeDyvlaAIRSqBj1Fe9l27Uo6DgDj4GPoD/gUTqe5KNo+CFDUKtStTC+tC//DZwu1ekMzkczXFGHCsLHqOtuYNairpOTK+KIyRhXEKchDIqXXwfXxxspxBimgP/SOqWK6dV/ShDFa7p839uID5b8W8jhKzrqsyu+d+E8KD0TkR33TiFYNThWsiUtUZKI0fqV3hh3o4ZBPP7bvsLa45j8DKL4Jc706RHjYPeAthOnb1H9UmZ0Tig9uIFPFd48AANp30ia4+SztYeMrth0IOfXtT3iU8T52DWYjaKrMwF9DU3HhM7DwsgSr5+VZ9ADKVzKf0sbtG5c/EkbhGtFE2YM0+z/7HbJgdMbYgJKNIOABxerMm8FueTTYJPXrLUAm07N786gx0cl3ToPonOhCnUmoU47/KvfXTXJPhO3ohbPbbAvJa2H0FEnY5f6W7oNnZxtvLWRdtRmUr3JvrOCp3KQauX5hAhK5SVuWdsBWErErc9EJV8EZb2pdZVsQCpAz5roN3h9IVNdiAV6TLhhmoEhr+xJR8h+rsEdhDBCTdgbWKerCab1NrCeF1eGrUEWdd/mdmvqEI7ZyrPM46IYL72GLFyJWYPAfyl5hDCn8bZbdQrBJCeWGellmqizuhbXU8xzRnRjYl2LK2mv9PYOwKrS5WPByfkP2R8wOVkHFoFe9jGXdq8OnWTSzGCG2luojQ0rDIB/kQoRbugo0QTJGYwRv+ppWygX5pvv0qVyJUvPIVVnUcGkjBlYxTM8pgHGlTAtVKFV9RhzAOAZSSWwc5vRk/d9+rHyFcpVUTQ5ZlkRhl0CADU1fROEinIDkian+wEFoMzeIXtb4mudoYKLd7ZkxWoyLxz/mp8ATuFITCP+ssUptAqGt3K9Nssgkg8Oq5uYth600dGGkoLmPo2A9WincGqOXLv2l7SUd9EZwM63USrckY7aRqnwAdnLMkX9JvTz+i1DhaSpMW25tZsxQhRCbMV3ac95trOrThgDcQedKedzabipsrjQsMvC78JUh29WWU9Grs1qu56nULdqBTBAnM3C0aKNJYhyncT54lFhbYbAhAXHqedm/nQyK0mLZbJLcyi/FaDVyzewLDjL+pDQ00AGvyVIn3D7+VmaqU1gc/doBqgcO5aZzPUe9qXyHeVdfi/HJs5eQeYepaO54LoUEbjUwGD7erEKF2z152nV8BfPeB80EkzfooXqwp7jHcQxhaxbIrSfkCCQuNadc3Z6zBE9p3/REuHCrWOg9PkG8FoPSO0qWqKwtDgOCfXRET/LtW/S3B/UF8cjUHmrqAuSc/H8plyHhZStPlmPrZZ317f3xFMNdqdHxU3MREGZ1VvsxnGQ60Ar7jSe3nEWuJFcpy0tkXmAfX0w8mvvR0ZgydrlD/AUnLXdOO8YE3N2egNB2RGdnbZlXP3Mtn4Db4Z/seuQ/VwVrqG0ugasa61mHO7WdJbcKy8ahMV0DSR9TDmR2BxB9iuBJF9nvgNhmKYVf5tQ3IGoB3oUx85NpvuNCuj7y1a9TxE63nRAyWpKPWR1BGRo7yPZlmstPO54GqSrSV0ywwZYF7MawDgypL6ukwaOUoxrPXR5DxY1M5RhA1l4ZfIVmcjnO2i8xXQWKLgAAO8jliWQSjNYTfTj0RpJ9SwQVMiLNmHpdfwDhWvsvnrOngcmTsim+xuR21x4CFJYwzfr1wzbf3ptrKpeGLEvftiWE2uvD59PFMkIeYzprxUwCwkox0OWK7QNuclSiznC25qA48mHJdEB1g2VGDfT6aHRU1ze0x6Unr9GxIqUeHH7GTT44ztw4AjqlLGkBq0r2xY/v6P6o4qwu0hR8phLqS0CTG1mda7KdF9SqNZCZlD1qAcU5NTQGrB5JuB+uMe7ermKAv8qI35ad80qCa1ymSjYHOp9Q/8TzPq0m1f5TSPWkXu3gq4IVr5IkZCALPPiWrV8YPbXkH+pEYmNAXYj+N1DCSXniHnoHPUWXBXL7tcyoT5RcrCdN6YCYlfGBSLbzjU4/8FA8yW3cqSGfbyVVC5w5/aXrKdIf3KYANGPc7CfKm2C7pMswYNKY9RXyOh3SMAdf0KiqoJiQwy1XihnT230i8tBmFgrh0AAB6abjNVRGKnSxtuRqFAjDsdM0FM/uiRbEHR0QQs93DOunAQkeeFHUliloqOlB/tqjBldCTX3YynrzG+O5wZ2PMxxG0PoXnoGeyAb9yVBS6IMUx8IX7L0535Xqam7wH78T9Isqdy+sfEbTDf+pSEU4bDjeeEM9V7dqaKd5YSPYmajG0OqwMHTGQKGjPMo+YqJg5JOlJZr2Rcw3skCLPhWggokFd6/KQ16jGt78vL68Vga9VK0DusGjgyQvKjvraNBIhdWQaNE9CkctibbR7Be0VnZQf3lqvw88ciIWDPItWZv7PBkdQVqFqDbbZzDIvUlNUb+2yz3fCo59pWLfWbpo1B13mzG7h4GxwhYDTSL/8P9xwXO0ec+YWgo5ldC8Ae2RsWvJSTgsJcOvW4X6PfMPuCw+3C2S2dtkHY9h4qh/iKd/DTkhs7mUEKYCBM14OpElzK2WC49W3epoEcdw3axLE/F0nKeJ8WOOSxt//Ie6VGWF3WXtmkznTDHbH90Ir7e/9LE1pSgq0Vvkw+HMEYPgGkzUbmFg/K50vF8joX8LAyVPUpi1onUeVki7ToUjUpkS4asjgMLRmFfJT6Dd3jTnBOlz5AasBPo+bRp99utVGgTvVl/0K4t+Ari6JG1e5v37VJD9a51nLDXqGRHevP8fcto9kVkCD4z9Od0jF4JhszFB8OuIKBo4Y2gFTfuHnIUwDiEpjH4wj7N0tn5RF/G7e7PV6Drn3yWYrK5iAZpZFNhhwJ9VcrgCoavxA4EOuwgwan6xXrqivVC5nxMJ5kv6EYIAnocm7Qj+Ycl9s3TgLmJEKP6suM+GDpAdvWBX1cz0CYKaCBv8o8Qw90J4Jkts79yykE4H3AaLhzeTEBxyHIIV0vFjbWmowcKvYrKiVA5RDZh9zbSEC8V43bs9A4AcrHIE9y0BCWkQ9H2INrg31H7EvkdssPP1AyTKoEFdy0sQcNtwbbPqItGbCPlvq7boYrrB4pYTZhW5xk43Usl+HjtQXmznfSp0Ufs8wdzVXVRlKMWQfIJ+UyL/Dm7HF9oqq7N6L8ndZcudpIo35pl843j74j6UPHCb9OE5ej3dE8j8PSUR7D5MNmIxRKMmq/CugXSxO834z3vkysmqGdUJTVJ5BKn8VflZYHaYyh2D/85ZrdziI/EK5BA/upqIYN8g0Fv1YOdVmVizWgOcQKKTc1kdtRGlrdTzZrQUzzUX6QaG+SYELKOGPMIMuE/DPzL8HlWPtwhWFGYY+no7X+rFNVWufCtuJKILz9zkXQIGInuoEKx4W5MLt88b9FxeQOdjXXHFkt4L+harejoqdlV/2x70i5xMUL/DvdetaIMjHCpDnfL8N4/LAKiN+f1cxx2rXPrm8oCafzMNPc+AJGNPpm04eKbEgAEfvJ7K0d9o5yugpDOFXZWhT+NGxbeiRJg0ThsCvIg4FJk5WLXvENMIsxmGG6S1ilyj+fVleq2tCFdnpFi5XNXWyXGY/4N4CvMjveFRmAN0p5K3GMhtTuwfv/C2VEHWyUAGO0tBpoAj8PH0upm34foTxIjb9uBIe1gxroY40dYBhyRdZuo/VH90foeH1aJJA3Aor1fdgH7JGLQtq8Qua7/IcXsyyJPpsRD0/R3loUZQSfmWtC26Vgd8EdYy8abyVWw+nEl7fk6GZ6i2147dGWchobplOiPX5chfyvohazMinu9HuiM1Ul01LcSd9nTIbi52nFX8Kn/wtVSIinF1ttCgIGxMFJngY8FEEbwiEU2WephGhFuuNZOC7fApxlMr4j5za3e+RgA9y7gnXF+KvH7GNMV7oCypuXgnYO/vrhrsWbYM0qWYJzndBZW/su4mvY5ZvBFgYJ7mu7hk6kmHJFScy8FBeaEWgFi0XY62GQVvWWHTMvBT99uaKxN2f2ItAZd6nnVisRRLe7iCwdO/gCLUYkH1oZQmBTVO99JEkmZHyfIPtYU4+tFaGpPTK6+/1wMiOvELw9DMcv9ESkztlJDxOYe25jplf80fgVsCBHL2ZpwkfOdVJAUwvVoGdcZd5gS4shuqRh6M/G2DZ5Ugc97SUQ0zl9NfYB2/TskzPifuqr8HWpz0pbXU7Oxzw9fOHT+xSUrSr1TOZGrHqzl5DWvVgXnysoGnr+e2MzWdT/DawaFA39Q/UiiV1dYzrOKz7z72Ty2agcVW6VDX2xwopMzxbLmmW/Oq0OLSRVV4ycktvkueXNa1n5Kr2foNn8FW+Y4fBmVHEu81pG5cHzbkNaGgOVnTTlwNQ4tqhDapYv0QJFxfybmiqOwoFHsUBNzwt7smwC19z6lcIShBXr0vXNFZjWyQbmBmsc4vzVlc91fRXG1SgsGEurPPtjYyZp7lLp/rKdaOndkDflqBnm3H6LH8MF78NgvIJrHHY2FXoXJoSmgFO21NCQ10BAAeBH9/dabgBOMOOjwwPnFseoO+c7MitqBuesn6p4zDLEfCf0QDCk1+U9Iw67066+jW7v1lbYaDHTQAnsjJ82WeGzAzpfNh1S9eodoNOO5We25qqejq++O9+GVNxJFnxNHhrn6hrQ6I3fb6Z/0p2eHVjOLPLMgqB69oVkpKh5nXJqp8Wi/DLVx+UDztkfDTspUTosJx4mVeH2C0yYk6VQFhD5n8pChO18cQxEOMnuIbGaxQTz0Db5AWb92//LlB6KGQjnsl63VNHqnWrlK3NUzib53gO/n7/F0fLrmFIKKA5pDrlBtObjSRhXmVhA8Kc+PAEHeC43hOPXJLe+xemYH9T0YJAQoE9SYwB2vVhdzAozXmeb0nSHRO7inJF/o2fZwj1i2wdjniuTma42tzaqis7n3xdFGgZf4r4B2Mx7lGH4wM6+lBR+HeHiWQAo39UwtCVqXdKgbOvWX',NULL,'2026-11-25 17:09:37.704850','2026-11-25 17:09:37.704850','2026-12-02 17:09:37.699994',NULL,NULL,1,1,NULL,'auth_bad_credentials','auth',535,'5.7.8',NULL);
INSERT INTO "outbox_messages" VALUES(14,'eda5f9915110f1b22425f2fbd79c80b5','invitation',1,'held','Invitation','novantra@acme.test','frank@acme.test','frank@acme.test','acme.test','<jh2l2zLN85WXUTwchxUMro23@acme.test>',4883,'v1:b7e0f825:OPF3Sj14amwcIgpdUPtSN7dm0dQOvD1yTwT2uCo3ORX9wl6IEOjar1Hq6gPP4lvhSZI19hhqZa3EZjdm9LNVLCDkEiFRMSBbAwPftkXjtnUtCzAuTULUiEYKwDZIIDvh7ZBq6ULBAhd+xGC3mC/lurOHnHqk9UTO04cgbdS+06w58PnT+FO/MZ1bvfDs4MY9CkTOkPdZBmlkmS7kOqtDjolxcMR6jc4LbgF+G4308CHyGYJ/H19lbGevFr4emVKoeZTziuDC89NREe5IFyKRwpMyGIBCWCWDAadGLKVLsX+K9P/0WXd7vJ4RdDp6zakVRdo2y5qfm+/R3bb+ahvVsx9rYabDrUwnbEdvH34AEejXYXd7lMyMrJKNrJtTD1qkcMVg3kH3M1Jk0BImGi2wBR/LgReoNCf+t+f3DcJtM8HG7sws81Hrf6Mz1JQCmG/qzblKNdtEvt+JsipSeXRFpDwdSA82cvOY2g7CvOkPXxDv0dx4qeuhpK6gBleO3byQEl32xpdqjEPCpB+kWakoAysJl0K4onYfvmdAElGrQcaZ0yOi5iUIxq7oqVqiSpQh6ZO1/k+Q0xql5LMdoLqVkEXwVK+gv3sDW5c0F0dKlUTf08ZJbYcvR8LN3oqj1tCcej+lYKQgdmDFvDTbRN8D68ggYuv/c9yTQol/gYpUF0mL/nJOGUD4JOllitbArtLdR3g8eaMVgryMbEXwDukq9ePPamdVIZMz6pg5EMszqK/PnHXnxTaRRdjAHy1Yj/x2r0ehpCz6vIN8odYSy6sAIFWt1hjoJScZFix/2qR8lVjA7WuzY6DbRoOu9X897kzGfZZ/K9plEOFaQUJWcQHENyIBurCbwQUBcHeiEREMokl3PlAsMwwDeU5qh92XLmJj0cLW86uwf4bI9zw7DSzexETMEo3JdbgDnHqsuk6/M9r5kVZ2sqsHCI/Mw5tVDTTYJ8ietZgJFu3CAIaQaxicivxl5bxWAkZyI5L7rfVGe1qtQBdBNYgXnQVxikEDAVnmaMLLtKlvI9mBwstmp+hJr0K366IHUV2iBCn/CJh7nVQkXa9s+dNdDRd5bItpPNG94pWprW/c3QWSz6tMDyzx1rzbA207kHmJJ8ggeOY31l+TxRkIbYy/EQbsy668erucCHaovQU/e0OlIodLlkqK+QeVAKZfjBzs5zdpJCUZyKtyxJfbQnM07MTu1Skrm5i1P2maiOJZ9dIRc5a7O7SyiE8VsGbDdkc//CV/58DVP9UQgd0KHSqgMEZXQLogX8Op/YNJsvDLaVnZyMdomZ/LsE07R3VuVQkzrVUXXqisJyH0kg4E6gF4FqLsICS1csjvzmSc+X6U5/T3udajva9H3YGY9rFYT+FgEdMPhzT054YL6+bdJGZKI0yNk+Mls/v3xHH8HVAij9UwCm+RgyW9R0tnOegNBWDVvawvS6ZiNyhoVjBsvuB8Ige0+fckQB/YERQsdlcQdXvq5WKaRWlkjOhTIFBZ81hQD931SzNFOpaIywBFXtCKXgsYdkkzd19l5eXFdxjr0T6M9HWHtpIQqvY3R929dxDFBVBOqB4jfBl8dIPsiMRqSOMvIHS7K2I8lO1XWCTLL+/3XPSq/2GHEjzZ8M50VAn9CUHgBQXMJE4mlfsG4afHFgQzvqZJPJlqusTcAYQqF6o5lxgMhcs6ohWN9JB1lOB1cznNGr9NRA6HJJXiwDXecdqbxGssVCQIYBnG7rRP6kPKaogZh5ZhDyW52XYBsU1/zrIo5J1eWKPYJlwijI4TD+Fcc9JifuSdz9QQ8hSFWErwiIS6i85XbR0BDbl/XQ3z38NI31VbunALb+i/LJnLD200ga8Y/yE351b/O1RJ+aHf1nLp9FL24wpQH+1sE/Fx09rHfG2X9w4mbg9YZGD8k44c+lVJ5603BSyo6gkPmtgDVQE9xm8TvvrUWEzFmu5getvfZbsbIu0QuK4314xYb8yUeeiSVhdZ9OuZ6Bi+lisdTUAqRVCB5eGY4I2hIPT+eTINk4hD6j87WqFkHwjNS6nJndcokWSlTq7DP7fKaKAuKo1a9kPz/GzXfw4naUon2uGqvGEfk+x9C8U+6rShPo7HBcw7YlLXDYQcpggSyDM8jBaJWKB9j+uoDWQq9AfJ6bzyreippZG2e5H3IklLs4sXoR/WVem6cSN/xwLLjCPhUo22KQnrx23QeQQyqxxeFSqUtLZlt4NdQpBqrT3Zy54InLQQ6I3vWj0nvjpgx1x2jVwBsSBuo4TInMFpbapfjyiI5aCuLBmp02Fs7B+Z1r8KR9l3JYyKmNVhqNemFplGEw262nfyuH8PouO8SIOz1RXGaRXyM5ev6zdmV0TP4qW1cwkucMIALL/4zNIDzrSoLsjfBQJ2rkIm4RhdkYAGI4wzmSWA3hOLMHUBFppcqvAF+JXkwyAgtG3XSaxMdJzlQGtuM8TJySfPmDPzAjFERnOAUl5/HVM6tXdylB042HfT4Qqi09RSN73YDtIqbWL5Dh2wBpADxW0HcF28LzwUcdP4HSEAiRMhoDhHytLuYIjTJcu4q+BMB1KYNeFcuFbyUOfr7ZZ/0JbhvuqA1VewTYRwS3l8s32d0MC/BtnEYoKFNSD4r+4GMNmUxjv/8Ns/iDalZqySq0ynz80tdlpeMv+lQ3sk0mqHcbZ9rKnv0XH45hrtnWTIOpKgJZ2gu+pQVeH3jn7zyKJlq4xHulgXQK6298uQwempUBIyTf65yMXzdIwLNey7sY3ZEh6mZvrLObt4+AKLUkk5Z/YxWuGLCbJOyC8jHB0I/4hh8UQAUB+JEJQ70fBiM2T9noq/ZjlbU4n8ipaKwHNADRJqJN8gPeVMXVkv+FlDg/flLFvNNCrZqNzOtfLic+0SVDs1vXWT8EMmPEh6tm0wQ3Ucxu3BQWiLgvZdQeNYN7INqz1gdvqAS5VpidU5/YuKNLZwpKZQruSa0ZANFzPy5Fx4u57+f59mTKVSJKyw6bnkFNEhR6jXLUZM0OZW7NppQL1SYqQKrPUqKtm+L7ApQO8oFZUW1Mb7OYRSqtKbGASP5nvdxvnJnTdkB4qe/SpkWlRUZ1iF3Zd5d0IaoDorDRSd6cT6u8E047+MQcNaNIbeAifURdQsqZS2kxH9xVILxrw6oTE0zrSz6H/60uVBTkqlEH5/OKQHZd0TT7w/J7Nwv5pibBdBui+1W1iQUvXtLYzSkbXiwhVyrei8Gb1O6pTPbb8KmkH409+JsPT/5GXAs+9Ka3Ybn/jw/YHWJd00eggqaQXU4G9Te4UJLBDT3ZJtFpW/4u7txPr43TVCKh1dq+TO4MlnQLEAk0bJ5BYhXkecdp6XG7iXwIKJL/ryePYD/YdfmMfaqhw9JUgdms1fJIC1RliUZfCA3TlbWmtH0+fFPWfwh4yv+jBRAsNsyWI/3Vji79Y4gQaouwuVqixu/5tcjLtSh8okQG2akF4mhztNge0XHZvEgdmoRd+FtQH20NSYjjgMGHPxVjg63t3KtknhE4YoT6Gh/Q2bYKShLNnHfrejZ5owo9DPcOPb2crhP0Delmy3iqIcdG/vYTFwP1/SArpekbpczuqdX2/jNEJXY5keEKrRTrYwT2uPZr8h5DGvpghdY6s86fTUiRiqBdEskYXUnLZ6DQ0IqDyuRikrLUyqRLfzC4AE+tc575eKgCTtEAVFQXTpcvRcl4Zi7KmZM+zNX8fbhdqD1wOiEZIeNG1eHcdZR0gPVrm/ziZZ2PL3Gg5ZtJN3orkJz9rC0nV3rrHOatwDh9mkQ+UpnX43tj8gt7mGZu7kDXU8idgP1/0671FD+JjEu/em5/U1PU9SWDQ1BbLqBGaQx6+o5HzlZpOWJ+Pm+RT8HJwYR8yXsO3AiujbeKmIqgNxZF7SWaUxrLpjIwZphN6kSxGo/A18Jr+HSkKhDVrnYGV67R7J3XZVLJP0GnCShW/rdTuBViGYbwtOY3tJFQ3V3yAepRS0FdCb8EZm59/zyG+aB9oltUuxi1i8FGiFWREZl/We1LMj1yoDor9CSQsD5SZeG3FxkMOP2OY93LqvpPdM4XI4FqB4CuhEjompti4P2JGExiaTdYrqaQktf2ids0yTO6Tfvz3XgIJQ5+rVjCfRKKpKbbTFV/J3s69n7BoGksg3mS/mzUcpiFg1DNZnKrA5iBILccEC2MOfIOPObtuGEIpZF0nbQoRQ+osTxXnFuNEMmwjGhui6pjtvzFgjBJoidAXtuzLIUA0iTJzaN41n5ZBdP8QgFchEw+HCWxOAPZYZrRH8AVyg3svT4xcLczClh6NE8HvsCEAJZNZID198k2Sp1crKH2Yq7I7WkRh6ZMZHv3sREQ90wCFgyJ9N3orNTISqCVzbX9hUutLs8WHw8mjZCWfI2TOmemIC2QoN7eWHnp7lVtmRoVsWh4Azvrr9uaEXiAHVjeDyYBZ0tI2KDgMUajdPFQWCiFbGiZQEbnINV0N5CXMRSmEkUddq7sr+Eq+0aU678Gm4rJyuIaXc9gPtWaue2mFy6Tlg8knGKV1RfbXoOVTXlLa0R48e6U86Yvkr80rl4CVwNU3rNSnJgt1symJ95WLkKEH4azLasWXf1oaswGH1BT0yaUtbxJHtjBJuV/La+1+WbylQp2p5fwpmuueVlwA5tW1nJfREzgBJoY6CRHVfy63a3DDw3dyPzzDhQYFboHdeYbmE79j7/CaSAv2Z93uz/DFRDKsb8hRxXTxZdvemL3WOhJhi/DDui+72Q1zHorHY1AXlnMSiZIAdrbb87WWn87mfS6AptDsH2fKVVn2R5fJtOAPhd/M43RDc0xiWMiEwTvSBU87H1NacMRX9WEPjKrXIl8UC8CK8WrwClX3CpnR0QdsTfuQw668nhVelXnf8tF6FmQyEzrncOlsCxMUgVblklxgiui1ykRWjW1ygsavsWT5QzEFxtN8OhG6vzPEvWLQn9lzVgEs3kBPNVzRdYREawjaok8s8a7G0WUmhlNj9QD07RQSLcRIxZrrRHwXyuZ8ARt2xQ/WjCrk99TY41YHvy10gd4xsHr/4lYUxxW2Z3eUScpKUhPkJ7SYiwt01r6vEoiaaW5NWmTsNS+F/v5QukwyC6W226Fe9yNnUdHPwe3C9NvGOSrcmI7tIXWzJDhjABBEnDbuPPh03RJDlrCirGfWGClvrHnTaa4SiosjNbhypFx1U6eJfTyXPDNpZXF2N1AM3b2ymN7OFXMQZWI9Mw95/oZTZTJ1jbzUFvb0VmVG8EM77CCM3MRTBFT6CiK/dl7i+Pc3jcYETY9ab6MFDkL+Dr7LtbbmhlcoQm3Xko2B0rhMxyIzbjAWcztSuDsUxhlauzJtUZqORFkeRsP4h8YkRTXE8donApIa+3dddtUqQaAC4r8mJIbFBbbKj116JI42bmkXi6wu080TNPbH2IANNmbiLYJPRbDvfH4Q12MZi7prhTo+s4QMhoFK+fMohuKeV7uSR1ZFkGRWfVfK2iFT5G0Q5cruXLeUzp+7As3z2bM6f1s//MacjuMVzP/52yp1mpEQxUoGn9nobSBslRZb1HpTLoa/Yai9B+o3OkjicsfnvHR/Sg/2TsvpKFINi6gAjaa1oaA1+Jd/vqnuY1dqZ5lwCy7vmEf/WEredZIowzlI+u7UzDLRtiUDaXs8Q9gP2w4Rr4GyBnr1+DgiXSd3kwgIel+lpr+nHlcG2A4CJJ0bZrJHhfvPOKKVtvwxC64kcVg119ftNzr5hAMqDBwzr0hQ9X41IHt3mmIMsGmJf/GCpqo6/XTUWSSZC9hKanybC88YWZTUIWYL7Yz+IGsb+32Hpmcp6x/cZKKooVVUnB2OFzwOFd15ADSug4aaTmILfwTuvetoDMDcKvukTA2HeEyT8SX1DRkOWM/Kag7Taf1dXLHSXDvC7rGJS8nZGYfFLc1EiJYE56jU+b43gm6+Lj2QrvM34J6ReU+iL/En4b6uKj1GTvl4agxjZhKBPew5szb+2hRS09p9zc00K/R1DsO+T7KfHI1MX7llWqMGXqWlO0JCahvExPvQQ+9BvZrhL0FfYo6IUXVM2StxgQi76hgSesu/wUbzFfTnBvfEV744epY3lh2nh+RJWrpwSQpzWVNjRlQq1ZsbITjFytWEiF3+f4/4lBUVXDyddNVR2ObOBfUW9e4vr+kz9bG2uVk6VQuS0u8rPbxsRw4ypWbOwk0FAnk+N6UqaAOIMhT8Jvvyoq6I+x604XbNxzytKDu9ZTOR+wuux28VYPYAC96t2U6o1Bb+BVSdkeelBy91IP2hDvjfy8AnA3gJ9uY5thqspnjsaN3pljQZyjsW/c0fGGMDuZdBtTliC+AWOF+BEAaeHOFTvwkT53dv1ctmvbiX8lvgwkkWhXnFUWSGlVr2Nk/b8xJRLYne3ewJ6ZDbAB4VafvOfQshJv6gvf7xPHBIq1tNHb2OjMoJ3oZRjGcyMCXV1/R3Ah4Z/pJiLjNUHHla9vi0zJ1L33bbBN+waHdppVmVVU5xL1JlGTYmufWsiSVzEwJiiyDiJ3Zct6LRU1k7obUmuMIfdVGIlakFU',NULL,'2026-11-25 17:09:37.854944','2026-11-25 17:09:37.854944','2026-12-02 17:09:37.849247',NULL,NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE setup_draft (
	id INTEGER NOT NULL, 
	answers JSON NOT NULL, 
	sealed_mail_password TEXT, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_setup_draft PRIMARY KEY (id), 
	CONSTRAINT ck_setup_draft_one_row CHECK (id = 1)
);
CREATE TABLE signup_requests (
	id INTEGER NOT NULL, 
	secret_hash VARCHAR(64) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	email_key VARCHAR(320) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	confirmed_at DATETIME, 
	completed_at DATETIME, 
	CONSTRAINT pk_signup_requests PRIMARY KEY (id), 
	CONSTRAINT uq_signup_requests_secret_hash UNIQUE (secret_hash)
);
CREATE TABLE throttles (
	id INTEGER NOT NULL, 
	purpose VARCHAR(24) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_throttles PRIMARY KEY (id)
);
INSERT INTO "throttles" VALUES(1,'setup-token','b59073a8e7acc142617db7dbc2608ea3f88d7cf6beab976d756d22c354396617','2026-11-25 17:09:35.144331');
INSERT INTO "throttles" VALUES(2,'mail:verify-email','2e8e4d5432621a31f2e18eb774e99046c7a3c405e675bcec7c024318f6e12993','2026-11-25 17:09:35.369702');
INSERT INTO "throttles" VALUES(3,'invitation-to','54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec','2026-11-25 17:09:35.651407');
INSERT INTO "throttles" VALUES(4,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:35.651407');
INSERT INTO "throttles" VALUES(5,'invitation-to','82a5b40ab8dfee3b3d88b0e7666f909a7a62e88d04dc2521012dee8addc29c4f','2026-11-25 17:09:35.815591');
INSERT INTO "throttles" VALUES(6,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:35.815591');
INSERT INTO "throttles" VALUES(7,'invitation-to','75b7b44fba6950e0763be4800c034311228f3d3ab942424e9b229a907f04b61e','2026-11-25 17:09:35.957953');
INSERT INTO "throttles" VALUES(8,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:35.957953');
INSERT INTO "throttles" VALUES(9,'mail:unlock-code','54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec','2026-11-25 17:09:36.200638');
INSERT INTO "throttles" VALUES(10,'mail:password-reset','82a5b40ab8dfee3b3d88b0e7666f909a7a62e88d04dc2521012dee8addc29c4f','2026-11-25 17:09:36.358640');
INSERT INTO "throttles" VALUES(11,'invitation-to','0b69b9c5d77529f4fc579ce8301f43bdc1313b8af2afd86256697c1cda85e1a6','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(12,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(13,'invitation-to','002e8ffbf533626b25144941df61b4ca99d57faadd50a344ec3472de116a7bbb','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(14,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(15,'invitation-to','65c12b7bcd993218ffdb81d129ce986a51eee8b0f137eb0d57e509ab88069dda','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(16,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(17,'invitation-to','c9018a29df2764ebd0c09a8e889c1ae17b7bad418f4884851826f63d5ed53974','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(18,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(19,'invitation-to','cd8e1855f348603381de6163109cb650dd87d54e6f9c07b0381e757784925620','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(20,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:36.466374');
INSERT INTO "throttles" VALUES(21,'invitation-to','9986b55264ecd48df91ab9d69ec63ad3ea4618a48998e14e8d92fd56671bca00','2026-11-25 17:09:37.185473');
INSERT INTO "throttles" VALUES(22,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:37.185473');
INSERT INTO "throttles" VALUES(23,'invitation-to','8e01253bbb24d620bff2f9a2bbe958d1e27798026257ca713e5983a78e272618','2026-11-25 17:09:37.699994');
INSERT INTO "throttles" VALUES(24,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:37.699994');
INSERT INTO "throttles" VALUES(25,'invitation-to','9460cb8c2cc5ccb5bfbe7876ab838a28a669ec30d292404c177fd5066fd764c1','2026-11-25 17:09:37.849247');
INSERT INTO "throttles" VALUES(26,'invitation-from','5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6','2026-11-25 17:09:37.849247');
CREATE TABLE tokens (
	id INTEGER NOT NULL, 
	purpose VARCHAR(24) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	user_id INTEGER NOT NULL, 
	bound JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	voided_at DATETIME, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "tokens" VALUES(1,'verify-email','48aedb76b6eac05c1e3a0df516a775f7a17d889d0de7e87fbdbe162eea1efcb0',1,'{"email": "alice@acme.test"}','2026-11-25 17:09:35.369702','2026-11-26 17:09:35.369702','2026-11-25 17:09:35.531246',NULL);
INSERT INTO "tokens" VALUES(2,'password-reset','c41be4afb3ce1403e049a7a9ec1585a98ed026b9489e6284c3416f20c81402e0',3,'{}','2026-11-25 17:09:36.363439','2026-11-25 17:39:36.363439',NULL,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	email_key VARCHAR(320) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	password_hash VARCHAR(255), 
	email_verified_at DATETIME, 
	pending_email VARCHAR(320), 
	is_install_admin BOOLEAN NOT NULL, 
	verification_waived BOOLEAN NOT NULL, 
	session_stamp VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_login_at DATETIME, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_email_key UNIQUE (email_key)
);
INSERT INTO "users" VALUES(1,'alice@acme.test','alice@acme.test','Alice Admin','$argon2id$v=19$m=9216,t=4,p=1$8pFFlyJtf6fYRWYpv3Ytvg$D+/jdlPYGLbtkhNvoa9dPtMC6bDuHVmjoovKdbjvdBU','2026-11-25 17:09:35.531246',NULL,1,1,'8e9a9469bd27e952d563056f8ab56988','2026-11-25 17:09:35.369702',NULL);
INSERT INTO "users" VALUES(2,'bob@acme.test','bob@acme.test','Bob','$argon2id$v=19$m=9216,t=4,p=1$MwZ8CTOe7MOKsKpk23Mviw$Cl7/jSxT1W926mxxD7xZGbA0GLDF30PyQ+z0y4yd3v0','2026-11-25 17:09:35.775328',NULL,0,0,'2c3eeefdcc179d3a61f84f36728d7014','2026-11-25 17:09:35.775328',NULL);
INSERT INTO "users" VALUES(3,'carol@acme.test','carol@acme.test','Carol','$argon2id$v=19$m=9216,t=4,p=1$Se0BTfHh7raHgj1ZDGG/wQ$Bkp7z3G/HOCTD1Spp/44Oehx4v3INctlptsmjdt+9bI','2026-11-25 17:09:35.919514',NULL,0,0,'1b56da0164c7d89dc6fe1d238a865207','2026-11-25 17:09:35.919514',NULL);
CREATE INDEX ix_audit_events_at ON audit_events (at);
CREATE INDEX ix_audit_events_tag_id ON audit_events (tag, id);
CREATE INDEX ix_mailer_test_sends_user_at ON mailer_test_sends (user_id, at);
CREATE INDEX ix_outbox_messages_created_at ON outbox_messages (created_at);
CREATE INDEX ix_outbox_messages_expiry ON outbox_messages (expires_at) WHERE state IN ('queued', 'held');
CREATE INDEX ix_outbox_messages_finished_at ON outbox_messages (finished_at);
CREATE INDEX ix_outbox_messages_kept ON outbox_messages (bytes_until) WHERE bytes_until IS NOT NULL;
CREATE INDEX ix_outbox_messages_kind_id ON outbox_messages (kind, id);
CREATE INDEX ix_outbox_messages_lease ON outbox_messages (lease_until) WHERE state = 'sending';
CREATE INDEX ix_outbox_messages_rcpt_domain_id ON outbox_messages (rcpt_domain, id);
CREATE INDEX ix_outbox_messages_rcpt_key_id ON outbox_messages (rcpt_key, id);
CREATE INDEX ix_outbox_messages_sent_at ON outbox_messages (sent_at);
CREATE INDEX ix_outbox_messages_state_id ON outbox_messages (state, id);
CREATE INDEX ix_outbox_messages_turn ON outbox_messages (lane, due_at, id) WHERE state = 'queued';
CREATE INDEX ix_signup_requests_expires_at ON signup_requests (expires_at);
CREATE INDEX ix_throttles_purpose_subject_at ON throttles (purpose, subject, at);
CREATE INDEX ix_invitation_batches_organization_id ON invitation_batches (organization_id);
CREATE INDEX ix_invitations_organization_id_id ON invitations (organization_id, id);
CREATE UNIQUE INDEX uq_invitations_open ON invitations (organization_id, email_key) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
CREATE INDEX ix_outbox_attempts_message_id_id ON outbox_attempts (message_id, id);
CREATE INDEX ix_tokens_user_id_purpose ON tokens (user_id, purpose);
CREATE INDEX ix_invitation_batch_lines_batch_id_id ON invitation_batch_lines (batch_id, id);
CREATE INDEX ix_invitation_batch_lines_waiting ON invitation_batch_lines (id) WHERE outcome IS NULL;
COMMIT;
