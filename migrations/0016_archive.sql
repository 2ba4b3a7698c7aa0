-- Archive tiers. What lies in one of S3's storage classes says so on its blob, and what an asset's content lies in on
-- the asset (nothing: the usual class of the bucket's own store).
alter table blob add column storage_class text;
alter table asset add column storage_class text;

-- Blobs that archiving keeps for an asset besides those of its versions, each counted as a reference: copies on their
-- way into a tier or out of it, from before their first byte until the content is swapped for them, so that a crash
-- leaves nothing that no row names; and the registered object, not this server's own, that archived content came from.
create table archive_blob (
  id integer primary key autoincrement,
  asset_id bigint not null references asset (id) on delete cascade,
  blob_id bigint not null references blob (id),
  source_blob_id bigint not null,         -- of a copy: what it is made from; of an origin: the archived blob
  state smallint not null,                -- 0 being copied, 1 copied and read back, 2 origin
  created_at bigint not null
);
create index archive_blob_by_asset on archive_blob (asset_id, id);
create index archive_blob_by_blob on archive_blob (blob_id);
