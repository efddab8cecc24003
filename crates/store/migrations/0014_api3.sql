-- Host names that streams are pushed to (direction 0) or played from (1). What is not here is served all the same; what is
-- here and not enabled is refused.
CREATE TABLE domains (
    app        BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    direction  BIGINT NOT NULL,
    enabled    BIGINT NOT NULL,
    play_type  BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app, name)
);

-- How addresses of a direction are signed, beside the keys that stand with the app. `enabled` is NULL where the settings
-- decide.
CREATE TABLE url_auth (
    app       BIGINT NOT NULL,
    direction BIGINT NOT NULL,
    enabled   BIGINT,
    delta_s   BIGINT NOT NULL,
    PRIMARY KEY (app, direction)
);

-- Tasks that pull a stream, and push it on where they have a target.
CREATE TABLE pull_tasks (
    id         TEXT   PRIMARY KEY,
    app        BIGINT NOT NULL,
    given_id   TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    domain     TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    target     TEXT,
    begin_at   BIGINT NOT NULL,
    end_at     BIGINT NOT NULL,
    paused     BIGINT NOT NULL,
    comment    TEXT   NOT NULL,
    created_by TEXT   NOT NULL,
    updated_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX pull_tasks_given ON pull_tasks (app, given_id) WHERE given_id <> '';

-- What a stream did in a minute, which begins at `minute`. `online_sum` over `samples` is the mean number of players.
CREATE TABLE stream_minutes (
    minute      BIGINT NOT NULL,
    app         BIGINT NOT NULL,
    stream      TEXT   NOT NULL,
    bytes_out   BIGINT NOT NULL,
    bytes_in    BIGINT NOT NULL,
    pictures    BIGINT NOT NULL,
    requests    BIGINT NOT NULL,
    online_peak BIGINT NOT NULL,
    online_sum  BIGINT NOT NULL,
    samples     BIGINT NOT NULL,
    live_ms     BIGINT NOT NULL,
    client_ip   TEXT   NOT NULL,
    server_ip   TEXT   NOT NULL,
    domain      TEXT   NOT NULL,
    PRIMARY KEY (app, stream, minute)
) WITHOUT ROWID;

CREATE INDEX stream_minutes_time ON stream_minutes (minute);

-- What players of an address did in a minute: requests, those that were refused, and bytes of plays that ended in it.
CREATE TABLE client_minutes (
    minute   BIGINT NOT NULL,
    app      BIGINT NOT NULL,
    address  TEXT   NOT NULL,
    bytes    BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    failed   BIGINT NOT NULL,
    PRIMARY KEY (app, minute, address)
) WITHOUT ROWID;

CREATE INDEX client_minutes_time ON client_minutes (minute);

-- The begin of a push is found by its session.
CREATE INDEX live_events_begun ON live_events (session) WHERE kind IN ('published', 'resumed', 'took_over');
