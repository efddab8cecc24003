-- Times are milliseconds since 1970-01-01 UTC. An unsigned 64-bit number is kept as the signed one of the same bits.

CREATE TABLE apps (
    id                BIGINT PRIMARY KEY,
    created_at        BIGINT NOT NULL,
    sdkappid          BIGINT NOT NULL UNIQUE,
    sdk_secret        TEXT   NOT NULL,
    sdk_public_key    TEXT,
    secret_id         TEXT   NOT NULL UNIQUE,
    secret_key        TEXT   NOT NULL,
    appid             BIGINT NOT NULL UNIQUE,
    bizid             BIGINT NOT NULL UNIQUE,
    api_key           TEXT   NOT NULL,
    push_key          TEXT   NOT NULL,
    push_key_backup   TEXT   NOT NULL,
    play_key          TEXT   NOT NULL,
    play_key_backup   TEXT   NOT NULL,
    callback_key      TEXT   NOT NULL,
    zim_app_id        BIGINT NOT NULL UNIQUE,
    zim_server_secret TEXT   NOT NULL,
    auth_key          TEXT   NOT NULL,
    admin             TEXT   NOT NULL,
    api_token         TEXT   NOT NULL UNIQUE
);

CREATE TABLE live_events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         BIGINT NOT NULL,
    session    BIGINT NOT NULL,
    stream     TEXT,
    peer       TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    code_table TEXT,
    code       BIGINT,
    detail     TEXT   NOT NULL
);

-- The list of the last refusals is read while the page is open, and refusals may be rare among the rest.
CREATE INDEX live_events_refused ON live_events (id) WHERE kind IN ('refused_publish', 'refused_play');
