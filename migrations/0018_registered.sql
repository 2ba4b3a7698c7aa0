-- Objects that were registered where they lie, in whatever bucket's store, and as what they were found. The row stays
-- when its asset is gone for good (asset_id null), so that a watched bucket does not take the object for a new one.
create table registered_object (
  id integer primary key,
  asset_id bigint references asset (id) on delete set null,
  store text not null,
  object_key text not null,               -- in the store, the bucket's prefix included
  size bigint not null,
  mtime_ns bigint not null,
  etag text not null,
  moving_to text,                         -- the key that it is being given, written before the object is touched
  unique (store, object_key)
);
create unique index registered_object_by_asset on registered_object (asset_id) where asset_id is not null;

-- How a watched bucket is looked through: by one node at a time, which says so until `held_until`.
create table watch_scan (
  bucket_id bigint not null primary key references asset (id) on delete cascade,
  node text not null,
  held_until bigint not null,
  started_at bigint,                      -- of the last one that ended
  ended_at bigint,
  error text,                             -- why it could not be looked through
  objects bigint not null default 0,      -- seen
  ignored bigint not null default 0,      -- dot and temporary names, and the library's own
  waiting bigint not null default 0,      -- new or changed, and not found unchanged for long enough
  registered bigint not null default 0    -- new versions included, by that scan
);

-- What could not be registered of a watched bucket, and when that is tried again.
create table watch_failure (
  id integer primary key,
  bucket_id bigint not null references asset (id) on delete cascade,
  object_key text not null,
  error text not null,
  attempts integer not null,
  first_at bigint not null,
  last_at bigint not null,
  next_at bigint not null,
  unique (bucket_id, object_key)
);
