-- Recordings that are copied to a bucket, and those whose copies are deleted there. A row outlives its recording until
-- the last copy is gone.
CREATE TABLE uploads (
    recording     TEXT   PRIMARY KEY,
    app           BIGINT NOT NULL,
    state         TEXT   NOT NULL,
    place         TEXT   NOT NULL,
    told          BIGINT NOT NULL,
    tries         BIGINT NOT NULL,
    next_at       BIGINT,
    failure       TEXT,
    created_at    BIGINT NOT NULL,
    uploaded_at   BIGINT,
    local_gone_at BIGINT
);

CREATE INDEX uploads_due ON uploads (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX uploads_listed ON uploads (app, recording);
CREATE INDEX uploads_local ON uploads (uploaded_at) WHERE state = 'uploaded' AND local_gone_at IS NULL;

CREATE INDEX recordings_stored ON recordings (id) WHERE state = 'stored';

-- What one recording is in the bucket. `source`: file, media or playlist; of media, which stretch of which file, behind
-- its first `init_bytes`. `upload` is the id of a multipart upload that is under way.
CREATE TABLE upload_objects (
    recording  TEXT   NOT NULL REFERENCES uploads (recording) ON DELETE CASCADE,
    number     BIGINT NOT NULL,
    key        TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    file       TEXT,
    init_bytes BIGINT NOT NULL,
    offset     BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    part_bytes BIGINT NOT NULL,
    upload     TEXT,
    verified   BIGINT NOT NULL,
    PRIMARY KEY (recording, number)
) WITHOUT ROWID;

-- Parts of multipart uploads that the bucket has.
CREATE TABLE upload_parts (
    recording TEXT   NOT NULL,
    object    BIGINT NOT NULL,
    number    BIGINT NOT NULL,
    etag      TEXT   NOT NULL,
    md5       BLOB   NOT NULL,
    bytes     BIGINT NOT NULL,
    PRIMARY KEY (recording, object, number),
    FOREIGN KEY (recording, object) REFERENCES upload_objects (recording, number) ON DELETE CASCADE
) WITHOUT ROWID;
