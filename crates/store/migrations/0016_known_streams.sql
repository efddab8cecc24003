-- The streams of which something is known: pushed once, or a channel's. A row is kept with what makes it known, in the same
-- transaction, so that a page of them is a read of an index however long the logs are.

CREATE TABLE known_streams (
    app       BIGINT NOT NULL,
    stream    TEXT   NOT NULL,
    first_at  BIGINT NOT NULL,
    -- When it was pushed last; none for a channel's that never was.
    pushed_at BIGINT,
    channel   BIGINT NOT NULL,
    closed    BIGINT NOT NULL,
    PRIMARY KEY (app, stream)
) WITHOUT ROWID;

CREATE INDEX known_streams_listed ON known_streams (app, first_at, stream);
CREATE INDEX known_streams_by_state ON known_streams (app, closed, first_at, stream);
-- Those that are no channel's are forgotten when their last push is long ago.
CREATE INDEX known_streams_pushed ON known_streams (pushed_at) WHERE channel = 0;

CREATE TABLE known_stream_counts (
    app    BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (app, closed)
);

CREATE TRIGGER known_streams_come AFTER INSERT ON known_streams BEGIN
    INSERT INTO known_stream_counts (app, closed, count) VALUES (NEW.app, NEW.closed, 1)
        ON CONFLICT (app, closed) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER known_streams_go AFTER DELETE ON known_streams BEGIN
    UPDATE known_stream_counts SET count = count - 1 WHERE app = OLD.app AND closed = OLD.closed;
END;

CREATE TRIGGER known_streams_turn AFTER UPDATE OF closed ON known_streams WHEN OLD.closed <> NEW.closed BEGIN
    UPDATE known_stream_counts SET count = count - 1 WHERE app = OLD.app AND closed = OLD.closed;
    INSERT INTO known_stream_counts (app, closed, count) VALUES (NEW.app, NEW.closed, 1)
        ON CONFLICT (app, closed) DO UPDATE SET count = count + 1;
END;

INSERT INTO known_streams (app, stream, first_at, pushed_at, channel, closed)
SELECT app, stream, MIN(at), MAX(pushed_at), MAX(channel), MAX(closed) FROM (
    SELECT 1 AS app, stream, at, at AS pushed_at, 0 AS channel, 0 AS closed FROM live_events
        WHERE kind IN ('published', 'resumed', 'took_over') AND stream IS NOT NULL
    UNION ALL SELECT app, stream, minute, minute, 0, 0 FROM stream_minutes WHERE live_ms > 0
    UNION ALL SELECT app, stream, created_at, NULL, 1, closed FROM channels
) GROUP BY app, stream;

-- Channels.
CREATE TRIGGER channels_known AFTER INSERT ON channels BEGIN
    INSERT INTO known_streams (app, stream, first_at, pushed_at, channel, closed)
        VALUES (NEW.app, NEW.stream, NEW.created_at, NULL, 1, NEW.closed)
        ON CONFLICT (app, stream) DO UPDATE SET channel = 1, closed = excluded.closed,
            first_at = MIN(first_at, excluded.first_at);
END;

CREATE TRIGGER channels_known_turn AFTER UPDATE OF closed ON channels WHEN OLD.closed <> NEW.closed BEGIN
    UPDATE known_streams SET closed = NEW.closed WHERE app = NEW.app AND stream = NEW.stream;
END;

CREATE TRIGGER channels_known_go AFTER DELETE ON channels BEGIN
    DELETE FROM known_streams WHERE app = OLD.app AND stream = OLD.stream AND pushed_at IS NULL;
    UPDATE known_streams SET channel = 0, closed = 0 WHERE app = OLD.app AND stream = OLD.stream;
END;

-- Pushes. The log of events is that of the first app.
CREATE TRIGGER live_events_known AFTER INSERT ON live_events
WHEN NEW.stream IS NOT NULL AND NEW.kind IN ('published', 'resumed', 'took_over') BEGIN
    INSERT INTO known_streams (app, stream, first_at, pushed_at, channel, closed)
        VALUES (1, NEW.stream, NEW.at, NEW.at, 0, 0)
        ON CONFLICT (app, stream) DO UPDATE SET pushed_at = MAX(COALESCE(pushed_at, 0), excluded.pushed_at);
END;

CREATE TRIGGER stream_minutes_known AFTER INSERT ON stream_minutes WHEN NEW.live_ms > 0 BEGIN
    INSERT INTO known_streams (app, stream, first_at, pushed_at, channel, closed)
        VALUES (NEW.app, NEW.stream, NEW.minute, NEW.minute, 0, 0)
        ON CONFLICT (app, stream) DO UPDATE SET pushed_at = MAX(COALESCE(pushed_at, 0), excluded.pushed_at);
END;

-- Whether a stream was pushed is asked here now.
DROP INDEX live_events_pushed;
