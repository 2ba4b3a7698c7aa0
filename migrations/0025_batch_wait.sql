-- What a batch set going and waits for: a target ends when the last of its jobs has.
create table batch_wait (
  job_id bigint not null references job (id) on delete cascade,
  batch_id bigint not null references batch (id) on delete cascade,
  ordinal integer not null,               -- of the target
  primary key (job_id, batch_id, ordinal)
);
create index batch_wait_by_target on batch_wait (batch_id, ordinal);
-- Who plans a batch anew takes the next number; whoever planned it before then writes no more.
alter table batch add column planner bigint not null default 0;
create index batch_by_user on batch (user_id, id);
