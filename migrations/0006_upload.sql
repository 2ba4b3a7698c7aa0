-- Uploads in parts. A part's id is the upload's `part_base` (a UUIDv7 whose low 14 bits are zero) plus its number, so
-- that starting an upload writes one row whatever its number of parts; a part's row is made when its bytes come.

create table upload (
  id integer primary key,
  uid uuid not null unique,
  part_base uuid not null unique,
  user_id bigint not null,                -- user_account.id of the uploader; 0: the program
  username text not null,
  kind smallint not null,                 -- 0 an asset's content, 1 a related asset
  state smallint not null,                -- 0 open, 1 complete, 2 cancelled, 3 failed
  asset_id bigint not null,               -- asset.id; the asset may go before the upload does
  asset_uid uuid not null,
  related_uid uuid,                       -- what a completed related upload made
  asset_created boolean not null,
  status_before smallint,
  parent_uid uuid,
  blob_id bigint,
  store text not null,
  object_key text not null,
  multipart text,                         -- the store's own id of a direct upload
  file_name text not null,
  content_type text not null,
  size bigint not null,
  chunk_size bigint not null,
  part_count integer not null,
  checksum text,
  relationship text,
  language_code text,
  created_at bigint not null,
  touched_at bigint not null,
  ended_at bigint
);
create index upload_open on upload (user_id, id) where state = 0;
create index upload_idle on upload (touched_at) where state = 0;
create index upload_ended on upload (ended_at) where state <> 0;
create index upload_by_asset on upload (asset_id) where state = 0;

create table upload_part (
  upload_id bigint not null references upload (id) on delete cascade,
  number integer not null,
  state smallint not null,                -- 0 empty, 1 writing, 2 received, 3 confirmed
  generation bigint not null default 0,   -- raised by each resend
  etag text,
  crc32 bigint,
  boot_id text,                           -- under which the bytes came; after another boot they are hashed again
  received_at bigint,
  primary key (upload_id, number)
);

-- Random keys of the program's own (signing part URLs and media URLs), made once.
create table server_secret (
  name text not null primary key,
  value text not null,
  created_at bigint not null
);
