-- Webhooks: where news are sent to, and each delivery with what became of it.
create table webhook (
  id integer primary key autoincrement,
  uid uuid not null unique,
  description text,
  url text not null,
  secret text not null,                   -- signs the deliveries; never shown
  events text not null,                   -- JSON: ["asset", "upload.completed"]; empty: all
  enabled boolean not null,
  begins_after bigint not null,           -- a place in the outbox; what came before it is not sent
  last_number bigint not null default 0,  -- of its deliveries
  created_at bigint not null,
  created_by uuid,
  modified_at bigint not null,
  revision bigint not null default 1,
  removed_at bigint                       -- gone for everybody; its deliveries are being removed
);

create table webhook_delivery (
  id integer primary key,
  uid uuid not null unique,               -- what the receiver tells repetitions by
  webhook_id bigint not null references webhook (id),
  number bigint not null,
  position bigint,                        -- of the event; null: a test
  topic text not null,
  event text not null,
  asset_uid uuid,
  body text not null,                     -- as it is sent, each time the same
  state smallint not null,                -- 0 waiting, 1 delivered, 2 dead
  first boolean not null,                 -- of the waiting ones of its asset; the others wait for this
  attempts integer not null default 0,
  due_at bigint not null,
  status_code integer,
  error text,
  attempt_log text not null default '[]',
  created_at bigint not null,
  ended_at bigint
);
create unique index webhook_delivery_number on webhook_delivery (webhook_id, number);
create unique index webhook_delivery_event on webhook_delivery (webhook_id, position) where position is not null;
create index webhook_delivery_due on webhook_delivery (webhook_id, due_at, id) where state = 0 and first;
create index webhook_delivery_waiting on webhook_delivery (webhook_id, asset_uid, id) where state = 0;
create index webhook_delivery_age on webhook_delivery (state, created_at);
