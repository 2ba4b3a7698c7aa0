-- Links by which people without an account see one asset, until they end, are revoked, or whoever made them may no longer
-- read it. The token itself stands in the link alone, which is here for no longer than it waits to be mailed.
create table share (
  id integer primary key autoincrement,
  uid uuid not null unique,
  token_hash blob not null unique,        -- SHA-256
  asset_id bigint not null references asset (id) on delete cascade,
  created_by uuid not null,
  created_at bigint not null,
  expires_at bigint,                      -- the first instant at which it is over
  password_hash text,                     -- argon2id
  allow_download boolean not null,
  allow_annotations boolean not null,
  message text,
  recipients text not null default '[]',  -- JSON: e-mail addresses
  mails_left integer not null default 0,  -- to recipients who are still to be written to
  mail_link text,                         -- the link, for as long as there are any
  revoked_at bigint,
  opens bigint not null default 0,
  last_opened_at bigint
);
create index share_by_asset on share (asset_id, id);
