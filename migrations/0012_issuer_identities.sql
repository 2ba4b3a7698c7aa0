-- People who sign in at an OpenID Connect issuer. They are known by issuer and subject, which never change, and not by
-- name or address, which do.
create table user_identity (
  id integer primary key autoincrement,
  user_id bigint not null references user_account (id) on delete cascade,
  issuer text not null,
  subject text not null,
  claims_at bigint,                       -- when the newest token was issued whose groups and role were taken over
  created_at bigint not null
);
create unique index user_identity_subject on user_identity (issuer, subject);
create index user_identity_by_user on user_identity (user_id);

-- Who is in a group because the issuer says so leaves it when it no longer does; whom an administrator put there stays.
alter table group_member add column from_issuer boolean not null default false;

create index user_account_by_email on user_account (lower(email)) where email is not null;
