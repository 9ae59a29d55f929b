-- +goose Up
CREATE TABLE users (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    username            TEXT COLLATE "C" NOT NULL UNIQUE,
    username_skeleton   TEXT COLLATE "C" NOT NULL UNIQUE,
    email               TEXT COLLATE "C" NOT NULL,
    email_key           TEXT COLLATE "C" UNIQUE,
    password_hash       TEXT COLLATE "C" NOT NULL,
    password_scheme     TEXT COLLATE "C" NOT NULL,
    password_changed_at BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    last_login_at       BIGINT,
    disabled_at         BIGINT
);
CREATE INDEX users_password_scheme ON users (password_scheme);

CREATE TABLE sessions (
    id         TEXT COLLATE "C" PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT,
    end_reason TEXT COLLATE "C",
    address    TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE grants (
    id               TEXT COLLATE "C" PRIMARY KEY,
    session_id       TEXT COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id          TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id        TEXT COLLATE "C" NOT NULL,
    scope            TEXT COLLATE "C" NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    generation       BIGINT NOT NULL,
    rotated_at       BIGINT NOT NULL,
    token_expires_at BIGINT NOT NULL,
    retired          TEXT COLLATE "C" NOT NULL,
    retired_at       BIGINT NOT NULL,
    revoked_at       BIGINT,
    revoke_reason    TEXT COLLATE "C"
) WITH (fillfactor = 80);
CREATE INDEX grants_session_id ON grants (session_id);
CREATE INDEX grants_user_id ON grants (user_id);
CREATE INDEX grants_expires_at ON grants (expires_at);

CREATE TABLE signing_keys (
    id             TEXT COLLATE "C" PRIMARY KEY,
    algorithm      TEXT COLLATE "C" NOT NULL,
    public_jwk     TEXT COLLATE "C" NOT NULL,
    sealed_private BYTEA NOT NULL,
    created_at     BIGINT NOT NULL,
    activates_at   BIGINT NOT NULL,
    retires_at     BIGINT
);

CREATE TABLE throttle (
    key           TEXT COLLATE "C" PRIMARY KEY,
    failures      BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX throttle_expires_at ON throttle (expires_at);

CREATE TABLE known_places (
    key        TEXT COLLATE "C" PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX known_places_expires_at ON known_places (expires_at);

CREATE TABLE audit_events (
    id         TEXT COLLATE "C" PRIMARY KEY,
    at         BIGINT NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C",
    address    TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    detail     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_events_user_id ON audit_events (user_id, id);

CREATE TABLE facts (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
