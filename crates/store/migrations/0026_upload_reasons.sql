-- Why the last try of an upload failed, in one word, so that it can be said what to do about it.
ALTER TABLE uploads ADD COLUMN reason TEXT;
