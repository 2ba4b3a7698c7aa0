-- Durable jobs. A claim raises `fence`; only who holds the present fence may write a result.

create table job (
  id integer primary key,
  uid uuid not null unique,
  type text not null,
  key text not null unique,               -- asset, version, step, recipe, generation: a second insert is the same job
  asset_id bigint,                        -- no reference: the history of a removed asset goes when catalog says so
  asset_uid uuid,
  version bigint not null default 0,
  payload text not null,
  status smallint not null default 0,     -- 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled
  priority integer not null default 0,
  attempt integer not null default 0,     -- attempts that count against max_attempts
  max_attempts integer not null,
  claims integer not null default 0,      -- every hand-out since it was queued or retried, counted as attempt or not
  waiting integer not null default 0,     -- dependencies that have not ended
  needs_success boolean not null default false,
  available_at bigint not null,           -- back-off: not before
  fence bigint not null default 0,
  worker text,
  lease_until bigint,
  progress double precision not null default 0,
  error_code text,
  error_message text,
  error_detail text,
  log text,                               -- the last that the last attempt said
  result text,
  created_at bigint not null,
  started_at bigint,
  ended_at bigint
);
create index job_ready on job (type, priority desc, id) where status = 0 and waiting = 0;
create index job_running on job (lease_until) where status = 1;
create index job_by_worker on job (worker) where status = 1;
create index job_by_asset on job (asset_id, id);
create index job_by_asset_uid on job (asset_uid, id);
create index job_by_type on job (type, id);
create index job_by_status on job (status, id);

create table job_dependency (
  job_id bigint not null references job (id) on delete cascade,
  needs_id bigint not null references job (id) on delete cascade,
  primary key (job_id, needs_id)
);
create index job_dependency_by_needs on job_dependency (needs_id);
