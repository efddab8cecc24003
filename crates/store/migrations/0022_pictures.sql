-- Screenshots: templates and rules, tasks, the pictures that were taken, and the queue that they are read from once.

CREATE TABLE picture_templates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    app         BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    interval_s  BIGINT NOT NULL,
    width       BIGINT NOT NULL,
    height      BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- Which streams a template is for; an empty field stands for all.
CREATE TABLE picture_rules (
    app        BIGINT NOT NULL,
    domain     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    template   BIGINT NOT NULL REFERENCES picture_templates (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app, domain, path, stream)
);

CREATE INDEX picture_rules_template ON picture_rules (template);

CREATE TABLE picture_tasks (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    app         BIGINT NOT NULL,
    stream      TEXT   NOT NULL,
    -- The channel that it was asked for by; none if it was a stream.
    channel     BIGINT,
    template    BIGINT,
    domain      TEXT   NOT NULL,
    interval_ms BIGINT NOT NULL,
    first_ms    BIGINT NOT NULL,
    width       BIGINT NOT NULL,
    height      BIGINT NOT NULL,
    begin_at    BIGINT NOT NULL,
    end_at      BIGINT NOT NULL,
    stopped_at  BIGINT,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE INDEX picture_tasks_channel ON picture_tasks (app, channel, id);
CREATE INDEX picture_tasks_open ON picture_tasks (end_at) WHERE stopped_at IS NULL;

-- The id is a ULID, which grows with time, and names the file.
CREATE TABLE pictures (
    id       TEXT   PRIMARY KEY,
    app      BIGINT NOT NULL,
    stream   TEXT   NOT NULL,
    channel  TEXT   NOT NULL,
    task     BIGINT,
    taken_at BIGINT NOT NULL,
    width    BIGINT NOT NULL,
    height   BIGINT NOT NULL,
    bytes    BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX pictures_stream ON pictures (app, stream, id);

-- Pictures that nobody has read yet, in their order.
CREATE TABLE picture_queue (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    app     BIGINT NOT NULL,
    picture TEXT   NOT NULL REFERENCES pictures (id) ON DELETE CASCADE
);

CREATE INDEX picture_queue_app ON picture_queue (app, seq);
CREATE INDEX picture_queue_picture ON picture_queue (picture);
