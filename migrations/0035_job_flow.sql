-- programs since: 34
-- Whose work a job is one of, and how many of that waited when it came: a million files that one registers are not
-- before the film that another uploads (jobs/backlog.hpp).
alter table job add column flow text not null default '';
alter table job add column band integer not null default 0;
create index job_by_flow on job (flow) where status = 0 and flow <> '';
