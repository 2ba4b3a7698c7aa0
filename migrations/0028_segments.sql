-- The shots of a content: what its processing found, anew for each version. Times are microseconds after the file's
-- beginning, timecodes those of its frames, which never change for one content.
create table segment (
  asset_id bigint not null references asset (id) on delete cascade,
  version bigint not null,
  position integer not null,
  uid uuid not null unique,
  start_us bigint not null,
  end_us bigint not null,
  start_timecode text not null,
  end_timecode text not null,
  primary key (asset_id, version, position)
);
-- Stills of them: files of the version's related asset with the recipe 'shots/screenshot'.
create table segment_screenshot (
  asset_id bigint not null,
  version bigint not null,
  position integer not null,
  uid uuid not null unique,
  name text not null,
  at_us bigint not null,
  timecode text not null,
  width integer not null,
  height integer not null,
  primary key (asset_id, version, position, name),
  foreign key (asset_id, version, position) references segment (asset_id, version, position) on delete cascade
);
