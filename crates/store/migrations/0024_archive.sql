-- Where the first segment of a media file stands among all segments of its stream, for the playlists that move on with the
-- clock. It is written once somebody asks for such a playlist, and never changes.
CREATE TABLE archive_numbers (
    file TEXT PRIMARY KEY,
    app INTEGER NOT NULL,
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    discontinuity INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX archive_numbers_of_stream ON archive_numbers (app, stream, file);
