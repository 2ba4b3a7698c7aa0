-- The catalogue: a tree of buckets (5), folders (1) and files (2); content versions; related assets; tags; history.
-- Rows have an integer key inside and a UUIDv7 (uid) outside. Where an asset sits and where its bytes lie are separate.

create table asset (
  id integer primary key,
  uid uuid not null unique,
  parent_id bigint references asset (id),
  bucket_id bigint,                       -- the bucket above; null for a bucket
  asset_type smallint not null,
  status smallint not null,
  name text not null,                     -- display name, NFC, unique in its parent
  sort_name text not null,                -- name_sort_key(name)
  description text,
  file_name text,                         -- as uploaded
  source_key text,                        -- where a registered object was found
  content_type text,
  media_type text,
  size bigint not null default 0,
  language_code text,
  duration_ms bigint,
  frame_rate text,                        -- "30000/1001"
  width integer,
  height integer,
  has_audio boolean,
  start_timecode text,
  thumbnail_path text,                    -- "<related uid>/<file>" under /media/<uid>/
  preview_path text,
  stream_path text,
  tags text not null default '[]',
  custom_fields text not null default '{}',
  version bigint not null default 0,      -- the content that is served; 0: none yet
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
create unique index asset_name on asset (parent_id, name) where deleted_at is null;
create unique index asset_bucket_name on asset (name) where parent_id is null and deleted_at is null;
create index asset_by_name on asset (parent_id, asset_type, sort_name, id) where deleted_at is null;
create index asset_by_created on asset (parent_id, created_at, id) where deleted_at is null;
create index asset_by_modified on asset (parent_id, modified_at, id) where deleted_at is null;
create index asset_by_size on asset (parent_id, size, id) where deleted_at is null;
create index asset_by_status on asset (status, id) where asset_type = 2;
create index asset_folders on asset (asset_type) where asset_type <> 2;
create index asset_bin on asset (deleted_at, id) where deleted_at is not null;

-- What a bucket is besides a root of the tree: a prefix in a configured store.
create table bucket (
  asset_id bigint not null primary key references asset (id) on delete cascade,
  store text not null,
  key_prefix text not null default '',
  managed boolean not null default false, -- registered objects may be removed with their asset
  owner uuid,
  quota_bytes bigint
);

-- Direct children, kept in the transaction that changes them.
create table folder_counter (
  folder_id bigint not null primary key references asset (id) on delete cascade,
  folders bigint not null default 0,
  files bigint not null default 0,
  bytes bigint not null default 0
);

create table asset_version (
  id integer primary key,
  asset_id bigint not null references asset (id) on delete cascade,
  number bigint not null,
  blob_id bigint not null references blob (id),
  file_name text not null,
  content_type text not null,
  declared_content_type text,
  media_type text not null,
  size bigint not null,
  media_properties text not null default '{}',
  duration_ms bigint,
  frame_rate text,
  width integer,
  height integer,
  has_audio boolean,
  start_timecode text,
  settled boolean not null default false, -- every processing step has ended
  error text,
  expected_checksum text,                 -- "sha256:…" or "md5:…" still to be compared
  created_at bigint not null,
  created_by uuid,
  unique (asset_id, number)
);

create index asset_version_by_blob on asset_version (blob_id);

create table related_asset (
  id integer primary key,
  uid uuid not null unique,
  asset_id bigint not null references asset (id) on delete cascade,
  version bigint not null,
  relationship text not null,
  language_code text,
  content_type text not null,
  size bigint not null default 0,
  recipe text not null,                   -- what made it: "thumbnail", "renditions", "upload"; one current row each
  label text,
  created_at bigint not null,
  created_by uuid,
  superseded boolean not null default false
);
create index related_asset_by_asset on related_asset (asset_id, version, relationship);

create table related_file (
  related_id bigint not null references related_asset (id) on delete cascade,
  name text not null,                     -- "master.m3u8"
  blob_id bigint not null references blob (id),
  content_type text not null,
  size bigint not null,
  primary key (related_id, name)
);

create index related_file_by_blob on related_file (blob_id);

create table tag (
  id integer primary key,
  name text not null,
  folded text not null unique
);
create table asset_tag (
  asset_id bigint not null references asset (id) on delete cascade,
  tag_id bigint not null references tag (id),
  primary key (asset_id, tag_id)
);
create index asset_tag_by_tag on asset_tag (tag_id, asset_id);

-- Every change of status, and the operations worth remembering: who, when, why. Outlives the asset.
create table asset_history (
  id integer primary key,
  asset_id bigint not null,
  asset_uid uuid not null,
  at bigint not null,
  user_id uuid,
  username text,
  operation text not null,
  from_status smallint,
  to_status smallint,
  reason text
);
create index asset_history_by_asset on asset_history (asset_id, id);
