-- What an operator wants relayed. Whether it runs at this moment stands elsewhere. The address may hold keys.

CREATE TABLE relays (
    id         TEXT    PRIMARY KEY,
    app        BIGINT  NOT NULL,
    direction  TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    enabled    BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL
);

-- Two pulls would take the name from each other.
CREATE UNIQUE INDEX relays_pull ON relays (app, stream) WHERE direction = 'pull';
