-- What an app's account may do. The operator sets it; nothing else does.
ALTER TABLE apps ADD COLUMN blocked  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN deleted  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN verified BIGINT NOT NULL DEFAULT 1;
ALTER TABLE apps ADD COLUMN balance  BIGINT;

-- What the signed APIs are called with. An app has several, so that one can be replaced without a gap; the first is the
-- one that stands among the app's keys. There is no reference to the app: a credential may outlive it, and says so then.
CREATE TABLE credentials (
    secret_id  TEXT   PRIMARY KEY,
    app        BIGINT NOT NULL,
    secret_key TEXT   NOT NULL,
    enabled    BIGINT NOT NULL DEFAULT 1,
    -- Names of the actions that it may call, with commas between them; NULL for all.
    actions    TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX credentials_app ON credentials (app, created_at);

INSERT INTO credentials (secret_id, app, secret_key, created_at)
    SELECT secret_id, id, secret_key, created_at FROM apps;

-- Actions of the signed API that are under maintenance; `*` is the whole of it.
CREATE TABLE api_maintenance (
    action TEXT   PRIMARY KEY,
    since  BIGINT NOT NULL
);
