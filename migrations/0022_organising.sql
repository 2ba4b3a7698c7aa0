-- What assets are organised by besides folders: tags that are counted and listed, collections, fields of the library's own.

-- asset_tag holds what can be listed: the tags of assets that are not in the bin themselves, with the keys by which a
-- folder's page goes, so that a tag that few assets of a folder have finds them without looking at the others.
create table asset_tag_listed (
  asset_id bigint not null references asset (id) on delete cascade,
  tag_id bigint not null references tag (id),
  parent_id bigint not null,              -- 0: a bucket
  asset_type smallint not null,
  sort_name text not null,
  primary key (asset_id, tag_id)
);
insert into asset_tag_listed (asset_id, tag_id, parent_id, asset_type, sort_name)
  select t.asset_id, t.tag_id, coalesce(a.parent_id, 0), a.asset_type, a.sort_name from asset_tag t join asset a on a.id = t.asset_id
  where a.deleted_at is null;
drop table asset_tag;
alter table asset_tag_listed rename to asset_tag;
create index asset_tag_by_tag on asset_tag (tag_id, parent_id, asset_type, sort_name, asset_id);

-- How many assets have it; a tag that nothing uses is gone.
alter table tag add column uses bigint not null default 0;
update tag set uses = (select count(*) from asset_tag t where t.tag_id = tag.id);
delete from tag where uses = 0;

create index asset_by_status_name on asset (parent_id, status, asset_type, sort_name, id) where deleted_at is null;

-- Rows of collections, as a JSON list in the order of adding; those of removed collections may still stand in it.
alter table asset add column collections text not null default '[]';

create table collection (
  id integer primary key autoincrement,
  uid uuid not null unique,
  owner uuid not null,                    -- who made it; the nil UUID: the program
  name text not null,
  folded text not null,                   -- fold_case(name): unique for each owner
  sort_name text not null,
  description text,
  created_at bigint not null,
  modified_at bigint not null,
  revision bigint not null default 1,
  removed boolean not null default false  -- its items are being taken away
);
create unique index collection_owned_name on collection (owner, folded) where not removed;
create index collection_by_name on collection (sort_name, id) where not removed;
create index collection_by_folded on collection (folded) where not removed;
create index collection_removed on collection (id) where removed;

create table collection_item (
  id integer primary key autoincrement,   -- in the order of adding
  collection_id bigint not null references collection (id),
  asset_id bigint not null references asset (id) on delete cascade,
  added_at bigint not null,
  added_by uuid,
  unique (asset_id, collection_id)
);
create index collection_item_in_order on collection_item (collection_id, id);

create table custom_field (
  id integer primary key autoincrement,
  uid uuid not null unique,
  name text not null unique,              -- the member of an asset's customFields
  folded text not null unique,
  label text not null,
  field_type text not null,               -- text, number, date, choice or boolean
  choices text not null default '[]',
  required boolean not null default false,
  multiple boolean not null default false,
  description text,
  created_at bigint not null,
  modified_at bigint not null,
  revision bigint not null default 1
);
