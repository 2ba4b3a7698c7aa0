-- Blobs: immutable bytes in stores, and how many rows refer to them. What has no reference any more waits for the
-- sweep, which moves the row to blob_removal, removes the bytes, and then the row there.

create table blob (
  id integer primary key,
  uid uuid not null unique,
  store text not null,
  object_key text not null,
  size bigint not null,
  sha256 blob,
  crc32 bigint,
  owned boolean not null,
  state smallint not null,                -- 0 staging: being uploaded; 1 live
  reference_count bigint not null default 0 check (reference_count >= 0),
  unreferenced_at bigint,                 -- since when nothing refers to it; null: something does
  mtime_ns bigint not null default 0,     -- of a registered object; 0: not checked
  etag text,                              -- of a registered object, the store's own
  encoding text,                          -- null: the bytes as they are
  encryption_key text,                    -- null: not encrypted
  created_at bigint not null
);
create index blob_by_location on blob (store, object_key);
create index blob_unreferenced on blob (unreferenced_at, id) where unreferenced_at is not null;

-- Owned bytes that are to go. Nothing can refer to them any more: their row in blob is gone, in the same transaction.
create table blob_removal (
  id integer primary key,
  blob_id bigint not null,                -- the row that was
  store text not null,
  object_key text not null,
  size bigint not null,
  decided_at bigint not null
);
create index blob_removal_by_location on blob_removal (store, object_key);

-- Which local stores this database's sweep may look for orphans in: the mark that it put there, so that another
-- database's files, or the empty mount point of a disk that is away, are never judged by this one's rows.
create table blob_store_mark (
  store text not null primary key,
  mark uuid not null,
  written boolean not null                -- false until the mark is known to be on the disk
);
