-- News of what changed, written in the transaction of the change and read in order by whoever is interested: the event
-- stream, webhooks, caches of other nodes.
create table outbox (
  id integer primary key,
  topic text not null,                    -- for subscribers to choose by: "asset", "job", "grant"
  name text not null,
  asset_id bigint,                        -- no reference: news outlive what they speak of
  asset_uid uuid,
  payload text not null,
  created_at bigint not null
);

-- How far a subscriber that must miss nothing has come. On PostgreSQL one node at a time works through it.
create table outbox_cursor (
  name text not null primary key,
  position bigint not null,
  owner text,
  owned_until bigint
);
