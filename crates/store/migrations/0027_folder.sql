-- Which data folder this is, so that no other one's server takes its recordings for its own, and in which folder all of its
-- recordings were found last.
CREATE TABLE folder (
    id             TEXT NOT NULL,
    recordings_dir TEXT
);

INSERT INTO folder (id) VALUES (lower(hex(randomblob(16))));
