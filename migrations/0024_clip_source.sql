-- What a clip is cut from, while it is being made: the blob of its source, counted as one reference, so that a source that
-- is deleted, replaced or archived meanwhile keeps these bytes until the clip's job has ended.
create table clip_source (
  asset_id bigint not null primary key references asset (id) on delete cascade,
  blob_id bigint not null references blob (id)
);
create index clip_source_by_blob on clip_source (blob_id);
