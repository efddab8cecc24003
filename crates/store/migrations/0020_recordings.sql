-- The media that is kept of streams: fragmented MP4 on disk. The parts of a file that is written stand in `media_parts`; those
-- of a closed one are packed into `parts`.
CREATE TABLE media_files (
    id            TEXT   PRIMARY KEY,
    app           BIGINT NOT NULL,
    stream        TEXT   NOT NULL,
    begun_at      BIGINT NOT NULL,
    ended_at      BIGINT,
    init_bytes    BIGINT NOT NULL,
    codecs        TEXT   NOT NULL,
    width         BIGINT NOT NULL,
    height        BIGINT NOT NULL,
    discontinuity BIGINT NOT NULL,
    closed        BIGINT NOT NULL,
    bytes         BIGINT NOT NULL,
    parts         BLOB
);

CREATE INDEX media_files_stream ON media_files (app, stream, id);
CREATE INDEX media_files_open ON media_files (id) WHERE closed = 0;
CREATE INDEX media_files_ended ON media_files (ended_at) WHERE closed = 1;

-- `flags`: 1 begins with a key frame, 2 does not continue the part before. Times of `dts` and `duration` are of 90 kHz.
CREATE TABLE media_parts (
    file     TEXT   NOT NULL REFERENCES media_files (id) ON DELETE CASCADE,
    number   BIGINT NOT NULL,
    offset   BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    dts      BIGINT NOT NULL,
    duration BIGINT NOT NULL,
    flags    BIGINT NOT NULL,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;

-- What is to be kept of a stream, and when.
CREATE TABLE record_tasks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    app          BIGINT NOT NULL,
    stream       TEXT   NOT NULL,
    channel      BIGINT,
    kind         TEXT   NOT NULL,
    formats      TEXT   NOT NULL,
    begin_at     BIGINT NOT NULL,
    end_at       BIGINT,
    interval_ms  BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    stream_param TEXT   NOT NULL,
    domain       TEXT   NOT NULL,
    template     BIGINT,
    keep_ms      BIGINT NOT NULL,
    created_by   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    stopped_at   BIGINT,
    failure      TEXT
);

CREATE INDEX record_tasks_stream ON record_tasks (app, stream, id);
CREATE INDEX record_tasks_open ON record_tasks (app, stream, end_at) WHERE stopped_at IS NULL AND failure IS NULL;

-- Views of a stream's media, one format each: from a part of a file to a part of a file.
CREATE TABLE recordings (
    id           TEXT   PRIMARY KEY,
    app          BIGINT NOT NULL,
    task         BIGINT,
    kind         TEXT   NOT NULL,
    stream       TEXT   NOT NULL,
    channel      BIGINT,
    format       TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    domain       TEXT   NOT NULL,
    stream_param TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    first_file   TEXT   NOT NULL,
    first_part   BIGINT NOT NULL,
    last_file    TEXT,
    last_part    BIGINT,
    duration_ms  BIGINT NOT NULL,
    bytes        BIGINT NOT NULL,
    sha256       BLOB,
    failure      TEXT,
    keep_until   BIGINT,
    deleted_at   BIGINT
);

CREATE INDEX recordings_listed ON recordings (app, id);
CREATE INDEX recordings_stream ON recordings (app, stream, id);
CREATE INDEX recordings_task ON recordings (app, task, id) WHERE task IS NOT NULL;
CREATE INDEX recordings_unfinished ON recordings (id) WHERE state IN ('recording', 'finalizing');
CREATE INDEX recordings_deleted ON recordings (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX recordings_kept ON recordings (keep_until) WHERE keep_until IS NOT NULL;

-- What is kept of the streams that a rule names; an empty field of a rule stands for all.
CREATE TABLE record_templates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    app         BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE INDEX record_templates_app ON record_templates (app, id);

CREATE TABLE record_template_formats (
    template    BIGINT NOT NULL REFERENCES record_templates (id) ON DELETE CASCADE,
    format      TEXT   NOT NULL,
    interval_ms BIGINT NOT NULL,
    keep_ms     BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    PRIMARY KEY (template, format)
) WITHOUT ROWID;

CREATE TABLE record_rules (
    app        BIGINT NOT NULL,
    domain     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    template   BIGINT NOT NULL REFERENCES record_templates (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app, domain, path, stream)
) WITHOUT ROWID;

CREATE INDEX record_rules_template ON record_rules (template);
