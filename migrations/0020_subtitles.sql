-- What a related asset was found to be (of subtitles: format, cues), and why it could not be read.
alter table related_asset add column properties text not null default '{}';
alter table related_asset add column error text;
