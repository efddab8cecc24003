-- Events for customers' own servers: delivered at least once, in order for each stream.

CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    app        BIGINT  NOT NULL,
    stream     TEXT    NOT NULL,
    kind       BIGINT  NOT NULL,
    url        TEXT    NOT NULL,
    host       TEXT    NOT NULL,
    template   BIGINT,
    body       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    attempts   BIGINT  NOT NULL,
    state      TEXT    NOT NULL,
    -- When it may be tried next; none while an earlier event of its stream waits, and once it is settled.
    next_at    BIGINT,
    settled_at BIGINT,
    last_error TEXT
);

CREATE INDEX outbox_due ON outbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (app, stream, seq) WHERE state = 'waiting';
CREATE INDEX outbox_settled ON outbox (seq) WHERE state <> 'waiting';

-- Pushes whose begin has been told and whose end has not: what a start after a crash has to tell.
CREATE TABLE callback_pushes (
    sequence     BIGINT PRIMARY KEY,
    app          BIGINT NOT NULL,
    stream       TEXT   NOT NULL,
    channel      TEXT   NOT NULL,
    domain       TEXT   NOT NULL,
    path         TEXT   NOT NULL,
    node         TEXT   NOT NULL,
    user_ip      TEXT   NOT NULL,
    stream_param TEXT   NOT NULL,
    began_at     BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL
);

-- Where events go. A rule says which streams a template is for; an empty field stands for all.
CREATE TABLE callback_templates (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    app          BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    description  TEXT   NOT NULL,
    callback_key TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);

CREATE TABLE callback_urls (
    template BIGINT NOT NULL REFERENCES callback_templates (id) ON DELETE CASCADE,
    kind     BIGINT NOT NULL,
    url      TEXT   NOT NULL,
    PRIMARY KEY (template, kind)
);

CREATE TABLE callback_rules (
    app        BIGINT NOT NULL,
    domain     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    template   BIGINT NOT NULL REFERENCES callback_templates (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app, domain, path, stream)
);

CREATE INDEX callback_rules_template ON callback_rules (template);
