-- The queue without those that are there, which become most of it: what waits, what was given up, what is to be deleted.
CREATE INDEX uploads_unfinished ON uploads (app, state, recording) WHERE state <> 'uploaded';
