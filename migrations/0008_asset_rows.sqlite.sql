-- Rows of assets are never numbered twice (grants, history and memory name them by number), which SQLite promises for
-- autoincrement alone, and takes a new table.
create table asset_new (
  id integer primary key autoincrement,
  uid uuid not null unique,
  parent_id bigint references asset (id),
  asset_type smallint not null,
  status smallint not null,
  name text not null,
  sort_name text not null,
  description text,
  file_name text,
  source_key text,
  content_type text,
  media_type text,
  size bigint not null default 0,
  language_code text,
  duration_ms bigint,
  frame_rate text,
  width integer,
  height integer,
  has_audio boolean,
  start_timecode text,
  thumbnail_path text,
  preview_path text,
  stream_path text,
  tags text not null default '[]',
  custom_fields text not null default '{}',
  version bigint not null default 0,
  error text,
  available_from bigint,
  available_until bigint,
  created_at bigint not null,
  created_by uuid,
  modified_at bigint not null,
  modified_by uuid,
  deleted_at bigint,
  deleted_by uuid,
  revision bigint not null default 1
);
insert into asset_new (id, uid, parent_id, asset_type, status, name, sort_name, description, file_name, source_key,
  content_type, media_type, size, language_code, duration_ms, frame_rate, width, height, has_audio, start_timecode,
  thumbnail_path, preview_path, stream_path, tags, custom_fields, version, error, available_from, available_until,
  created_at, created_by, modified_at, modified_by, deleted_at, deleted_by, revision)
select id, uid, parent_id, asset_type, status, name, sort_name, description, file_name, source_key, content_type,
  media_type, size, language_code, duration_ms, frame_rate, width, height, has_audio, start_timecode, thumbnail_path,
  preview_path, stream_path, tags, custom_fields, version, error, available_from, available_until, created_at,
  created_by, modified_at, modified_by, deleted_at, deleted_by, revision from asset;
drop table asset;
alter table asset_new rename to asset;
create unique index asset_name on asset (parent_id, name) where deleted_at is null;
create unique index asset_bucket_name on asset (name) where parent_id is null and deleted_at is null;
create index asset_by_name on asset (parent_id, asset_type, sort_name, id) where deleted_at is null;
create index asset_by_created on asset (parent_id, created_at, id) where deleted_at is null;
create index asset_by_modified on asset (parent_id, modified_at, id) where deleted_at is null;
create index asset_by_size on asset (parent_id, size, id) where deleted_at is null;
create index asset_by_status on asset (status, id) where asset_type = 2;
create index asset_folders on asset (asset_type) where asset_type <> 2;
create index asset_bin on asset (deleted_at, id) where deleted_at is not null;
