--
-- PostgreSQL database dump
--


-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: released; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA released;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alembic_version; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: audit_events; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.audit_events (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id bigint,
    actor character varying(320) NOT NULL,
    ip character varying(45),
    tag character varying(64) NOT NULL,
    target character varying(320) NOT NULL,
    changes jsonb NOT NULL,
    previous_digest character varying(64) NOT NULL,
    digest character varying(64) NOT NULL
);


--
-- Name: codes; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.codes (
    id bigint NOT NULL,
    purpose character varying(16) NOT NULL,
    subject character varying(64) NOT NULL,
    code_hash character varying(64) NOT NULL,
    tries integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);


--
-- Name: codes_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.codes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: codes_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.codes_id_seq OWNED BY released.codes.id;


--
-- Name: install; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.install (
    id integer NOT NULL,
    access_url character varying(500) NOT NULL,
    access_url_version integer NOT NULL,
    setup_finished_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_install_one_row CHECK ((id = 1))
);


--
-- Name: install_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.install_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: install_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.install_id_seq OWNED BY released.install.id;


--
-- Name: invitation_batch_lines; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.invitation_batch_lines (
    id bigint NOT NULL,
    batch_id bigint NOT NULL,
    number integer NOT NULL,
    typed character varying(320) NOT NULL,
    outcome character varying(20),
    detail character varying(300)
);


--
-- Name: invitation_batch_lines_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.invitation_batch_lines_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: invitation_batch_lines_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.invitation_batch_lines_id_seq OWNED BY released.invitation_batch_lines.id;


--
-- Name: invitation_batches; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.invitation_batches (
    id bigint NOT NULL,
    public_id character varying(32) NOT NULL,
    organization_id bigint NOT NULL,
    role character varying(12) NOT NULL,
    created_by_id bigint,
    ip character varying(45),
    created_at timestamp with time zone NOT NULL
);


--
-- Name: invitation_batches_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.invitation_batches_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: invitation_batches_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.invitation_batches_id_seq OWNED BY released.invitation_batches.id;


--
-- Name: invitations; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.invitations (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    email character varying(320) NOT NULL,
    email_key character varying(320) NOT NULL,
    role character varying(12) NOT NULL,
    token_hash character varying(64) NOT NULL,
    invited_by_id bigint,
    message_public_id character varying(32),
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    revoked_at timestamp with time zone
);


--
-- Name: invitations_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.invitations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: invitations_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.invitations_id_seq OWNED BY released.invitations.id;


--
-- Name: login_guards; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.login_guards (
    subject character varying(64) NOT NULL,
    failures integer NOT NULL,
    window_started_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    locked_at timestamp with time zone
);


--
-- Name: mail_health; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.mail_health (
    id integer NOT NULL,
    last_success_at timestamp with time zone,
    last_success_kind character varying(40),
    consecutive_failures integer NOT NULL,
    failing_since timestamp with time zone,
    last_failure_at timestamp with time zone,
    last_failure_code character varying(32),
    paused_at timestamp with time zone,
    pause_code character varying(32),
    pause_phase character varying(16),
    pause_reply_code integer,
    pause_enhanced_code character varying(12),
    last_test_at timestamp with time zone,
    last_test_to character varying(320),
    last_test_version integer,
    last_test_code character varying(32),
    last_test_phase character varying(16),
    last_test_reply_code integer,
    last_test_enhanced_code character varying(12),
    last_test_ms integer,
    last_test_passed_at timestamp with time zone,
    CONSTRAINT ck_mail_health_one_row CHECK ((id = 1))
);


--
-- Name: mail_health_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.mail_health_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: mail_health_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.mail_health_id_seq OWNED BY released.mail_health.id;


--
-- Name: mail_intents; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.mail_intents (
    id bigint NOT NULL,
    kind character varying(24) NOT NULL,
    email character varying(320) NOT NULL,
    email_key character varying(320) NOT NULL,
    ip character varying(45),
    created_at timestamp with time zone NOT NULL
);


--
-- Name: mail_intents_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.mail_intents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: mail_intents_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.mail_intents_id_seq OWNED BY released.mail_intents.id;


--
-- Name: mailer_configuration; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.mailer_configuration (
    id integer NOT NULL,
    version integer NOT NULL,
    provider character varying(20) NOT NULL,
    sender_address character varying(320) NOT NULL,
    sender_name character varying(64) NOT NULL,
    host character varying(253),
    port integer,
    secure boolean NOT NULL,
    username character varying(320),
    password_sealed text,
    ignore_tls_errors boolean NOT NULL,
    connection_timeout integer NOT NULL,
    region character varying(32),
    updated_at timestamp with time zone NOT NULL,
    updated_by_id bigint,
    updated_by character varying(320) NOT NULL,
    CONSTRAINT ck_mailer_configuration_one_row CHECK ((id = 1))
);


--
-- Name: mailer_configuration_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.mailer_configuration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: mailer_configuration_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.mailer_configuration_id_seq OWNED BY released.mailer_configuration.id;


--
-- Name: mailer_test_sends; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.mailer_test_sends (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: mailer_test_sends_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.mailer_test_sends_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: mailer_test_sends_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.mailer_test_sends_id_seq OWNED BY released.mailer_test_sends.id;


--
-- Name: memberships; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.memberships (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    user_id bigint NOT NULL,
    role character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL
);


--
-- Name: memberships_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.memberships_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: memberships_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.memberships_id_seq OWNED BY released.memberships.id;


--
-- Name: organizations; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.organizations (
    id bigint NOT NULL,
    name character varying(64) NOT NULL,
    slug character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL
);


--
-- Name: organizations_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.organizations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: organizations_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.organizations_id_seq OWNED BY released.organizations.id;


--
-- Name: outbox_attempts; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.outbox_attempts (
    id bigint NOT NULL,
    message_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    phase character varying(16),
    code character varying(32),
    reply_code integer,
    enhanced_code character varying(12),
    duration_ms integer NOT NULL
);


--
-- Name: outbox_attempts_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.outbox_attempts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: outbox_attempts_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.outbox_attempts_id_seq OWNED BY released.outbox_attempts.id;


--
-- Name: outbox_messages; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.outbox_messages (
    id bigint NOT NULL,
    public_id character varying(32) NOT NULL,
    kind character varying(40) NOT NULL,
    lane smallint NOT NULL,
    state character varying(12) NOT NULL,
    label character varying(200) NOT NULL,
    mail_from character varying(320) NOT NULL,
    rcpt_to character varying(320) NOT NULL,
    rcpt_key character varying(320) NOT NULL,
    rcpt_domain character varying(255) NOT NULL,
    message_id character varying(320) NOT NULL,
    size integer NOT NULL,
    sealed_bytes text,
    bytes_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    finished_at timestamp with time zone,
    sent_at timestamp with time zone,
    attempts integer NOT NULL,
    fence integer NOT NULL,
    lease_until timestamp with time zone,
    last_code character varying(32),
    last_phase character varying(16),
    last_reply_code integer,
    last_enhanced_code character varying(12),
    ended_because character varying(24)
);


--
-- Name: outbox_messages_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.outbox_messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: outbox_messages_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.outbox_messages_id_seq OWNED BY released.outbox_messages.id;


--
-- Name: setup_draft; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.setup_draft (
    id integer NOT NULL,
    answers jsonb NOT NULL,
    sealed_mail_password text,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_setup_draft_one_row CHECK ((id = 1))
);


--
-- Name: setup_draft_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.setup_draft_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: setup_draft_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.setup_draft_id_seq OWNED BY released.setup_draft.id;


--
-- Name: signup_requests; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.signup_requests (
    id bigint NOT NULL,
    secret_hash character varying(64) NOT NULL,
    email character varying(320) NOT NULL,
    email_key character varying(320) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    completed_at timestamp with time zone
);


--
-- Name: signup_requests_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.signup_requests_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: signup_requests_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.signup_requests_id_seq OWNED BY released.signup_requests.id;


--
-- Name: throttles; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.throttles (
    id bigint NOT NULL,
    purpose character varying(24) NOT NULL,
    subject character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: throttles_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.throttles_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: throttles_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.throttles_id_seq OWNED BY released.throttles.id;


--
-- Name: tokens; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.tokens (
    id bigint NOT NULL,
    purpose character varying(24) NOT NULL,
    token_hash character varying(64) NOT NULL,
    user_id bigint NOT NULL,
    bound jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    voided_at timestamp with time zone
);


--
-- Name: tokens_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.tokens_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: tokens_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.tokens_id_seq OWNED BY released.tokens.id;


--
-- Name: users; Type: TABLE; Schema: released; Owner: -
--

CREATE TABLE released.users (
    id bigint NOT NULL,
    email character varying(320) NOT NULL,
    email_key character varying(320) NOT NULL,
    name character varying(64) NOT NULL,
    password_hash character varying(255),
    email_verified_at timestamp with time zone,
    pending_email character varying(320),
    is_install_admin boolean NOT NULL,
    verification_waived boolean NOT NULL,
    session_stamp character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_login_at timestamp with time zone
);


--
-- Name: users_id_seq; Type: SEQUENCE; Schema: released; Owner: -
--

CREATE SEQUENCE released.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: users_id_seq; Type: SEQUENCE OWNED BY; Schema: released; Owner: -
--

ALTER SEQUENCE released.users_id_seq OWNED BY released.users.id;


--
-- Name: codes id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.codes ALTER COLUMN id SET DEFAULT nextval('released.codes_id_seq'::regclass);


--
-- Name: install id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.install ALTER COLUMN id SET DEFAULT nextval('released.install_id_seq'::regclass);


--
-- Name: invitation_batch_lines id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batch_lines ALTER COLUMN id SET DEFAULT nextval('released.invitation_batch_lines_id_seq'::regclass);


--
-- Name: invitation_batches id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batches ALTER COLUMN id SET DEFAULT nextval('released.invitation_batches_id_seq'::regclass);


--
-- Name: invitations id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitations ALTER COLUMN id SET DEFAULT nextval('released.invitations_id_seq'::regclass);


--
-- Name: mail_health id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mail_health ALTER COLUMN id SET DEFAULT nextval('released.mail_health_id_seq'::regclass);


--
-- Name: mail_intents id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mail_intents ALTER COLUMN id SET DEFAULT nextval('released.mail_intents_id_seq'::regclass);


--
-- Name: mailer_configuration id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mailer_configuration ALTER COLUMN id SET DEFAULT nextval('released.mailer_configuration_id_seq'::regclass);


--
-- Name: mailer_test_sends id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mailer_test_sends ALTER COLUMN id SET DEFAULT nextval('released.mailer_test_sends_id_seq'::regclass);


--
-- Name: memberships id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.memberships ALTER COLUMN id SET DEFAULT nextval('released.memberships_id_seq'::regclass);


--
-- Name: organizations id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.organizations ALTER COLUMN id SET DEFAULT nextval('released.organizations_id_seq'::regclass);


--
-- Name: outbox_attempts id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.outbox_attempts ALTER COLUMN id SET DEFAULT nextval('released.outbox_attempts_id_seq'::regclass);


--
-- Name: outbox_messages id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.outbox_messages ALTER COLUMN id SET DEFAULT nextval('released.outbox_messages_id_seq'::regclass);


--
-- Name: setup_draft id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.setup_draft ALTER COLUMN id SET DEFAULT nextval('released.setup_draft_id_seq'::regclass);


--
-- Name: signup_requests id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.signup_requests ALTER COLUMN id SET DEFAULT nextval('released.signup_requests_id_seq'::regclass);


--
-- Name: throttles id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.throttles ALTER COLUMN id SET DEFAULT nextval('released.throttles_id_seq'::regclass);


--
-- Name: tokens id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.tokens ALTER COLUMN id SET DEFAULT nextval('released.tokens_id_seq'::regclass);


--
-- Name: users id; Type: DEFAULT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.users ALTER COLUMN id SET DEFAULT nextval('released.users_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.alembic_version VALUES ('0001');


--
-- Data for Name: audit_events; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.audit_events VALUES (1, '2026-11-25 17:09:43.353+00', 1, 'alice@acme.test', '127.0.0.1', 'install:finished', 'install', '{"mail": {"new": "smtp", "old": null}, "access_url": {"new": "http://127.0.0.1:41729", "old": null}, "organization": {"new": "Acme", "old": null}, "administrator": {"new": "alice@acme.test", "old": null}}', '0000000000000000000000000000000000000000000000000000000000000000', 'e9b283c958c695b9ace80ff8dec3fd2ffcaa37ae085547ffa79d2dbf63a5622d');
INSERT INTO released.audit_events VALUES (2, '2026-11-25 17:09:43.353+00', 1, 'alice@acme.test', '127.0.0.1', 'mailer:created', 'mailer', '{"host": {"new": "127.0.0.1", "old": null}, "port": {"new": 42671, "old": null}, "secure": {"new": false, "old": null}, "provider": {"new": "smtp", "old": null}, "sender_name": {"new": "Acme", "old": null}, "sender_address": {"new": "novantra@acme.test", "old": null}, "ignore_tls_errors": {"new": false, "old": null}, "connection_timeout": {"new": 10, "old": null}}', 'e9b283c958c695b9ace80ff8dec3fd2ffcaa37ae085547ffa79d2dbf63a5622d', 'bbedfa7fca9f53cbd81def3d5a5f14f1f26d11b33ba550d697f2b3fd24cce2e5');
INSERT INTO released.audit_events VALUES (3, '2026-11-25 17:09:43.563+00', 1, 'alice@acme.test', '127.0.0.1', 'account:email-verified', 'alice@acme.test', '{}', 'bbedfa7fca9f53cbd81def3d5a5f14f1f26d11b33ba550d697f2b3fd24cce2e5', '0c40b650eb539d276a845bfbc9e6e1c474dd356698e199b5e2cffd0e9ca78019');
INSERT INTO released.audit_events VALUES (4, '2026-11-25 17:09:43.692+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: bob@acme.test', '{"role": {"new": "member", "old": null}}', '0c40b650eb539d276a845bfbc9e6e1c474dd356698e199b5e2cffd0e9ca78019', 'ecc80a5fb2818eb5a07210a75c6433fe0e561e15288db2db429e89da90c2eebb');
INSERT INTO released.audit_events VALUES (5, '2026-11-25 17:09:43.845+00', 2, 'bob@acme.test', '127.0.0.1', 'invitation:accepted', 'acme: bob@acme.test', '{"role": {"new": "member", "old": null}}', 'ecc80a5fb2818eb5a07210a75c6433fe0e561e15288db2db429e89da90c2eebb', 'f90067fde8899bf28158622b9b3dec1b1e88f366912445533f5629928f7d50ea');
INSERT INTO released.audit_events VALUES (6, '2026-11-25 17:09:43.915+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: carol@acme.test', '{"role": {"new": "admin", "old": null}}', 'f90067fde8899bf28158622b9b3dec1b1e88f366912445533f5629928f7d50ea', '2fa846b7077689b33cd2208984f12c088a04cd8ca85ba7189a5e4f8328fc746f');
INSERT INTO released.audit_events VALUES (7, '2026-11-25 17:09:44.069+00', 3, 'carol@acme.test', '127.0.0.1', 'invitation:accepted', 'acme: carol@acme.test', '{"role": {"new": "admin", "old": null}}', '2fa846b7077689b33cd2208984f12c088a04cd8ca85ba7189a5e4f8328fc746f', '9e5d4868a810813a61e303cca2e39ba548779fadf338293a8570a01332b9836a');
INSERT INTO released.audit_events VALUES (8, '2026-11-25 17:09:44.138+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: dave@acme.test', '{"role": {"new": "member", "old": null}}', '9e5d4868a810813a61e303cca2e39ba548779fadf338293a8570a01332b9836a', '16f14e78cc92f22b36ffd8047145681f0ccafd07ce6c4b38b453decd07b10279');
INSERT INTO released.audit_events VALUES (9, '2026-11-25 17:09:44.429+00', NULL, 'anonymous', '127.0.0.1', 'login:locked', 'bob@acme.test', '{"locked_until": {"new": "2026-11-25T17:24:44Z", "old": null}}', '16f14e78cc92f22b36ffd8047145681f0ccafd07ce6c4b38b453decd07b10279', '4f6682179a90497bdc9fd7d0540549e162003a685cf5a979d2c1ab130bea8c58');
INSERT INTO released.audit_events VALUES (10, '2026-11-25 17:09:44.718+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: p0@acme.test', '{"role": {"new": "member", "old": null}}', '4f6682179a90497bdc9fd7d0540549e162003a685cf5a979d2c1ab130bea8c58', '76e84a167feb528c5539f0c00fa169f6729ae7b1a766e50ccfe1a496691e553e');
INSERT INTO released.audit_events VALUES (11, '2026-11-25 17:09:44.718+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: p1@acme.test', '{"role": {"new": "member", "old": null}}', '76e84a167feb528c5539f0c00fa169f6729ae7b1a766e50ccfe1a496691e553e', '216ae96f9795605cbd83702e3a01ff25ead066ba6532c5975356cf988854d571');
INSERT INTO released.audit_events VALUES (12, '2026-11-25 17:09:44.718+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: p2@acme.test', '{"role": {"new": "member", "old": null}}', '216ae96f9795605cbd83702e3a01ff25ead066ba6532c5975356cf988854d571', 'c0fbc29f6f3ab2407ee093089ea4934678c8114051d594234733ca420473a389');
INSERT INTO released.audit_events VALUES (13, '2026-11-25 17:09:44.718+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: p3@acme.test', '{"role": {"new": "member", "old": null}}', 'c0fbc29f6f3ab2407ee093089ea4934678c8114051d594234733ca420473a389', '1580506b8151516d0fc9332614b2b6df0ad60205069e6576eb8a1b9a512e2d88');
INSERT INTO released.audit_events VALUES (14, '2026-11-25 17:09:44.718+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: p4@acme.test', '{"role": {"new": "member", "old": null}}', '1580506b8151516d0fc9332614b2b6df0ad60205069e6576eb8a1b9a512e2d88', '94267a224a92f48261cc82ffc2efa21e5b32e3d2b5141bb9c60a57b3562a383c');
INSERT INTO released.audit_events VALUES (15, '2026-11-25 17:09:45.578+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: nobody@acme.test', '{"role": {"new": "member", "old": null}}', '94267a224a92f48261cc82ffc2efa21e5b32e3d2b5141bb9c60a57b3562a383c', 'd0e77f04844842c4ab357133e5f98f5aa12ecda00ae87065bd6e9291fa0905d1');
INSERT INTO released.audit_events VALUES (16, '2026-11-25 17:09:46.126+00', 1, 'alice@acme.test', '127.0.0.1', 'mailer:updated', 'mailer', '{"port": {"new": 43723, "old": 42671}, "password": "set", "username": {"new": "novantra", "old": null}}', 'd0e77f04844842c4ab357133e5f98f5aa12ecda00ae87065bd6e9291fa0905d1', '0e66938fae1367422572bc75ea6fdb3072976af298b27afb461c0ef48fc3f885');
INSERT INTO released.audit_events VALUES (17, '2026-11-25 17:09:46.241+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: erin@acme.test', '{"role": {"new": "member", "old": null}}', '0e66938fae1367422572bc75ea6fdb3072976af298b27afb461c0ef48fc3f885', 'cc458b0c4c76b21d4636f0b01ed52f23fb11280ded8736271b33101dc1e7277a');
INSERT INTO released.audit_events VALUES (18, '2026-11-25 17:09:46.283+00', NULL, 'mail worker', NULL, 'mailer:paused', 'mailer', '{"code": "auth_bad_credentials", "state": {"new": "paused", "old": "configured"}}', 'cc458b0c4c76b21d4636f0b01ed52f23fb11280ded8736271b33101dc1e7277a', '075d4916bdee13bef53c769f21eaa436c5a8425f7996680e667549c0ddff8b9d');
INSERT INTO released.audit_events VALUES (19, '2026-11-25 17:09:46.421+00', 1, 'alice@acme.test', '127.0.0.1', 'invitation:created', 'acme: frank@acme.test', '{"role": {"new": "member", "old": null}}', '075d4916bdee13bef53c769f21eaa436c5a8425f7996680e667549c0ddff8b9d', '60c3e2e326878d2d79c342cfa127865c97d835933df255a34ee4f3c011a8f2b1');


--
-- Data for Name: codes; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.codes VALUES (1, 'unlock', '54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec', '1ab013d5ab512474252186ca86fab23ef967ac9bf522611abb3288227f3d75c5', 0, '2026-11-25 17:09:44.466134+00', '2026-11-25 17:19:44.466134+00', NULL);


--
-- Data for Name: install; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.install VALUES (1, 'http://127.0.0.1:41729', 1, '2026-11-25 17:09:43.353049+00');


--
-- Data for Name: invitation_batch_lines; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.invitation_batch_lines VALUES (1, 1, 1, 'p0@acme.test', 'invited', NULL);
INSERT INTO released.invitation_batch_lines VALUES (2, 1, 2, 'p1@acme.test', 'invited', NULL);
INSERT INTO released.invitation_batch_lines VALUES (3, 1, 3, 'p2@acme.test', 'invited', NULL);
INSERT INTO released.invitation_batch_lines VALUES (4, 1, 4, 'p3@acme.test', 'invited', NULL);
INSERT INTO released.invitation_batch_lines VALUES (5, 1, 5, 'p4@acme.test', 'invited', NULL);


--
-- Data for Name: invitation_batches; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.invitation_batches VALUES (1, 'adfc0bc7b6910d7f5031a75e7baf27a5', 1, 'member', 1, '127.0.0.1', '2026-11-25 17:09:44.692517+00');


--
-- Data for Name: invitations; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.invitations VALUES (1, 1, 'bob@acme.test', 'bob@acme.test', 'member', '84f9e34296de737a509215d134694deec1a5478d7a703bce521f65ef76655cd0', 1, '24ecbca044851f6a53af04528029adba', '2026-11-25 17:09:43.692905+00', '2026-12-02 17:09:43.692905+00', '2026-11-25 17:09:43.84555+00', NULL);
INSERT INTO released.invitations VALUES (2, 1, 'carol@acme.test', 'carol@acme.test', 'admin', '73b864803c2ad385f5df1c45eb8f122652bf76cb767a985ec700c675a0fce7c7', 1, '11d9d85aeaa5b99f55e200de141b534d', '2026-11-25 17:09:43.915338+00', '2026-12-02 17:09:43.915338+00', '2026-11-25 17:09:44.069829+00', NULL);
INSERT INTO released.invitations VALUES (3, 1, 'dave@acme.test', 'dave@acme.test', 'member', 'b58900dd6d53b15e7dc9a19039cfc54a68c39c54915cb65b91a2b64bf1535307', 1, 'ce799a3296166ad8e1d928078e75afa6', '2026-11-25 17:09:44.138242+00', '2026-12-02 17:09:44.138242+00', NULL, NULL);
INSERT INTO released.invitations VALUES (4, 1, 'p0@acme.test', 'p0@acme.test', 'member', '98b0efdd5b86c7fa51434fe045d502e7fae6cf1608226efa9e1d34f99fa8ac64', 1, '995b1e9c45b4490688f382405df85f7a', '2026-11-25 17:09:44.718768+00', '2026-12-02 17:09:44.718768+00', NULL, NULL);
INSERT INTO released.invitations VALUES (5, 1, 'p1@acme.test', 'p1@acme.test', 'member', '6daf85b484fa2f6f04245f455321a4b0509fde131c7f355f3da0c0da4e3cff19', 1, '0361417490fa6ce512044c7babda157f', '2026-11-25 17:09:44.718768+00', '2026-12-02 17:09:44.718768+00', NULL, NULL);
INSERT INTO released.invitations VALUES (6, 1, 'p2@acme.test', 'p2@acme.test', 'member', 'b81c3d9944b15879e79124bed023d5be8848d2e6732b135a9ff4b7daafeab98e', 1, '0a4f35fbde3ebef2326d1e9e536b6785', '2026-11-25 17:09:44.718768+00', '2026-12-02 17:09:44.718768+00', NULL, NULL);
INSERT INTO released.invitations VALUES (7, 1, 'p3@acme.test', 'p3@acme.test', 'member', '9edfe75e0f77826d46184a07d69a0f8a05b5aa3c8f04d675a41a717150a873d4', 1, '28bf17cc77e377dd00d8121e38da4d75', '2026-11-25 17:09:44.718768+00', '2026-12-02 17:09:44.718768+00', NULL, NULL);
INSERT INTO released.invitations VALUES (8, 1, 'p4@acme.test', 'p4@acme.test', 'member', 'c923aa96d9a787301b4d5f995e5c4dcbe68e781a2ead0240aadbe0c1ed5ee084', 1, '5a20172688cd265297afc6b5ba96382a', '2026-11-25 17:09:44.718768+00', '2026-12-02 17:09:44.718768+00', NULL, NULL);
INSERT INTO released.invitations VALUES (9, 1, 'nobody@acme.test', 'nobody@acme.test', 'member', '48c27cf923e539ea50774ba02c6f612d029692f652e789e3ee97e7f4ac9554f0', 1, '289624c774de5c48806700146fa0f2ef', '2026-11-25 17:09:45.57857+00', '2026-12-02 17:09:45.57857+00', NULL, NULL);
INSERT INTO released.invitations VALUES (10, 1, 'erin@acme.test', 'erin@acme.test', 'member', '142b20113c9fe505342dbb951e2a3cc70f5a444e943635be9f0c51e669033e74', 1, '15253f6b7e4af4424bba505a66721a89', '2026-11-25 17:09:46.241005+00', '2026-12-02 17:09:46.241005+00', NULL, NULL);
INSERT INTO released.invitations VALUES (11, 1, 'frank@acme.test', 'frank@acme.test', 'member', 'bf5319f264d3411d49757e082c78a8787f4df35c43c27b96147c98b9b9055785', 1, '2356eaf4dddae36b7a2d6c35db84955a', '2026-11-25 17:09:46.421338+00', '2026-12-02 17:09:46.421338+00', NULL, NULL);


--
-- Data for Name: login_guards; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.login_guards VALUES ('54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec', 5, '2026-11-25 17:09:44.273641+00', '2026-11-25 17:24:44.429363+00', '2026-11-25 17:09:44.429363+00');


--
-- Data for Name: mail_health; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.mail_health VALUES (1, '2026-11-25 17:09:44.957961+00', 'invitation', 1, '2026-11-25 17:09:46.283274+00', '2026-11-25 17:09:46.283274+00', 'auth_bad_credentials', '2026-11-25 17:09:46.283274+00', 'auth_bad_credentials', 'auth', 535, '5.7.8', '2026-11-25 17:09:45.132494+00', 'alice@acme.test', 1, NULL, NULL, 250, '2.0.0', 14, '2026-11-25 17:09:45.132494+00');


--
-- Data for Name: mail_intents; Type: TABLE DATA; Schema: released; Owner: -
--



--
-- Data for Name: mailer_configuration; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.mailer_configuration VALUES (1, 2, 'smtp', 'novantra@acme.test', 'Acme', '127.0.0.1', 43723, false, 'novantra', 'v1:99a958a3:xHqThX+2kDiPefp+cZkBmnx+CPw2E8Gzbq+SGBJRWRY08v30WP5juEYW3Ws=', false, 10, NULL, '2026-11-25 17:09:46.126957+00', 1, 'alice@acme.test');


--
-- Data for Name: mailer_test_sends; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.mailer_test_sends VALUES (1, 1, '2026-11-25 17:09:45.113519+00');


--
-- Data for Name: memberships; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.memberships VALUES (1, 1, 1, 'admin', '2026-11-25 17:09:43.353049+00');
INSERT INTO released.memberships VALUES (2, 1, 2, 'member', '2026-11-25 17:09:43.84555+00');
INSERT INTO released.memberships VALUES (3, 1, 3, 'admin', '2026-11-25 17:09:44.069829+00');


--
-- Data for Name: organizations; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.organizations VALUES (1, 'Acme', 'acme', '2026-11-25 17:09:43.353049+00');


--
-- Data for Name: outbox_attempts; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.outbox_attempts VALUES (1, 1, '2026-11-25 17:09:43.456329+00', NULL, NULL, 250, '2.0.0', 13);
INSERT INTO released.outbox_attempts VALUES (2, 2, '2026-11-25 17:09:43.736701+00', NULL, NULL, 250, '2.0.0', 8);
INSERT INTO released.outbox_attempts VALUES (3, 3, '2026-11-25 17:09:43.949331+00', NULL, NULL, 250, '2.0.0', 7);
INSERT INTO released.outbox_attempts VALUES (4, 4, '2026-11-25 17:09:44.174356+00', NULL, NULL, 250, '2.0.0', 10);
INSERT INTO released.outbox_attempts VALUES (5, 5, '2026-11-25 17:09:44.52276+00', NULL, NULL, 250, '2.0.0', 5);
INSERT INTO released.outbox_attempts VALUES (6, 6, '2026-11-25 17:09:44.623425+00', NULL, NULL, 250, '2.0.0', 7);
INSERT INTO released.outbox_attempts VALUES (7, 7, '2026-11-25 17:09:44.918522+00', NULL, NULL, 250, '2.0.0', 4);
INSERT INTO released.outbox_attempts VALUES (8, 8, '2026-11-25 17:09:44.924343+00', NULL, NULL, 250, '2.0.0', 5);
INSERT INTO released.outbox_attempts VALUES (9, 9, '2026-11-25 17:09:44.941215+00', NULL, NULL, 250, '2.0.0', 6);
INSERT INTO released.outbox_attempts VALUES (10, 10, '2026-11-25 17:09:44.947624+00', NULL, NULL, 250, '2.0.0', 11);
INSERT INTO released.outbox_attempts VALUES (11, 11, '2026-11-25 17:09:44.957961+00', NULL, NULL, 250, '2.0.0', 4);
INSERT INTO released.outbox_attempts VALUES (12, 12, '2026-11-25 17:09:45.616412+00', 'rcpt-to', 'recipient_rejected', 550, '5.1.1', 6);
INSERT INTO released.outbox_attempts VALUES (13, 13, '2026-11-25 17:09:46.283274+00', 'auth', 'auth_bad_credentials', 535, '5.7.8', 5);


--
-- Data for Name: outbox_messages; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.outbox_messages VALUES (1, '7feda0d2650e70d3b357ac8cdf710953', 'verify-email', 0, 'sent', 'Address verification', 'novantra@acme.test', 'alice@acme.test', 'alice@acme.test', 'acme.test', '<ZmnhkI-VyCG1gN20jrXHNqyf@acme.test>', 4498, NULL, NULL, '2026-11-25 17:09:43.386021+00', '2026-11-25 17:09:43.386021+00', '2026-11-26 17:09:43.353049+00', '2026-11-25 17:09:43.456329+00', '2026-11-25 17:09:43.456329+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (2, '24ecbca044851f6a53af04528029adba', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'bob@acme.test', 'bob@acme.test', 'acme.test', '<o_BlzQVmdzfCmtK_uFBR6jQM@acme.test>', 4877, NULL, NULL, '2026-11-25 17:09:43.703495+00', '2026-11-25 17:09:43.703495+00', '2026-12-02 17:09:43.692905+00', '2026-11-25 17:09:43.736701+00', '2026-11-25 17:09:43.736701+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (3, '11d9d85aeaa5b99f55e200de141b534d', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'carol@acme.test', 'carol@acme.test', 'acme.test', '<IgfsN4yTtSju-NPAdfplg6ne@acme.test>', 4883, NULL, NULL, '2026-11-25 17:09:43.927155+00', '2026-11-25 17:09:43.927155+00', '2026-12-02 17:09:43.915338+00', '2026-11-25 17:09:43.949331+00', '2026-11-25 17:09:43.949331+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (4, 'ce799a3296166ad8e1d928078e75afa6', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'dave@acme.test', 'dave@acme.test', 'acme.test', '<PepO5BkGEmrbo_rI44GP0eGQ@acme.test>', 4880, NULL, NULL, '2026-11-25 17:09:44.147913+00', '2026-11-25 17:09:44.147913+00', '2026-12-02 17:09:44.138242+00', '2026-11-25 17:09:44.174356+00', '2026-11-25 17:09:44.174356+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (5, '7b81bd003d51862ddb9491f080189dd2', 'unlock-code', 0, 'sent', 'Unlock code', 'novantra@acme.test', 'bob@acme.test', 'bob@acme.test', 'acme.test', '<HHmcFOttQe84ak_BGxLIu9aj@acme.test>', 4454, NULL, NULL, '2026-11-25 17:09:44.488258+00', '2026-11-25 17:09:44.488258+00', '2026-11-25 17:19:44.466134+00', '2026-11-25 17:09:44.52276+00', '2026-11-25 17:09:44.52276+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (6, 'e1df18e5cdd9ed431e8068a282cd2062', 'password-reset', 0, 'sent', 'Password reset', 'novantra@acme.test', 'carol@acme.test', 'carol@acme.test', 'acme.test', '<cpaQSjaNVwNa8KNotLGOI1_q@acme.test>', 4559, NULL, NULL, '2026-11-25 17:09:44.600908+00', '2026-11-25 17:09:44.600908+00', '2026-11-25 17:39:44.587426+00', '2026-11-25 17:09:44.623425+00', '2026-11-25 17:09:44.623425+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (7, '995b1e9c45b4490688f382405df85f7a', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'p0@acme.test', 'p0@acme.test', 'acme.test', '<HYXQlvKPUvLsha4D1ke5Qu4R@acme.test>', 4874, NULL, NULL, '2026-11-25 17:09:44.758834+00', '2026-11-25 17:09:44.758834+00', '2026-12-02 17:09:44.718768+00', '2026-11-25 17:09:44.918522+00', '2026-11-25 17:09:44.918522+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (8, '0361417490fa6ce512044c7babda157f', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'p1@acme.test', 'p1@acme.test', 'acme.test', '<u1hJGZEhNfN680RvuHbKifXO@acme.test>', 4874, NULL, NULL, '2026-11-25 17:09:44.829463+00', '2026-11-25 17:09:44.829463+00', '2026-12-02 17:09:44.718768+00', '2026-11-25 17:09:44.924343+00', '2026-11-25 17:09:44.924343+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (9, '0a4f35fbde3ebef2326d1e9e536b6785', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'p2@acme.test', 'p2@acme.test', 'acme.test', '<Q0NLdwB9sFEQk86wO2h1IHpY@acme.test>', 4874, NULL, NULL, '2026-11-25 17:09:44.852859+00', '2026-11-25 17:09:44.852859+00', '2026-12-02 17:09:44.718768+00', '2026-11-25 17:09:44.941215+00', '2026-11-25 17:09:44.941215+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (10, '28bf17cc77e377dd00d8121e38da4d75', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'p3@acme.test', 'p3@acme.test', 'acme.test', '<0QnvB2p7DqdkI7h6wgBt9E8D@acme.test>', 4874, NULL, NULL, '2026-11-25 17:09:44.876275+00', '2026-11-25 17:09:44.876275+00', '2026-12-02 17:09:44.718768+00', '2026-11-25 17:09:44.947624+00', '2026-11-25 17:09:44.947624+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (11, '5a20172688cd265297afc6b5ba96382a', 'invitation', 1, 'sent', 'Invitation', 'novantra@acme.test', 'p4@acme.test', 'p4@acme.test', 'acme.test', '<IvHqgbkdHRo7WZjVAbq44md6@acme.test>', 4874, NULL, NULL, '2026-11-25 17:09:44.898322+00', '2026-11-25 17:09:44.898322+00', '2026-12-02 17:09:44.718768+00', '2026-11-25 17:09:44.957961+00', '2026-11-25 17:09:44.957961+00', 1, 1, NULL, NULL, NULL, 250, '2.0.0', NULL);
INSERT INTO released.outbox_messages VALUES (12, '289624c774de5c48806700146fa0f2ef', 'invitation', 1, 'failed', 'Invitation', 'novantra@acme.test', 'nobody@acme.test', 'nobody@acme.test', 'acme.test', '<_uqAN3_BA1y6VBhauqGRV4wf@acme.test>', 4886, 'v1:99a958a3:UWel6CZRmiQ26XsD8GRlgacVanftx6B07YRuO3piGzPtXfyETnP4zBHCDhkCZZSd9zRLoHa1/1uODb+xDysI8bInl1O6ZGPF9KRU5t45JGuiJtjmDLbgnFoU4mhHmtuC9EDXb6njZjCtt62TiWvItbYMY2BJa8qhGUvFKoDbcHaKz4wFesxaQaKv5bRKoflqmbPhNnVA5dsrdYh+CguJQkD7Ob+aC/edYIWi5q5wq3XP7dOIrcFC2ZvYi5lkr/vyB8uI+1xuRJSAj8k7yBTs2dwh37q8a+aMp7KUPZo80FwlphnZZljfTeWqLRfAF009hgv5mBCMeuchCBVhh/TnadaKknvDIM3Dtv5v6fIEvg9gvQ194BQ/dR6ExWuSAI1RiO7JnAx0SYNetts0AkrDHdCRSk1vpuGgJWCr3Os3p72DyhO+k5AUIXBRBZeiCLioa6MqjrzAzgClW/lLvFwVqUmsZuhbd+fzGQkNoo+rqRL5EMBasZsTYZ6/sKma2lf9u50pbMkFbWdCm0gRF60SW54/KtC5MlyQ8cbrY1/Z8kkTMKJGTjThd7WNYWvstoRwiUZkGrdqpg8C1lnrFYFd+DLms7rvZXv0uk582xYNsdlaiD4KSDjESuQMQNO2IsRrKacjv4oHpWYcA6WyvUftN3MOszhLLxxo6+0eUA5GhSnTDl1KuNvzUZFHlRwcnHSJVPlNIGr1gQqb7TrAbAfMSaUDCYwG5mPZddcj1A7dhOIifiB5GihV3S9K2wZ32Af9HV5PVsv+i6wWDPWP98EktP3PSj2MXSxbJ2sS1KgDqzMV1qOBvpMtseIKFnULuX0Ch/5D6Q3jfld03YyPqaOZbx3zZlgG58EHhTTS3VszurmN3PL67VrFtXYD/OmyN0VgxYBhA46QbFwMhftwAxjifgUrwTKO5F/pXQ0nVUHFSsEJHwSN2eUea+3MAAU5scA71wE+xzPds8kA+EdcQBL/JNQjJpcIIKeKO6X11Yq8ITcrr3jvdCEaR1gqH2sdxQ28pmyyBOzbpq3LP/pgQVNzz02Av6wJWokxXyw9qxx3ELiS+rv8NQC98SfJ1iMBKYVWO0Bw8s9lPt8UTBK9M6pCGY33ywEoPu1pM4sKkGhbPMcmUzXfdNnWJ9bYno+YoCKSgGbNWHYrAyHipgAA4wuhFW023a5Bwi1D7Aj5OgQ7qXE8PSJmLGewwkPezYNReapxEvBYe55RbjraG96JvMSC0Nu8U97WIPuV98Wjw1xxuqSZdtf2sq+C/hU967VSIMh3MGWTRqjsjUtty6g6wBOwmou+eQ9an7Hj1S9e8AJfBOpZzCOWeki13dgern02ae+OI44Kq8IVKGy4EYj2ukpJUzsALRtoiM4GdFXL/Qn1Wty304BVr/ckedzkAW5wOGfAY57TnuNvSaQsgf2u+Vxu9GBpp6fiP0aPbXL9GWNrovDuHMq1XxO7ckMJucfSmSnFg8X379C2Wv3UkbzgO1BEMkt5lZluWIVKUfJhZXn9/GkqTECmG13QRGkNNBpVo1xG20pXYCNgmbNdSc/O2vj9vyxROpu0OWvWnHR4PA0Ha5KAY6gijtLMJwQZgSS5U7kEPuPBPR8M839SGcL0NbOdbcH/WeULh05juH+VR6oi4UdJQMCLgojKxHDL3qIKL4yTyeMEwX/iHFGsfb2L8bOhkU8Q/7cp/nR6rlbvHHJ8RNhbIeMdwvBZ5/sINGBQu8s7CXT0GOJTkYfjLORYfEO9fBv5G5GTxWcvrp0Tb86UNlIkA+Z0l+R+ZuwTe2VwlygPPYob1DMk00MMokm/Yh6Vl+dcqZN9VnPCrS70Nljp/lRuPgLRpFeKX+BC8+CvGWOhSD7BL6cRTWv4EK64QnhLxgS/k1u3G+3+fu266QPfiNq4GuBpvhEfgKXbVncfhgW+O8um8HS5H8WDGAoXh4FGwsJ4iEKYk+3dB/SQCjsvq4bykfwhAogd2qIH/KR6tMUQmU0c9XkgcLwypKRjKYcG/0tTM2Z7v9iA0KC8uCEzuMul7fS9RtcJxSNJOEYlDKKl2G3Y1x/cG0e0fq5uFD+Js9YArqJH/vAPi5Rd0U7nOdY3G0aI3H3SASNnVSxcAdl+RCwdjxL7r8rXavyl+a96SxJNLJjknIYnYsQMsiingv+FdgoCD5qr/YSigTL9ta/NUlFjhG/AgbxuCV9jK2hwXiGCn02Rskni6qGC7ywhqs+ip65KRP0XXPOXf5dPbk9eXKwtjfhuN/ifQXfQoI5XTML8SMQXylDQa5OE8Kpmj9dG30IaZSCNmZPCrTmQGLNJSlhibc4rvPEH1zbfph6P1V4POMbUdftB5h+EeKqztlPX1S2EzmFAZxcljEfeqV0nQnOJ8RdZrBZt4BrAv5Wk2ZS0alwrlzO3/wybsy7Rtgao0OLKo8V4mTUZz5xtpGZI1Bt5nyUy1wDU9LZ3fatc2DU0s6yQmtpOJYgV6jmScpUUBBxWaEV+r60LgokZUEDTwWfrmI9gf1WFk7MUf01aSBMYthIeJdyayNI90RKhNcfKA7mVLA4qBaHm9QYTrMoDf14B4rI0KXswnv2PJpV5LgXtK0AFSr5ngKkrQFWeErL6ZJefKkr2CrXUVeK22md1gDYAnubfR63xqFp2f9/NYg2bl53dI8jyzWs7HZR7Fy/JfFaiff+GUz85eRLHUcRnpGoEKJGNEq9PuTFJs8MDWOW1a/ill9BDpPgjIME8zVjv7hnKMAp7imAa+3zGxDa/4bvYxCLkZnaRGXa27hTEBaRcTxHZ0zLq4vw/YsjZWtLSCsCsM60oYmfTVfb1g3QMDLw9LM4aQp5sgzA7AuzwF2KoreOemxTOv2FB5NNrA0KxW+kmaA6lcchePRJyi/QKUwfgdlQ1VV1YkR63/U3xmqZMmUfAl5B7SShFo25Xg/jlJ2EAk5EobNpEi+stY1bi873lY6l7jL6caoQ1AwD0MAs9HO8+cYFqAHpe7Uj4jJi93La7mqomsEesR2doaGCv2KjPvQw1waMQ4gbApnPx0p2XEm3nRlFbMhHnUrVm3HJsAr8LLOMeYbgbH9AmBHLO99S2YAFrTYiwNq5rK9DrLbKHkE+j1F0S7T9DuBlb8KeB2mJlyu1Lgu8GmkJviv2FN76EAZi9tGm29q7/UUX3ROXpqE3JMMZ+jW1tykx/GkWvPP2ounf9yv8Ak/BOvKOIOhLBkd+HZnWylJpQvqjmGOSiEBTD5XC9x4DiNRctQvah2jHS2GjRJ1z8WHfSjBjmBDN01W8hS8sMptDuXFVSOTynwdeIZBlOwAK6ZG/mMYUyyjo6iw1bqZuvwm3btiDBPRFIXYNy5T4m/HtEhoifwzhzDh6JgJy4VvHGgl0p83WY/Sx5YBujuykq5R/Y0e0OAae6saF0leD7S1J7fbawZQN+lVeJcb5+tOSbd+D6sT5UAqCes+FT4mDglT+Dtk77zFb9reAwQwlXKOjSuJBIW1xFXrOCzTSSWfUzFrwG5ynvn6E43kepUOSNzNc4PsEBozDJDkB6Tn0OydUkuOBnWqprLA8yU1WvyhvRB38zlLhv8VunyfHI54WDTwpViGbWmSPfYVwQ4Saok5PBLAA1vsMnwjNA8BwUESSGAyAcyiw4mqQH2aGWs8nDWNiiwEsoJCLmJSLkMF0eVETM2xUwBDPOqsa3MwKIKeheDmOYB2E/lCtY1wvCAL7Zb0nSa63pQP7nCtpXXTG7B3uCJX1RE5rNi1Su8dymyqivL9IIFIAOAK0FM5N/GBWScT08g+y+QMXH2qZ39lV+987iQgJgHSRs/ZdFKUzD3/C/28cx9oqAVTNayEKK4DVcrETFchalwtTN9uvHvxy/B9vA+aYW65GJNiMbJ42O/1YsVSolxgkDx5Zj4TWTo1fq3fvW2jZbQLXeD5mnw/OZ4SilIhRPp5h+cMjxfAyKkLdrTHGUn3PO/INQsYaIQsxSFV6sccgJ58c0fnYW5abA87aRD10+U+9e/zW8WJ5Rdq/he/+pU9/ru0RkCdzcmdGIA8T88hrIES4hCOzxpeBPBt/rIUimsdrS1YzjoReI/slfMWnu5nOP6A1uDgPsPaaydnJ545/MQMeSfJ2scluvAAMs5h6zOzAyI9evoNedZ2rHsAIVLZj6Eyeqa9vxQjAdG0Yy9qP/UpoiwOx1ckF1n6xUAieuXPl/7CRj3td1ET61SJJL9nMrUGum54O7TjVomdCPI9Nc5fA6Lpup1xr2tbD90jX5/ZKebipdys2jHqzObuK7Bi3rFvrnHkUXQRzC161W9S/92C33rs9UUO4HZZHYXjJxAImnNQNB+PCmVgjkbTMU3IsOeWv5cpcnDSdEzxyoG3U3k4kXWDqwkgRoQUu/UBg2bJPO0gEbl9tZdp3L1Mqo6K7or3i8d/CuuSFr+xchjQM1FvIhQGRobYJj3TYyM5MryRxcma7GZ0LTrTcE4bBUNuBf7eK+fPLLTYxa1EzQEdL4v7rZ2kLU1E0YSFdSR/Ultt0Jt8tuidWic5fUqH7jv5bBKHC3J5vHbM1TzeqW7Cg0c7pexMIRdBxEDJipEruFw4LJbcg9zJkDQet8bvWuTcAKgc04IAkDjHqkuZjA5nrDdXr/i7eDFnsEF/5e09cu9zX+ZLzw2N7ucg0X4v6lVu2si4DkKkpYqn1zoU469UHI/sMC+7Zz+JOIN1KM7WAIXT2579cffmnMfSWJdm7RnmbAW67Xs08ZO9Wem6ULC2/b+KQy3Y18r3U5C2TRTXXngJx53F118n4dY3sFSqThypPjesLBqrMMdtmluE+WL0fRQv5It0mF8ZCEkcFD8god+RQ/t25G3XHUB1hjgVn5/Vu3z/bydFna5E3QLjWPSVxtxvSu6LJUjqY4M+a5TKb2x1WwlcazXJfj1pZBqf1JVRoeAnGRHdpCW7EczfaRdWLB1uYWwWYgbbLIt0xRjBBVOqoSI+7RKmCFDsdkO+aUP/W5f7qf5GnsB/MaQQid6s3MSNd5E/+pQJhHgpWWAVN1TmBLUKTlq7HXWZHk1JKjKu7tY9hQnix+e07Q4wWGuDJt9ZNDaIzvSlPLtO0PTZANM5yBRgIOwMKUSyrDp1CdZfRfLicCc2NaYUKrJeOyNdzKYRsrFE1eP3fFsPvZmqrOfzYVFQE/JEByWtw6M3T7Q+Ue1qCmDqaMI+QKo+hdgNfqzEGP4RivdeWtDkSF3mS1jZEvWoEVz4bxoKQbgKA0udpF3FDRVr0eKrettPIqKX3B/Fnh0WNJlDgEtUlcGP/avu+JJCPdfN2MxDa6/rqUyTA3qY2IQvDRhrUhJ4s3r4oAXcw3qQbyb3aa7HDhNJ8tlI5Y9HLENmDfxB1hTHf9nH/K6OVeJvpJGVnuNroOGcTNUzETUuInkR2PbaaO1lPoh+mMnSymCf1sJHxlJRAkdnq+YqOFUpwKFIYtrh7e5oAezkQRlJm9UYXWbxzTpGUQzb2V9PVGCtxgN/Q3hlY4rc7u2fGkDRggWZMRK5bDiVCxjzTye4qcFX19g1cPAgPTws3SpA50pUcjwHP5xupkOTZhXATnNI7iwzeFQNJM7E+6skrxxAtFJwFwiMZq0x+kpkqhsgsmQI3WmXidNCNTdjJy6mGjReFVwDH+MIZWmiYz7PGM+g8aFP69H6lzOekr3vSW0DJ6lQbR0Quvt/Dli+ARiaOHqYt1yLx2UOWlkFzovqFR+QIA/uofZvaSTXcM5Fz7oE6IP4ZmLQ8O70MMMj/HY6iX8VvoOXo1n5FfnBUynJ1lrQ56qB6xf4xXF8utAvjlsEuSoTGS4S/EO5f0Ag3RiCckjYq1TN+RpEhYdHJPGFJCiP8H3e7APr5dF65WGDd+o4HLbRd/f4fIXX7GRjidkX1j67MYcWmjJ4zE7Mzvz4AxZzfLASy4Syed34gVZnPWl6zX0oRQGgg7x3MKxGRHWTv2pzEify44H4wptXgf73A/d+JUzalTW3pYJoFOrIqla0h5khoOgIEJ/7XmG3IwbqL0Wu7QwG+L1YjzdKsSUPsVJkMkS4autT4qocXrj+XE8k96XXZIZN6h2L2Gcxs7r3bVfdRdlr/RGTkAnvJZDUEBROAR6gCDeIYb7/3RLEiw7lOVXHk4RJI0wHnFfEyT/agUBaMgCX9jOA5EkitBzo9d6oSctKpXHe/3sKQ87XqqdMVcRmKMyUctUqr6bMfBOZpX4w300umW/NyUC6L5sulSPja1uCkwYaF8GcMJJxpt3M3TxIj983b1Vn5n/d4l0UcX6QqVS/1L8KvHHvtUCjc9786DBbATrbVL7hyKqiaVrytAW7sReGwxmjMrh87ErWQBvUqMOkxCN7lnErcVxUU/xX99tD7IM1yUY835vSKe2gxCgcsQxcuirEtQwhAFpyu6LzxKxJxWLaZrxJL3k2Iljfn4I8yXhnQU2Bo5E7jM59XrlIo52U7uhCBWc0YbRGBuW5bXWl1LT4bJIPLJkCJiVZmPQoFmgx0/5mSqFwQzUKu84PEsOUIKvcaUTj5eD7OJOO2ks6iOfTof52EP9wXXVhsuM6nYAigjxdA9jSSi', '2026-12-02 17:09:45.57857+00', '2026-11-25 17:09:45.590816+00', '2026-11-25 17:09:45.590816+00', '2026-12-02 17:09:45.57857+00', '2026-11-25 17:09:45.616412+00', NULL, 1, 1, NULL, 'recipient_rejected', 'rcpt-to', 550, '5.1.1', 'rejected');
INSERT INTO released.outbox_messages VALUES (13, '15253f6b7e4af4424bba505a66721a89', 'invitation', 1, 'held', 'Invitation', 'novantra@acme.test', 'erin@acme.test', 'erin@acme.test', 'acme.test', '<Hu3pq-IEh0SkZeo5Lo254Yyh@acme.test>', 4880, 'v1:99a958a3:AiINWZusOwRPexhM2Z4DVMs86IY8OhgiYHfUJWUREXLM8Z6yDpvkGrwrZCGMMSodFs3twl10p1/zbqFh/dbrlQIYijQ4Uxe59JiHFYy1xgWoEX10pX39dDhEo0GvAzjl9kC1SMAVtAzVfM6jLaGEL9kS16GB87CaX4S10y97c8LqbyT3Wjkq8REJ6aCgSnzo8jV0VSyX2H+diLFSACEwZ6SVIEjaeBLgky1OV+ehdI+7EEi1cWfO1YZwKEHZuMgli56hWzDhc70HXNO4nJCCZpE4r3kFCR4IAVK8rO4x7s2oMX4Y/aJIS2NQnCj7OO0htjeezHsqV0S8yKFZI7AY/o8eM1fT1/VZXPHZ6SwemWOdcW68vobggyMfRhXhfFS5YBZn6TX5ZzpqXnbXJCr3/VHa/hBQ6q2M/vGWt+7j9pZ8J8piaRxFostRGYTzBrtbPWJ/ZBU5qB05bqtb46qWXM0l20igQxIhSRd4m6zsWUaa9PsjeQXdbgdcDgWbSPttj3P3Z/eN0JVWRwFW5eFvk8fd3vrefFbJNo9DB1EiBiUIlmJ5mGVIClQkKMd1v3GUlI49aN989HlDx47do4for76PIDcQyjh/8pnmPGpH/drT3bFASplsNkCPy0KwoTx9S2yHvlSiocGMXXniPChJW2zH2yQqX0fY0xYCfH6yEqHDNfUsOXK8bn7/oltggxFJATxj/H5+OfkdQ+HRAdwfNpmJNKgQAaqHDaMHV9eWj9VelKS6J5vo9Rq8fFdpHj1AByWN8kBJa1Uuw+CXXv7//zZITf2T68pn3mJlfUz/TnQ/f/l5tk6bfUzX5CVZAUIXzn2EmhfAHCUvHvTidSYmdZalYxurFauMG27ZDHC0r01np3gRAzM78IrE7jGS4LT+/FuHzdaFh2IoYjiUoesToptJn+8BiHuLPBU5QVpb6dMz3sRmSrpIO+t2+fJdEV97zfbGaezVMW0K6dzeUhARc4QEmn/l/mWQK9Zf/l40E1iy8ml62Id1CXRPmSp2JvqHU4ikWOQ5hRLo0cgfS+1Jf3dj18f63T3R7/AHgcOOdNVW5oR1vasgI7Ta7lXAR+lNjfkkeLMjeju0yhdSrDqlXopeWw48Ao1LVqAOyDgjKcOmKdKIBsGOUeNqF6K1ezxmmaZPzz/wriQ9jKC5fxvnWizNXhR3IQD7wmu5g7vFHWmKuKLpO48pfpc45RgIulTPQ89X6NnhZGJmITFjg9mvUFyEDIEC0OzA1Xrx6m6L2n5ZdMy2Qy7bHgHCYllBd/yNc/EAS+CxSYbwZgONdFaxYNThMkLZ1IfPqHvwv83N015Q5vHMbxtwucQn6yFKPgBAFe2WeFytvNZbKyVK6oB/h/jPCj3ExZE2f4tSGo69RQbDLtGBzKE8EtaUXl1ULrOXbJ6+BfCSb4EbPEqWmZ7kCKcQcxoelYdMiR2CcAFjKpbZsSUOWjZVeB4FGtWjipsm43yka1u79wH6kv6O9+VILPusi0ep5p50H1XL21VX2rEdUPM/OV3nVDfyIl/30aIB/vw0zSnbSpO9rqWHixe5MFlXCGd0n5qxXyQfxywba5nZzJzDtGFJp6oD/ZR1mJxAKPTDaHUjkRR2fTyzB9pX0NXq16dCgKqNdLvi2q+3qQk+yI22pAosWjkfNw+GIYZka+Vq8t0CVRoC68kYoztkowgY5yfjsQGrja2lCn9Vq6VoTAnPkLplXdjibFE9sK1i2qNfRUR2oSLxlI860U1B7rExiYKGGkhZgMc47cgejZc1+BoRo8EWaqwYt7mE29KeLvTBZiKILio35ePELjyExKm6o1Atd896+yj7a8NEWSlOR4ae9BSZU3LAQ/4bjP99rxq9DG0yVVuKIgUuK++Zgb6VCfzrzXfMhJVIqgmKD8i9r9tyVzfttUA5Xin8wQ41JaLZgBr1fH6H51NEb+r3ItVvU53tL6Zsl537gDbj5+b5PoTS3hM3o+O2X9XGRaL6kWsnNNZEowMorR73iLUENle1K7aNqsvGGHAA0sbK34wl82Yimr15DQGvr/wtYK1a6mAcFV4Nc0ozRRHzipcWM8nB2htEL9PLdRAOfJW14tEnu5ik3lBg8Ca3ibF3v0v8ZXixDkIXSZfacn/DsAp+bTEzO8Fipj4u4mUhI6BOfTw7UY1nLNFfS5eb/FGveHvBwsHCN+kkjU/zSAWQTH+nlmckVqzbJ+dg8XMTPqsNcrPkTNKtKIG1i7MUfbkehA0Hwc7+GQkMtE7uVeE78UQqLHrtjc/NqTm+7xxKFpyfhgCFSncOmgcuUrvvVbkVcOty+j+Kc9bhHOTdOdeoy5NW2cksh6zw2HE/sLxGjYuX9iIFi278YGrFPu9pEZGkLM95yVF2sMgZG5wki0wNktD9fL67ltBQnJ9xgD8SBpq3CmRBStQPosP6/zFmRokssetWUHqBVdpRSr8uo3zwlxkqd2A6ijREiBOoH70P+9DseaPGn+vi8gRCJSUa6itDGg+HzwWVmGiQVb0P8N4hgdBSi4k/6Q2JmBCFdO8spGn3zweCm65z/V6E8vJI5vKrJm9XZrH+LbelyVJBK45pGvka38f4mLiAj4P13PF53/JXvRl740YvaMbp3iE6PUnktOVx3l45ZVuycmpRA8Ee2xA05BMtkh8sR+p2q5BswV1vqqDA0peeXkuyBdrygWSZLy9LxlICKu0n5m55HpPNbd5zdTlNZc7FRg0LHHzK45k3KLcDWJ1SJWfAWTBQi0Niw3kN+F/3H/WTdecAtdGIwzmmjcJBZN7+TftE+NHL2CYclxGqJIRInGSKyW62FiSJzQCgP3+j4W4C2bfmYB1oE02H9wm7nzqQ3ZqUMcySnApUvsobeDZ9m5EkTrvev++G0RSgkelkFreYW+EI17zVIP8g8VINBDFaKCie6424HO2vUZb7ww5cnnDdxYZSpi2mjd2sHLFyGJcgKHR2hV6+SlhrHwQtmE8Y384G8xAEb9FbFdUKHqBrlW79X7rz4GKSo68Na7DKRZWMQZfHsbq08DeNDLXFzA3ewW4EWIScE7YDbgDjhwSiBXzRpFVp4rupgAlcpwY/kLKoEAVJbOMejMfgRoDM36jqRJbIFARLjXj06Vh6WzGl8nGYncnBrnFGqJ9MoiGCg1ZIPzCzmkP7vx/NyJnMjGLhX8SSr1pSoH97pcl6gX8wTv2zblPs5nSdkAe12Ir3ecwDJAen7PjQ4DKAO3H09MwHJuKC5zcPx8+gFhY37WNrL+GWsXzlZmP+y9BfGzmoE0DI7AnDXv8WeflVZfOFz/6plPLMZ+s7+PqOsKbbLn0nhCTi/lDl2ddN+ozy0OBJA+vmkpv0kVA+qfSwEoAA7aN5TZcOh2tKgDi5fbFuzccAfuqr4XNnM1xescSlfEOEuIg6VIZV2druLhO543mvWRI2GXeDK43LKPk8y/T69hPkd1IPuFBioGTvtHq1GsabUBU0+Z5dmsiv1h1aV/MbocA5m8lRV0UYCKWQ3Kcs3KoP2UTZeeAB7MSIr4gRAF5TSO2qaAL6kAfSO7Y2g/N4WtvnYuBtMyEBiAbZZPij+/EbzGY12MXdpHPhgzsbAgOtNebbT6ywqYxAtudHggQkkdIZde3PHaYnjHluArZq0tI0HDTjZO7r/U9TDCceEQe4V7YSnJroKcgGMMNTdaZKiJ+paOhJ2KULCgifTHkRyCBP1vMbpFaDZFhdaCttFtlaKv8Dmp+PfUvD5usxXvAj4Q+Q9iIADgJGBi1TvSt8HHJ9fQwWFD8IwLjiu4gCWkW2L4StujSFWbggDB4N5HDDynZE4bD/NKeKJBqKjzmAnSi06vwtK38PGa4ohTS469yiKAJixAHNt0ARAdR4p1EOaKp6w31hEKxI/WPXqhfQkbWuAoWrviWswvHiCHp6h9HPDy0OYs6cppYcx0OB2iArkcoouelU/YQaQH//Z5jR4iM6ivOdUlAljxh9FYZymN98ausPUEp01VWKdmuEu6u528pdx2kgovayVF3Si1F4L1fPmGmBM3ay4bKlK/yBtVnZnvmw/3enPze48i4I0X4gkLz3R6nxmnpWaI3mtE5+8pJT/LcQbo8mvWwvNzzuLZA7rEEcws18yWALlUqxnxvY/qMBX5w1CmrtUCeEAa8lSI1VQp7H9Vmj1ze2JmufyQBlgu9Bc0Dcbzm/xVUd1iXR3zyejsVpgS+xadb+r60aTrgaZejpF76WFo+X2h2NPZa5+FqdfI2RQbpj431PNv2hfQsI6QALbbUDxwf+4ZvmAZ4UWSVk/wNse1fh8xwV2+YOuhdt1SUNNaHT/q4sqlGZPtZngsPB9jYfjs89dcFcD+xZwpuPQu7/UlXJkVVzloFU7zEc3J6rVwGxc2rXqe7xBwXJmgYp0jsCTM63ma0ONinr6GFNlgZuSYxXTKveWorSz84fKbZE8j1OVLHRyoGiY//gvcoI+Pfne1A203BKtftAflcRUxGcaGHLyHcriT2300N9j2dTvveyO9YyyUkVDxzZqt0nq1Ld9XBGpbC23fPH8ye3m1KlNndd0WKkTEnXOSX8bif1/BI9tA0NknPtV98Um4UqWgL9gNvbKgsXcyqDyzyyt+83rHVGbXZ0ibJ5/7mM2Xk94tnysy4s8kgpfgr8cVa/rHa1xhyBxdsiTZv+nKQfPv85btTb4lW3fqaVDLZzYc821n8BfxfmnbG0GHY7qiT+6799tZlVj5JT/3CFHgb53vndqunfiT/UbyG7e4WSrPOc/BVobdNFAyUK7d04Ek8s689fWZy7HlaD6KoLhwCZ72t75ve8fatRUpVtGUq/ITeAAUIF1fb5OoFHP/7UtrS+xqICOBqsQ9FMyyCt3lL2/3A4DC9I2l1M8h4ptjhGJFQyaPLPtfQOanHYjpWOPtcXgTeWdqkj5bBfjmS5lRhLNhq62rmECTuK8FK7i+G5cCVL0auN2nUvONtkZP6IKZxL6xouwlUNaL0tj4/oAjFMQUQbMaCZ7aokC6zIJjbBjS5S2gdEzkTcs4krJ9peA3M7nvy/gMMAh18PvLOWJK+/ojyoTnprwwvXxpp6mc0aA9NlXdUc2SA80R48/MV4Zi/oO/VU06CsiAd4GhPcY7rjKjvgwiNy4a9Y/D5tW6kONnO6Hdmy40qtCZXAum7sNEo7rXD3iVPsGFEw1kOLpmwSmQEc33eiUSm0A/kq0E8WBLYPoTQEkD8iS7FF6M+QK0og6Mc+1GQ1TgXjvYELZnkB0+kICKkRucxud6UHsGOtOlyMPXJbuo599rowOY49Kmz9JqeSUctbgctgAgDSPy2Th1ur+wDlKKG6NzylnIGf5XOwsN839Eh3AQFCJQsvs2UiS5rDKLKGEnT/Xob7AIsRXK9ofvQGkLSf3kTz3dDDappBMJvFsTb/fqf8/WpGPdimh7PN877sJszb5XmvFlP8LWJeeBSX9NROo/Yol/VqjAVPz9/d59g+p6fkxd2WuRLYlFSQ8Lwwk2/zIEUKR6iWc6ru/lb+q9k5zlVhGoSiabJcn7vgCZR8UMA1NX7xRFqXvwv5ahkC9WnAaVVjqkDiDm2cT764mrZq6lD/XjIfW1/9jqEHfmXIcmWqoGfU65oROjuz1w8BFgRtmaQGi+z+H3PY2sDGusXJaWQZiDbImOBtE8cFa4CTCSMc3Ks4vksv7wGaYTx8t1Xr4+cjMNI0wYhqkduTSgWa96jzbjCcQ1+tylmG5cTBUIZyNbNsbkmqSEZM4+itojotBncUPbvRZcUPBMVRDLWqUTKrJ2IXXtR3uMFAJFLpIBrj5FcfQNawlhoJg8tUs45jlWU5k0mMrhx2XDkvUjOFkQiQZtjqdLOG6trQYq7X/PfRgrajCBBFDbMoBhS7lcXUuul3AVVsTNyI0Pu8cjQXIIc9GsSdUrAkISCec4ydu5rLdvHXdLfgzFhuRpRzXzbtNFIF1JDKDBRqrOfmm7sqIjl2638wzfKZS8u0y5+AmaLJlxmTLT2m1TDAjfiDJPsahUpmSLW+IIknkGtEMFFokjdErrMkq7K6afc2Ff2PrZhrLuJLzXWIOeEhAhLBKBrJcq0y4FVujMYrjZh6ZVo3PE9/MBYxGyWfLxawt9ZiOxDRoMD7mjfk+cy6dkIt1V3krK7ThPXqKiw/jU2Rcd4CuDVD/GxNpe9O/kIwE4gHcm3DMfctgaJYZMBsCWQ5p/L/G65W1H6tc6izXgVZRC5C1oxwsCWSZhCgxpmsox3icih+JQ8nZifkhvMJHEWYV9AIUW+NpGrjIp2ojySJnfW8Tr3s8ijwO0s8ZbK4a3AmEz69DwwvasJz15FzDl2c2lgt9drqplCG14X53pC64VKJGVGdzEXJZgZNq7lUqdQ50BKVpsquf9pNdwVkKji0rT2US2ep2fWfpe9JgAaCGlMVCwQlOkW1FiUroUchOY9ir4Eb48XEHE2kKual28IG7D7BdBtaRoHktnXggYFlJPFzNNFwoZFgl0ptFVWTtu8IaueXoOqyYCXYT7XtHv2gv7gY8krWCijTbuUqIGrMYRky1YdMx95EqMHs3F1S', NULL, '2026-11-25 17:09:46.253273+00', '2026-11-25 17:09:46.253273+00', '2026-12-02 17:09:46.241005+00', NULL, NULL, 1, 1, NULL, 'auth_bad_credentials', 'auth', 535, '5.7.8', NULL);
INSERT INTO released.outbox_messages VALUES (14, '2356eaf4dddae36b7a2d6c35db84955a', 'invitation', 1, 'held', 'Invitation', 'novantra@acme.test', 'frank@acme.test', 'frank@acme.test', 'acme.test', '<rBkG0VBBpRG73n7Z4r2nDk91@acme.test>', 4883, 'v1:99a958a3:b4YSYF8UPHlleDQV++n3SPBm1Z52xcCDT99bga/1hf1/HhQG5ACRjMGFu4T2juWerHlQhJxP+BOChfyI5fm4yPDG0DbrCbDdvCyvL4hcbbG64urcafRjctHenvr/Zr0xMnLs5CBfMa7PMo23BO7FsZ/R/VCL/lpoSxrrf0BCRVz7GzCShTeaf+pF1ogqV7Exi00feY5iyjU55ixHmWnnScaMr2faKV+95HbzuN8REMiS7IH3XC8HyNhPYt0pI3g1pfEaUHaa7Oe4TP9KXdXcaj/qMl4IjldjArBAgsxoDLY5ytgG5kaItNKc2gbJUcNANbDSXVjXLjr8q66t18O+PG9dJ4HOutzw25feUXm1G1PBWSiiUUS21jlDE6X0Emj9KyWvu9Gfu5CER19A5cMJOPG1fE4EI16iwMWN5qnE6Orx4bF7+XWwhPqj7d87J8QTHwDAVlrN/Z1EQNzE8LNB9ALcBCwxtitDYkZuQo6Pt3NQCY5UlrA7IkWlawJEvxWi+n85QYxoIZO17aKoU7mZmPaAQ3Y+aR57bKOoXzgjTqyo1vx3pp+pJkS1OoxzVPXq/QtnIxGGH8sNyMDYpolifEO6cEl8/GFdrEsUweP5vLrynYKehVUwEli8W79A4/KHUmYlgWL8HPTEzfyEHu+rU8QNuwgc/Kp+ipRjvrDZQfdN/Of2NNOq8BEjumLDc1ecRNS3d1C56XhYb89Y9ylIzub1m4gstOPRp6DLFHAvvIfWKTgnGVy6rW461MyNgRisLdjlkezdGdJRF55xD6mx8zfmyniYOtAe+BiMdYYTAp4y2RoCJv+KjHJllQMPJA83loSlurrMl2u4bFxn+BLpSLIL0i4Bj1qTqYfeu+an+aSNKWV4zzUxrwEYTTWqBqdYRWQC5wXKQrXWp53O4uUjXf5rBgU+02p3JvC8ILL/eEI4H323KlC0JggTn1LnCMA4Du1JnpAgNEPJMwbrWhKS0V+1ZoZsnpj//3Gms+9znCSM2s+0uKD6IsXuo9YSa1r0WXigpsC6cv16fTUQ9IoBiH3vHqU9aZ/5paSECSdE+e1Uj1NNdLACKo1GJ6t/AyxGuxGEWqHZ6M1dLVh5q4kZqTu12VeNn65su83wxkk5YG1iQikbdbARy1uBhQW/YZx3e43Ic/8yfP6mtWiiE3afl2zZ/efuy8yumPr1P5qO36xOc76hYPcDWe4L87gpRUM8maBX2X3d/SPrT2jDKL5RZGHHB5+2lTWjmu168ebLCow9y5dhp2ZuwEFG63rXlnuAoem7a5MoZb+pKRk4m3vRN1c6ZdOLsPTg8GipnACddV7As2PEmX9D6AKbVKkpizJbnOGh4Yt6fZmRtcC/dHnHSAbdjj8Jis7n6GP88n0DGWuYgbgKP4jxzWzI4YMNRVHvoYUc7lIiXpRoN/1Q2EelMqWrYsysisJY4XZJTE4G9TgKdKWxGhgyhAJ4yDS8DspM3ac10V0MVagwI+roU2sG55BFkVKYAum8Op2oeDh3YxIVZ2cnJGfj5V2d4DpxrHS5laoygatSHEu5jLOY/A5hLFtZsw1c5b++T64DbQ+dRV0480Gt2vSHaQ7AcEHQfiC6v3oXwgIY3QpYbY7x7N0t54mggjeTA//tJvnyxitkvgTNuQjSkksWAoNHYN1o3ESt310h+ISUxaFd2+pY66IAul+yqy/mP8j4mm/ERcFrHikvXB9Iir+vFhBFVvyQmsf4jJGuWdbQvmqE22IY9obIZoqVoSdniFNkreg88Pe++M9eazFFwV/9RxcO1uCn1N33J7PMxTkZspw8pGvYCkxHyGIooGd6F786UUKDm+bpp1034hN80cwPfXFx4q3+zGAQ+Vqejw/AR483IeVeaZXUKuQTsbonMfMhj1kFIBQq7+SEHb1o4QpOzNwt5ppjQTgl99/uXUQSvqjciHKfKFa8PVQOjD8+mHc+CUC5rMeDyAOT4qUFwfsYMIR+kIy1QKQuyCCSwzCJxsDLbIwjt5nVBlVbq5maXlAJVQFqOU25GIPdzC6Nb1BO7HOnJY0fQ6ejLeLluzJdhuJk2LqHPg9nvy6zTWYY6psd7Wn/sM6W61Gn80gasdPjzLRPpMH7YvCF5vSCXrUg5FZXVfxYQ9Txh/RGUGDDGn46c8L9QRXTTsRjg3u+AuXlP6TKyiclB6oBWKMP1aD/7ERhVXZafquXNB+CCMVlb4+M+TDI2BRtFgS0MWqHjVEn96Ms82tRh0RH6Z9jDxgtOrCTWqD+lfrngfSz1HtLahcnoEKNJPJ4HKDmTAtggptICyVjvnW5zqiMySdYbPn3JwhsI1dAxXKCEY2TQkFEtnhPpJS9JP9Go/5QFgG1rMcUhgk6dgeEHtIz1IaCxkDeFBm8S4LsCGODZ5Is1fs88WMdc7LSCYSpSdjcPYRtxObZ3cy6pif5UlkLbASqVz772hcLgCswZV/kb31aD+PoC7Q0iyI2bppNq/GFrYQ3EZmVIYuovdZO/x6SSfXEBJis8tFrtSjgjrH+DtLXJRxN8clMzvSJTNoNKdWMUk5hicc0g6pmr0UxClsZln0wT/tnQDDCO1NiwbXYM+b6iKmG0fYNvX30b1+/EhC9yU7HIjC/Ug/nl9evXy3J1nrUy5PncN0dGfigfMVcrhrCDrzYQlIuQI2NAWDHd78c81BL2h/3s2lPQLt0cM4f0b2prMcyHQRS9vJHD+Ar38/jDm8YGHQS3JsqY/qLcitot8oQcZjDr7L6NsNnPgc7V+8lYFq58idCh+dBJ67voiwez4xGQwEtp2Cu88yCtuZJPsWMBawslhlvgJcWrCfXGCFWtEeCFGlkk3HiokdJOs8uo7FcnNZu0zaxwYtz5aIY4AL+LY1aKwsYrocL5hKcn8mAUIv+FbvwZdJdEQJSWk8sFBoGuptk2xoOLO/gtrpKw13a8zCHasQYlN/QhrhGPyQekvo0l/DYekPDcD8GWLQFd6uFTAhJirksD9xwH2syqP9YLlqP23nQJxL2EtqdHuXvgZqFXObWjzmE6kYTAm/nJJINR6or8V4KUToI6VfYsPqw5Yy3B9OEwbNLNksQJ95sA+zPN68cxeiItHfhfUjFj7tQv8cgRhndwylEXahnMxGMmWazSCPhx/rsYQrgTukJBjKIJR9ZaBrjtY66KBeMf8733kusnS1w6hV/XZumNgABeicmGbKThqEksMn/pVys1cLP4IKa2byL3o70HZS6bVKfi0XZNZWSwwyBztMdds0mxVcbILoIkAzqEyJadeahxes3U02/VegL7tA/v+MF/0RVGCeRTBG+S8pem1jlP9pmDnJCuhOIa0dFLDoCHcxmMRDyNjx0HPgAKejOYJLUnCBSxIifZQE07y/4TdiWGTS0oGSJDdfV9ijTbwHvmM7jk1KxPom2MY9OLTQkW2+doef5kgKfIFSYPtAgqeEFrClj6pyZAomTgJbiIDiRlRJtepSz4Q//Yrxy7j2VskcYNme+MloTzahJSDfgar/t6Dz9z4UbP1uOKeuEwcGCdrRiPrRdBNuOKVpWWn7nNMsUK/pP2k9Vga8t1+nO52MMnUQwKQaxpcNU5iWn/S7oIXUsKy64LQ2oAZnVUjH4dIxstwJPpiYw4go3ZXW42QvTq1WVFxW/Oj4XFuCSl8fgCLMz0iTWBGdz4lXQ1fMEhiSJgaauJ/NBNEhAz0qpMSYaXgyAoIcH3/wDl1ItwK4WCfgwxLhB5LJikSr/nQWpl/k7hEojKx4F7Se+XWGWKdzJAUcYTVNSyJfxIfVsg5HAuzn5IOK7wKVoSWQJe7YKltnrH2Ad93eQ21qbD+deQKT4v9M+7f6/j9gVduRPPMXwGiwLsX0vMYwcbPotCt2+RQSuaWS+F4OEfz8RPdrlcxNhf4x5AxClvJQ8WwKR3lWbyA2DJErlz2THS1Px89BY7r2leVXroIDb3JM0k58SxlP1ksLZ0k3nTPXCJmPmZui6UGAloKqInaP9kKn05RWGJuJD2I/irE3dGZ8CQwHsheEfkxLSsfKZaWsNp4D0/7H0pTllR9P4ndWe26q8NkIB9Z8wSmL3yGxTuaSND+KYCom5RK6+5PAHXP7qoEBtdiqvnRKMdqAvghyPmBbHTr8u5IlZJVH+xBwnYH98EjxfPTG5rnQf1QcZK/uaRmpEtYoHfiM5VCTr/ALwBFwgzEgtN/YOVkj5S827gY45nHlK7p7Kfz2r/7xXl/NHSaB1FTRJBgd6EPlgLTk2IjxLP8dXdJhaV2hjZhFa3CT88gUzR52HgoSmlcJs0V2iAUNsBoHAhct776wGwk++Gw9uDlz7mXjNEKuyaSsIAaPmkyCrcRz4zqaMLJJmhLFCTA6SqUHg9S/JVhic7lVkjm0Fp6xgrgawbLEcuh34KFiXU2q6PHJFfpHuMSJ9BDVrqiG0wumxmIW/yhuGFmjwbvfwOKXwxM3RzCZ9z7AU+mUYydb/8hBpAylyrb2MWKB4UL+bJAzWKBT7bixrC4ES4t4fS0CRk1MarLtwtMUGUnvnbbYDl27uv4JcQOs790wTXcZ/Zu9MhEuPKpAqGcyPkEvEpfZJiFGiiKb815kna34+QdSL25CXvBHSEv0WoCMDuvQn03I2TAVFMEC6DpaYgJoNdDUd3yj48E0Yv0GArumPZVVc/tqKK4GXx9M+YKQ1SGkRFYUQoGopAfPO9+Rz1ouijZtc/bmrNV16Xg19oT+nXrqnCKkO9NxjsrIEpIUBLcOo6zNU37kyeYXSxsiootIF1soWFMyX2Gd0aaUOwhUfGZDdpYcZV4GkDtbXQT0uYIh6bzh4cQerUP+XU19/iwZoO/BsB441kIByH9owmGmhMDmiDTuGusAJoIhLZPGDGmps16twuBgGIE3XggSw9N8IRa1dW+SN07Yu6TT9oztno5iIkKsx/lVn2VGGNUQDOtDCqH9llOgtYPy6GNO8RzJqoSKlua201dImJtM7ldEm9JAUdh9vq+rzwxsDmUK838tUBVgfbwx2VUFmxICy7CvlWNwTGjRJTbe35ZS9T93QUmU+I/k35DiwTSQNrX1T+vJrZaG38jK7BtvD/6bBHa2/m8NJ23y4sRhIH5ke0SOpaFmaP8HX/C8aYhT38URAbdPyXJ2PpuhQRv3s9fEu/aOMssrICyr7wP6CvHAmwplUF6gw7P5FVmXMmMb3lS/scC9jnN0m+JYHa0fSa2XVC9oroo9YAdTJMvmDwN7L6bI5xs/Q4g/a9tlbpHYGv024mDTHruUpZc0zbdYhZiHaNlLJP0zfvaPNSv6b4JydtFYmGcXKX4V8ajko0Cdfv0WfkNk5LSC/X6vqmMohR5hCInOEPGCPNq+GCrWuYExylV0FkOX444gBo8Uw026LMual2g0mhob1poT6yCuo5X6lJ0cRYVeZN4VOza+mi9wMVjC1QXfqZxmF9chpwR3eWfJ5SIKu5tukc8T3/vXYQ2HpZDDmD4dEm15pcQEC/jwJQH64gIIxDnBAejZSPL8x9sZKrPiIQ3gUgriYx9HQgc3KW/eXDtlg0Xy+g4wuJOoiM5jWP/MFAGpff30ALtrs6drxvEiSd2Q5OD0egjj7DUnX3PMmpgCqozNBmOUqnGu39jSxRDF98lomezeZ01fy6Fz6RNq3Tx9nVRXuqO13GFn+0LXSXoQmYazsVz2Tm35uPx7y4NchS2NypJ1aOD0pW6p0HwaZXrR8SgXsbCHooOqSDWL1XRI3jiN05vLyh7hhSOxRakau6HWJTrWelpeL90B4zlAR+T9EMis03/xKs8Zrgl37H4VI+JCKvCJKcEIwzGVOvaf2/dKbtQrfxYoll7++XkFPh/u/IQXUTi5ReIWnLf3nTCDGjC9vOxXV6pg1nxEeCGWpFLp7zGomidUDHIF0uR7TmgtQd4TlR1TrtnAK0kgoNzoj6ny0Wq9gJI537euh7QfLIxOfe1Ozq+hoghZo9vAgIFXXLbs87Foa9o31MO7R2bnS1X1ZJYjxjyWG9MifIhHbQwPg74If0EAufO4e5r4drN3khbJkdS1bzs/TRC34/FeexV59vL8vulHyT2Wy+rKpUdvXG82Pn369Xv6B/xfJ0v1NEfCjifk4kqgxmNzn9qRsUFa5EVrUXT82wcdDfyorO6qufsX2o1ncyWmN+PMWf6Kd/6TBKI/LA21IDOA4uFDUOOZmfGCmc3pwK1Jj13TbdtaBs8QxU/qXsNnwBUGM5IO7Q51I1fNStHIAxZ8WjFGlzVOx9HiDYvi9SX6HnkqVB8U977rywdW1BFQQd+gkM4sd7Xqq2paryhguLw/0mxlOvrzxZqDqlW24MKPJmeCO59BnyTryL6/U52A8Tt+vXyxlIVm90Hoo6ov5Eit2V1wKtN58b4qzz18dIyxfbO1ZHSnLrguOoMIicFvVuSsChi0u4pYvlE/VuBPY9LKfFkweEEbl0Ag2iY/GdAVT4BDrQtQTaPogPI5z5soWAaAgLZA6rMhc2xYXIyYkN3Qu2kved+ar6OAXZlX/rrArJtS4ISFsVBv3Mb70B+awDwZPKUiEITvWYh/V5LREOsff2RjC', NULL, '2026-11-25 17:09:46.435855+00', '2026-11-25 17:09:46.435855+00', '2026-12-02 17:09:46.421338+00', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: setup_draft; Type: TABLE DATA; Schema: released; Owner: -
--



--
-- Data for Name: signup_requests; Type: TABLE DATA; Schema: released; Owner: -
--



--
-- Data for Name: throttles; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.throttles VALUES (1, 'setup-token', 'b59073a8e7acc142617db7dbc2608ea3f88d7cf6beab976d756d22c354396617', '2026-11-25 17:09:43.046151+00');
INSERT INTO released.throttles VALUES (2, 'mail:verify-email', '2e8e4d5432621a31f2e18eb774e99046c7a3c405e675bcec7c024318f6e12993', '2026-11-25 17:09:43.353049+00');
INSERT INTO released.throttles VALUES (3, 'invitation-to', '54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec', '2026-11-25 17:09:43.692905+00');
INSERT INTO released.throttles VALUES (4, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:43.692905+00');
INSERT INTO released.throttles VALUES (5, 'invitation-to', '82a5b40ab8dfee3b3d88b0e7666f909a7a62e88d04dc2521012dee8addc29c4f', '2026-11-25 17:09:43.915338+00');
INSERT INTO released.throttles VALUES (6, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:43.915338+00');
INSERT INTO released.throttles VALUES (7, 'invitation-to', '75b7b44fba6950e0763be4800c034311228f3d3ab942424e9b229a907f04b61e', '2026-11-25 17:09:44.138242+00');
INSERT INTO released.throttles VALUES (8, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:44.138242+00');
INSERT INTO released.throttles VALUES (9, 'mail:unlock-code', '54acbe538d1e4e4647194b38183c5e96a5c12e467dcf2d32b5f16eb6cc0a9fec', '2026-11-25 17:09:44.429363+00');
INSERT INTO released.throttles VALUES (10, 'mail:password-reset', '82a5b40ab8dfee3b3d88b0e7666f909a7a62e88d04dc2521012dee8addc29c4f', '2026-11-25 17:09:44.578588+00');
INSERT INTO released.throttles VALUES (11, 'invitation-to', '0b69b9c5d77529f4fc579ce8301f43bdc1313b8af2afd86256697c1cda85e1a6', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (12, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (13, 'invitation-to', '002e8ffbf533626b25144941df61b4ca99d57faadd50a344ec3472de116a7bbb', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (14, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (15, 'invitation-to', '65c12b7bcd993218ffdb81d129ce986a51eee8b0f137eb0d57e509ab88069dda', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (16, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (17, 'invitation-to', 'c9018a29df2764ebd0c09a8e889c1ae17b7bad418f4884851826f63d5ed53974', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (18, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (19, 'invitation-to', 'cd8e1855f348603381de6163109cb650dd87d54e6f9c07b0381e757784925620', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (20, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:44.718768+00');
INSERT INTO released.throttles VALUES (21, 'invitation-to', '9986b55264ecd48df91ab9d69ec63ad3ea4618a48998e14e8d92fd56671bca00', '2026-11-25 17:09:45.57857+00');
INSERT INTO released.throttles VALUES (22, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:45.57857+00');
INSERT INTO released.throttles VALUES (23, 'invitation-to', '8e01253bbb24d620bff2f9a2bbe958d1e27798026257ca713e5983a78e272618', '2026-11-25 17:09:46.241005+00');
INSERT INTO released.throttles VALUES (24, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:46.241005+00');
INSERT INTO released.throttles VALUES (25, 'invitation-to', '9460cb8c2cc5ccb5bfbe7876ab838a28a669ec30d292404c177fd5066fd764c1', '2026-11-25 17:09:46.421338+00');
INSERT INTO released.throttles VALUES (26, 'invitation-from', '5a78faa3f26fda948149c6111f048aa5cc36e8cc90b898de5a204e6d582196e6', '2026-11-25 17:09:46.421338+00');


--
-- Data for Name: tokens; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.tokens VALUES (1, 'verify-email', '71957792cc00b60b89457d130710900d8af2c9a69fb5eaad3828edf786410bb8', 1, '{"email": "alice@acme.test"}', '2026-11-25 17:09:43.353049+00', '2026-11-26 17:09:43.353049+00', '2026-11-25 17:09:43.563735+00', NULL);
INSERT INTO released.tokens VALUES (2, 'password-reset', '0bc27c5c5412f2839512435c2235e5b4debfb0f8cf1a301371341c705e36e6ab', 3, '{}', '2026-11-25 17:09:44.587426+00', '2026-11-25 17:39:44.587426+00', NULL, NULL);


--
-- Data for Name: users; Type: TABLE DATA; Schema: released; Owner: -
--

INSERT INTO released.users VALUES (1, 'alice@acme.test', 'alice@acme.test', 'Alice Admin', '$argon2id$v=19$m=9216,t=4,p=1$gVs+a3KGvthJMgmNTuCoaQ$AoEG+UHrBkTKFKECmfDxxzuRZ6l+pnGYgSO304uNmtA', '2026-11-25 17:09:43.563735+00', NULL, true, true, '1d12e4578beba55a8df0b0eb8ec392e3', '2026-11-25 17:09:43.353049+00', NULL);
INSERT INTO released.users VALUES (2, 'bob@acme.test', 'bob@acme.test', 'Bob', '$argon2id$v=19$m=9216,t=4,p=1$lLoRjDBeNN5Gbgc067CzNw$+zUI5k+TBJsFfmQC80pkYYkbLAzujOjO4OAIw5/pbjk', '2026-11-25 17:09:43.84555+00', NULL, false, false, 'a1396c9e68c09bc045a1aca48a8a9b21', '2026-11-25 17:09:43.84555+00', NULL);
INSERT INTO released.users VALUES (3, 'carol@acme.test', 'carol@acme.test', 'Carol', '$argon2id$v=19$m=9216,t=4,p=1$Ik81q0F/YutF7vE3ZS6k4w$ll3PggwrBaIbJreYRxeokFtt8ApJ4nDPC7zfL/7OSLM', '2026-11-25 17:09:44.069829+00', NULL, false, false, '73fb02c3432fd6191cca33b11e49a9a4', '2026-11-25 17:09:44.069829+00', NULL);


--
-- Name: codes_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.codes_id_seq', 1, true);


--
-- Name: install_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.install_id_seq', 1, false);


--
-- Name: invitation_batch_lines_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.invitation_batch_lines_id_seq', 5, true);


--
-- Name: invitation_batches_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.invitation_batches_id_seq', 1, true);


--
-- Name: invitations_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.invitations_id_seq', 11, true);


--
-- Name: mail_health_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.mail_health_id_seq', 1, false);


--
-- Name: mail_intents_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.mail_intents_id_seq', 2, true);


--
-- Name: mailer_configuration_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.mailer_configuration_id_seq', 1, false);


--
-- Name: mailer_test_sends_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.mailer_test_sends_id_seq', 1, true);


--
-- Name: memberships_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.memberships_id_seq', 3, true);


--
-- Name: organizations_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.organizations_id_seq', 1, true);


--
-- Name: outbox_attempts_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.outbox_attempts_id_seq', 13, true);


--
-- Name: outbox_messages_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.outbox_messages_id_seq', 14, true);


--
-- Name: setup_draft_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.setup_draft_id_seq', 1, false);


--
-- Name: signup_requests_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.signup_requests_id_seq', 1, false);


--
-- Name: throttles_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.throttles_id_seq', 26, true);


--
-- Name: tokens_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.tokens_id_seq', 2, true);


--
-- Name: users_id_seq; Type: SEQUENCE SET; Schema: released; Owner: -
--

SELECT pg_catalog.setval('released.users_id_seq', 3, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: audit_events pk_audit_events; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.audit_events
    ADD CONSTRAINT pk_audit_events PRIMARY KEY (id);


--
-- Name: codes pk_codes; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.codes
    ADD CONSTRAINT pk_codes PRIMARY KEY (id);


--
-- Name: install pk_install; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.install
    ADD CONSTRAINT pk_install PRIMARY KEY (id);


--
-- Name: invitation_batch_lines pk_invitation_batch_lines; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batch_lines
    ADD CONSTRAINT pk_invitation_batch_lines PRIMARY KEY (id);


--
-- Name: invitation_batches pk_invitation_batches; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batches
    ADD CONSTRAINT pk_invitation_batches PRIMARY KEY (id);


--
-- Name: invitations pk_invitations; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitations
    ADD CONSTRAINT pk_invitations PRIMARY KEY (id);


--
-- Name: login_guards pk_login_guards; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.login_guards
    ADD CONSTRAINT pk_login_guards PRIMARY KEY (subject);


--
-- Name: mail_health pk_mail_health; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mail_health
    ADD CONSTRAINT pk_mail_health PRIMARY KEY (id);


--
-- Name: mail_intents pk_mail_intents; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mail_intents
    ADD CONSTRAINT pk_mail_intents PRIMARY KEY (id);


--
-- Name: mailer_configuration pk_mailer_configuration; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mailer_configuration
    ADD CONSTRAINT pk_mailer_configuration PRIMARY KEY (id);


--
-- Name: mailer_test_sends pk_mailer_test_sends; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.mailer_test_sends
    ADD CONSTRAINT pk_mailer_test_sends PRIMARY KEY (id);


--
-- Name: memberships pk_memberships; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.memberships
    ADD CONSTRAINT pk_memberships PRIMARY KEY (id);


--
-- Name: organizations pk_organizations; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.organizations
    ADD CONSTRAINT pk_organizations PRIMARY KEY (id);


--
-- Name: outbox_attempts pk_outbox_attempts; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.outbox_attempts
    ADD CONSTRAINT pk_outbox_attempts PRIMARY KEY (id);


--
-- Name: outbox_messages pk_outbox_messages; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.outbox_messages
    ADD CONSTRAINT pk_outbox_messages PRIMARY KEY (id);


--
-- Name: setup_draft pk_setup_draft; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.setup_draft
    ADD CONSTRAINT pk_setup_draft PRIMARY KEY (id);


--
-- Name: signup_requests pk_signup_requests; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.signup_requests
    ADD CONSTRAINT pk_signup_requests PRIMARY KEY (id);


--
-- Name: throttles pk_throttles; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.throttles
    ADD CONSTRAINT pk_throttles PRIMARY KEY (id);


--
-- Name: tokens pk_tokens; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.tokens
    ADD CONSTRAINT pk_tokens PRIMARY KEY (id);


--
-- Name: users pk_users; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);


--
-- Name: codes uq_codes_purpose_subject; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.codes
    ADD CONSTRAINT uq_codes_purpose_subject UNIQUE (purpose, subject);


--
-- Name: invitation_batches uq_invitation_batches_public_id; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batches
    ADD CONSTRAINT uq_invitation_batches_public_id UNIQUE (public_id);


--
-- Name: invitations uq_invitations_token_hash; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitations
    ADD CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash);


--
-- Name: memberships uq_memberships_organization_id_user_id; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.memberships
    ADD CONSTRAINT uq_memberships_organization_id_user_id UNIQUE (organization_id, user_id);


--
-- Name: organizations uq_organizations_slug; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.organizations
    ADD CONSTRAINT uq_organizations_slug UNIQUE (slug);


--
-- Name: outbox_messages uq_outbox_messages_public_id; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.outbox_messages
    ADD CONSTRAINT uq_outbox_messages_public_id UNIQUE (public_id);


--
-- Name: signup_requests uq_signup_requests_secret_hash; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.signup_requests
    ADD CONSTRAINT uq_signup_requests_secret_hash UNIQUE (secret_hash);


--
-- Name: tokens uq_tokens_token_hash; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.tokens
    ADD CONSTRAINT uq_tokens_token_hash UNIQUE (token_hash);


--
-- Name: users uq_users_email_key; Type: CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.users
    ADD CONSTRAINT uq_users_email_key UNIQUE (email_key);


--
-- Name: ix_audit_events_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_audit_events_at ON released.audit_events USING btree (at);


--
-- Name: ix_audit_events_tag_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_audit_events_tag_id ON released.audit_events USING btree (tag, id);


--
-- Name: ix_invitation_batch_lines_batch_id_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_invitation_batch_lines_batch_id_id ON released.invitation_batch_lines USING btree (batch_id, id);


--
-- Name: ix_invitation_batch_lines_waiting; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_invitation_batch_lines_waiting ON released.invitation_batch_lines USING btree (id) WHERE (outcome IS NULL);


--
-- Name: ix_invitation_batches_organization_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_invitation_batches_organization_id ON released.invitation_batches USING btree (organization_id);


--
-- Name: ix_invitations_organization_id_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_invitations_organization_id_id ON released.invitations USING btree (organization_id, id);


--
-- Name: ix_mailer_test_sends_user_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_mailer_test_sends_user_at ON released.mailer_test_sends USING btree (user_id, at);


--
-- Name: ix_memberships_user_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_memberships_user_id ON released.memberships USING btree (user_id);


--
-- Name: ix_outbox_attempts_message_id_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_attempts_message_id_id ON released.outbox_attempts USING btree (message_id, id);


--
-- Name: ix_outbox_messages_created_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_created_at ON released.outbox_messages USING btree (created_at);


--
-- Name: ix_outbox_messages_expiry; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_expiry ON released.outbox_messages USING btree (expires_at) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'held'::character varying])::text[]));


--
-- Name: ix_outbox_messages_finished_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_finished_at ON released.outbox_messages USING btree (finished_at);


--
-- Name: ix_outbox_messages_kept; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_kept ON released.outbox_messages USING btree (bytes_until) WHERE (bytes_until IS NOT NULL);


--
-- Name: ix_outbox_messages_kind_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_kind_id ON released.outbox_messages USING btree (kind, id);


--
-- Name: ix_outbox_messages_lease; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_lease ON released.outbox_messages USING btree (lease_until) WHERE ((state)::text = 'sending'::text);


--
-- Name: ix_outbox_messages_rcpt_domain_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_rcpt_domain_id ON released.outbox_messages USING btree (rcpt_domain, id);


--
-- Name: ix_outbox_messages_rcpt_key_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_rcpt_key_id ON released.outbox_messages USING btree (rcpt_key, id);


--
-- Name: ix_outbox_messages_sent_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_sent_at ON released.outbox_messages USING btree (sent_at);


--
-- Name: ix_outbox_messages_state_id; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_state_id ON released.outbox_messages USING btree (state, id);


--
-- Name: ix_outbox_messages_turn; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_outbox_messages_turn ON released.outbox_messages USING btree (lane, due_at, id) WHERE ((state)::text = 'queued'::text);


--
-- Name: ix_signup_requests_expires_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_signup_requests_expires_at ON released.signup_requests USING btree (expires_at);


--
-- Name: ix_throttles_purpose_subject_at; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_throttles_purpose_subject_at ON released.throttles USING btree (purpose, subject, at);


--
-- Name: ix_tokens_user_id_purpose; Type: INDEX; Schema: released; Owner: -
--

CREATE INDEX ix_tokens_user_id_purpose ON released.tokens USING btree (user_id, purpose);


--
-- Name: uq_invitations_open; Type: INDEX; Schema: released; Owner: -
--

CREATE UNIQUE INDEX uq_invitations_open ON released.invitations USING btree (organization_id, email_key) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));


--
-- Name: invitation_batch_lines fk_invitation_batch_lines_batch_id_invitation_batches; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batch_lines
    ADD CONSTRAINT fk_invitation_batch_lines_batch_id_invitation_batches FOREIGN KEY (batch_id) REFERENCES released.invitation_batches(id) ON DELETE CASCADE;


--
-- Name: invitation_batches fk_invitation_batches_created_by_id_users; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batches
    ADD CONSTRAINT fk_invitation_batches_created_by_id_users FOREIGN KEY (created_by_id) REFERENCES released.users(id) ON DELETE SET NULL;


--
-- Name: invitation_batches fk_invitation_batches_organization_id_organizations; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitation_batches
    ADD CONSTRAINT fk_invitation_batches_organization_id_organizations FOREIGN KEY (organization_id) REFERENCES released.organizations(id) ON DELETE CASCADE;


--
-- Name: invitations fk_invitations_invited_by_id_users; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitations
    ADD CONSTRAINT fk_invitations_invited_by_id_users FOREIGN KEY (invited_by_id) REFERENCES released.users(id) ON DELETE SET NULL;


--
-- Name: invitations fk_invitations_organization_id_organizations; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.invitations
    ADD CONSTRAINT fk_invitations_organization_id_organizations FOREIGN KEY (organization_id) REFERENCES released.organizations(id) ON DELETE CASCADE;


--
-- Name: memberships fk_memberships_organization_id_organizations; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.memberships
    ADD CONSTRAINT fk_memberships_organization_id_organizations FOREIGN KEY (organization_id) REFERENCES released.organizations(id) ON DELETE CASCADE;


--
-- Name: memberships fk_memberships_user_id_users; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.memberships
    ADD CONSTRAINT fk_memberships_user_id_users FOREIGN KEY (user_id) REFERENCES released.users(id) ON DELETE CASCADE;


--
-- Name: outbox_attempts fk_outbox_attempts_message_id_outbox_messages; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.outbox_attempts
    ADD CONSTRAINT fk_outbox_attempts_message_id_outbox_messages FOREIGN KEY (message_id) REFERENCES released.outbox_messages(id) ON DELETE CASCADE;


--
-- Name: tokens fk_tokens_user_id_users; Type: FK CONSTRAINT; Schema: released; Owner: -
--

ALTER TABLE ONLY released.tokens
    ADD CONSTRAINT fk_tokens_user_id_users FOREIGN KEY (user_id) REFERENCES released.users(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


