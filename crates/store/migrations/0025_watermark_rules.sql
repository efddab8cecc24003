-- Which streams a watermark is for that is not their channel's; an empty field stands for all.
CREATE TABLE watermark_rules (
    app        BIGINT NOT NULL,
    domain     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    watermark  BIGINT NOT NULL REFERENCES watermarks (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app, domain, path, stream)
) WITHOUT ROWID;

CREATE INDEX watermark_rules_watermark ON watermark_rules (watermark);
