-- Channels of the channel-hosting mode, the lists of addresses, and the rules of single streams.

CREATE TABLE channels (
    id             BIGINT PRIMARY KEY,
    app            BIGINT NOT NULL,
    name           TEXT   NOT NULL,
    description    TEXT   NOT NULL,
    source_id      BIGINT NOT NULL,
    source_name    TEXT   NOT NULL,
    source_kind    BIGINT NOT NULL,
    source_address TEXT,
    receiver       BIGINT NOT NULL,
    rates          TEXT   NOT NULL,
    watermark      BIGINT,
    password       TEXT,
    stream         TEXT   NOT NULL UNIQUE,
    closed         BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    revision       BIGINT NOT NULL
);

-- Pages by creation and by name, of all channels and of those that are open or closed.
CREATE INDEX channels_listed ON channels (app, created_at, id);
CREATE INDEX channels_listed_by_state ON channels (app, closed, created_at, id);
CREATE INDEX channels_named ON channels (app, name, id);
CREATE INDEX channels_named_by_state ON channels (app, closed, name, id);

-- How many there are, and how often they were changed, kept in the transaction that changes it: counting 100,000 rows
-- for each page is too slow.
CREATE TABLE channel_counts (
    app     BIGINT NOT NULL,
    closed  BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (app, closed)
);

CREATE TABLE watermarks (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    app        BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    picture    TEXT   NOT NULL,
    x          BIGINT NOT NULL,
    y          BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX watermarks_listed ON watermarks (app, id);

-- A block is 32 hex digits of an IPv6 address (IPv4 in its mapped form), a slash and the bits of 128 that count.
CREATE TABLE ip_lists (
    app        BIGINT NOT NULL,
    direction  TEXT   NOT NULL,
    colour     TEXT   NOT NULL,
    blocks     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (app, direction)
);

CREATE TABLE stream_rules (
    app             BIGINT NOT NULL,
    stream          TEXT   NOT NULL,
    forbidden_until BIGINT,
    reason          TEXT   NOT NULL,
    delay_ms        BIGINT NOT NULL,
    delay_until     BIGINT,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (app, stream)
);
