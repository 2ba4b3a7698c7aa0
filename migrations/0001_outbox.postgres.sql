-- Transactions commit in another order than they take ids, so a reader by id would lose the late ones. Rows get their
-- place in the order when they are visible, from one counter whose row lock is held until the places are committed.
alter table outbox add column position bigint;
create unique index outbox_position on outbox (position) where position is not null;
create index outbox_unplaced on outbox (id) where position is null;

create table outbox_head (
  single boolean not null primary key default true check (single),
  position bigint not null
);
insert into outbox_head (position) values (0);
