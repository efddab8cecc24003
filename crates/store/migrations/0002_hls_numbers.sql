-- The numbers of a stream's HLS playlists. A run takes them in steps, ahead of their use: whatever happens to the
-- process, none at or behind the ones written here has been told.

CREATE TABLE hls_numbers (
    app                    BIGINT NOT NULL,
    stream                 TEXT   NOT NULL,
    updated_at             BIGINT NOT NULL,
    media_sequence         BIGINT NOT NULL,
    discontinuity_sequence BIGINT NOT NULL,
    program_date_time      BIGINT NOT NULL,
    PRIMARY KEY (app, stream)
);

-- The streams that were played longest ago are forgotten when there are too many.
CREATE INDEX hls_numbers_updated ON hls_numbers (updated_at);
