-- One table for everything that somebody did: changes of assets (the history, so far a table of its own), reads of
-- assets, and what concerns accounts. Names are as they were then; nothing refers to rows that may go.
create table audit_entry (
  id integer primary key,
  at bigint not null,
  kind smallint not null,                 -- 0 change of an asset, 1 read of one, 2 accounts and settings
  operation text not null,
  user_id uuid,
  username text,
  via text,                               -- "session", "api-key"; null: the program itself
  address text,                           -- the client's
  asset_id bigint,
  asset_uid uuid,
  asset_name text,
  subject_type text,                      -- of kind 2: "user", "group", "grant", "api-key", "webhook"
  subject_uid uuid,
  subject_name text,
  from_status smallint,
  to_status smallint,
  reason text
);
insert into audit_entry (at, kind, operation, user_id, username, asset_id, asset_uid, asset_name, from_status, to_status, reason)
select h.at, 0, h.operation, h.user_id, h.username, h.asset_id, h.asset_uid, a.name, h.from_status, h.to_status, h.reason
from asset_history h left join asset a on a.uid = h.asset_uid order by h.id;
drop table asset_history;
create index audit_entry_by_time on audit_entry (at, id);
create index audit_entry_by_asset on audit_entry (asset_uid, at, id) where asset_uid is not null;
create index audit_entry_by_user on audit_entry (user_id, at, id) where user_id is not null;
