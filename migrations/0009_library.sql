-- The library: in which bucket an asset is follows from the tree, so that a folder of a million moves to another bucket
-- by one row; what folders hold is counted by kind; actions on many assets are kept, so that they go on after a restart.

create index asset_by_media on asset (parent_id, media_type, asset_type, sort_name, id) where deleted_at is null;
create index asset_by_parent on asset (parent_id, id);      -- all below a folder, the bin's too
create index asset_by_source on asset (source_key) where source_key is not null;

-- Per kind of media, and how long all of it plays, so that a folder's totals cost its sub-folders and not its files.
alter table folder_counter add column duration_ms bigint not null default 0;
alter table folder_counter add column videos bigint not null default 0;
alter table folder_counter add column audios bigint not null default 0;
alter table folder_counter add column images bigint not null default 0;
alter table folder_counter add column documents bigint not null default 0;
update folder_counter set
  duration_ms = (select coalesce(sum(a.duration_ms), 0) from asset a where a.parent_id = folder_id and a.deleted_at is null),
  videos = (select count(*) from asset a where a.parent_id = folder_id and a.deleted_at is null and a.media_type = 'video'),
  audios = (select count(*) from asset a where a.parent_id = folder_id and a.deleted_at is null and a.media_type = 'audio'),
  images = (select count(*) from asset a where a.parent_id = folder_id and a.deleted_at is null and a.media_type = 'image'),
  documents = (select count(*) from asset a where a.parent_id = folder_id and a.deleted_at is null and a.media_type = 'document');

-- What a bucket is set to besides its place: where archived content goes (a configured store, or one of S3's storage
-- classes), and whether its store is watched for new objects.
alter table bucket add column archive_store text;
alter table bucket add column archive_class text;
alter table bucket add column watched boolean not null default false;

-- An action on many assets, asked for by one request. `target` are the ids as they were named; `step` is what it really
-- acts on, fixed before anything is done: what lies below a folder, for actions that take it with all below.
create table batch (
  id integer primary key autoincrement,
  uid uuid not null unique,
  action text not null,
  arguments text not null,
  user_id bigint not null,                -- user_account.id; 0: the program
  username text not null,
  principal text not null,                -- as JSON: whoever asked, with the scopes of their key
  state smallint not null,                -- 0 its targets are being written, 1 running, 2 ended
  planned boolean not null default false, -- its steps are all there
  created_at bigint not null,
  ended_at bigint
);
create index batch_ended on batch (ended_at) where state = 2;

create table batch_target (
  batch_id bigint not null references batch (id) on delete cascade,
  ordinal integer not null,
  asset_uid uuid not null,
  asset_id bigint,                        -- null: nothing is to be done for it alone (unknown, or below another target)
  state smallint not null default 0,      -- 0 queued, 1 succeeded, 2 failed
  new_uid uuid,
  error_type text,
  error_message text,
  failures bigint not null default 0,     -- of its steps
  primary key (batch_id, ordinal)
);

create table batch_step (
  id integer primary key autoincrement,   -- in the order in which they are done
  batch_id bigint not null references batch (id) on delete cascade,
  ordinal integer not null,               -- of its target
  asset_id bigint not null,
  parent_step bigint,                     -- of a copy: the step that makes the folder it goes into
  new_asset_id bigint                     -- of a copy: what was made
);
create index batch_step_by_batch on batch_step (batch_id, id);
create index batch_step_by_target on batch_step (batch_id, ordinal, id);
