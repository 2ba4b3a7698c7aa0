-- Accounts: who there is, how they prove it, and what they may do. Row numbers are never given twice (autoincrement),
-- since grants, tokens and memory name users, groups and grants by them.

-- Counts changes of users, groups, members, grants and keys. A change takes the next number first, which makes such
-- changes wait for one another on all nodes, and by which each node sees that its memory of them is old.
create table account_epoch (
  id integer primary key,
  value bigint not null
);
insert into account_epoch (id, value) values (1, 0);

create table user_account (
  id integer primary key autoincrement,
  uid uuid not null unique,
  username text not null,
  username_key text not null,             -- case folded: names that differ by case alone are one
  display_name text,
  email text,
  role smallint not null,                 -- 0 viewer, 1 editor, 2 admin
  disabled boolean not null default false,
  password_hash text,                     -- argon2id; null: no password opens it
  password_changed_at bigint,
  last_login_at bigint,
  created_at bigint not null,
  modified_at bigint not null,
  revision bigint not null default 1
);
create unique index user_account_name on user_account (username_key);
create index user_account_by_created on user_account (created_at, id);

create table user_group (
  id integer primary key autoincrement,
  uid uuid not null unique,
  name text not null,
  name_key text not null,
  description text,
  created_at bigint not null,
  modified_at bigint not null,
  revision bigint not null default 1
);
create unique index user_group_name on user_group (name_key);
create index user_group_by_created on user_group (created_at, id);

create table group_member (
  group_id bigint not null references user_group (id) on delete cascade,
  user_id bigint not null references user_account (id) on delete cascade,
  added_at bigint not null,
  primary key (group_id, user_id)
);
create index group_member_by_user on group_member (user_id, group_id);

-- The asset table comes later, and whoever deletes an asset says so (auth::forget_asset).
create table access_grant (
  id integer primary key autoincrement,
  uid uuid not null unique,
  user_id bigint references user_account (id) on delete cascade,
  group_id bigint references user_group (id) on delete cascade,
  asset_row bigint not null,
  asset_uid uuid not null,
  permission smallint not null,           -- 0 read, 1 write, 2 manage
  created_at bigint not null,
  created_by uuid,
  check ((user_id is null) <> (group_id is null))
);
create unique index access_grant_of_user on access_grant (user_id, asset_row) where user_id is not null;
create unique index access_grant_of_group on access_grant (group_id, asset_row) where group_id is not null;
create index access_grant_by_asset on access_grant (asset_row);

create table api_key (
  id integer primary key autoincrement,
  uid uuid not null unique,
  user_id bigint not null references user_account (id) on delete cascade,
  name text not null,
  prefix text not null unique,            -- the part by which it is found; not secret
  secret_hash blob not null,              -- SHA-256 of the whole key
  scopes text,                            -- comma separated; null: whatever its user may
  expires_at bigint,
  last_used_at bigint,                    -- to within the hour
  created_at bigint not null,
  created_by uuid
);
create index api_key_by_user on api_key (user_id, id);

-- One sign-in: a family of refresh tokens, of which the newest alone is good.
create table login_session (
  id integer primary key autoincrement,
  uid uuid not null unique,
  user_id bigint not null references user_account (id) on delete cascade,
  cookies boolean not null,
  created_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint,
  revoked_why text
);
create index login_session_by_user on login_session (user_id) where revoked_at is null;
create index login_session_by_revoked on login_session (revoked_at) where revoked_at is not null;
create index login_session_by_expiry on login_session (expires_at);

create table refresh_token (
  id integer primary key autoincrement,
  session_id bigint not null references login_session (id) on delete cascade,
  token_hash blob not null unique,        -- SHA-256
  created_at bigint not null,
  used_at bigint                          -- a second use revokes the session
);
create index refresh_token_by_session on refresh_token (session_id);

-- Wrong passwords by account and by address, in the database so that neither a restart nor another node forgets them.
-- Subjects are hashed: people type passwords where the user name goes.
create table login_attempt (
  subject blob not null primary key,
  failures bigint not null,
  window_started_at bigint not null
);
create index login_attempt_by_window on login_attempt (window_started_at);

-- Keys that sign tokens, links and cookies, shared by all nodes. A retired key still verifies until it is deleted.
create table signing_key (
  id integer primary key autoincrement,
  kid text not null unique,
  purpose text not null,
  kind text not null,                     -- ed25519, rsa-2048, hmac-256: a key serves this algorithm alone
  secret blob not null,
  created_at bigint not null,
  retired_at bigint
);
create index signing_key_by_purpose on signing_key (purpose, id);

-- A request with an Idempotency-Key that changed something, or was answered. See docs/decisions/idempotency.md.
create table idempotency_record (
  id integer primary key autoincrement,
  principal text not null,
  route text not null,
  request_key text not null,
  fingerprint blob not null,              -- SHA-256 of path, query and body
  attempt text not null,                  -- which run of the request made this row
  status bigint,                          -- null: its effect is committed, its answer is not
  headers text,
  body blob,
  created_at bigint not null
);
create unique index idempotency_record_key on idempotency_record (principal, route, request_key);
create index idempotency_record_by_created on idempotency_record (created_at);
