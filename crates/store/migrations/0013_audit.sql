-- Every change by an operator or a caller of an API. What is in `before` and `after` holds no secret.

CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        BIGINT NOT NULL,
    app       BIGINT NOT NULL,
    face      TEXT   NOT NULL,
    who       TEXT   NOT NULL,
    peer      TEXT,
    operation TEXT   NOT NULL,
    subject   TEXT   NOT NULL,
    before    TEXT,
    after     TEXT
);

CREATE INDEX audit_listed ON audit (app, id);
CREATE INDEX audit_subject ON audit (app, subject, id);

-- Refusals carry a code and are rare among the rest.
CREATE INDEX live_events_coded ON live_events (id) WHERE code IS NOT NULL;
