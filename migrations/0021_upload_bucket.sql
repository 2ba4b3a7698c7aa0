-- The bucket whose quota an open upload of content takes from; null for what is uploaded beside an asset.
alter table upload add column bucket_id bigint;
create index upload_in_bucket on upload (bucket_id) where state = 0;
