-- Whether a stream was ever pushed is asked for one stream at a time, and most events are of others.
CREATE INDEX live_events_pushed ON live_events (stream) WHERE kind IN ('published', 'resumed', 'took_over');
