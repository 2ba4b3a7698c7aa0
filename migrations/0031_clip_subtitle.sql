-- The subtitles that a clip takes along from its source, while it is being made: the WebVTT file of each, counted as one
-- reference as that of clip_source is.
create table clip_subtitle (
  asset_id bigint not null references asset (id) on delete cascade,
  position integer not null,
  blob_id bigint not null references blob (id),
  language_code text,
  label text,
  primary key (asset_id, position)
);
create index clip_subtitle_by_blob on clip_subtitle (blob_id);
