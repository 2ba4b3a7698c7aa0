-- The search index: terms made in code (search/words.hpp), kept in the transaction of the change. It knows which asset has
-- which term and nothing else; order of words is checked against the text. Permission, place and status stay where they
-- are, so that a move, a grant or a new status touches nothing here.

-- What was indexed of an asset, so that the next change writes the difference alone, and nothing where nothing searchable
-- changed. Its folded names, description, tags and fields, a line each, and the terms of its properties.
create table search_document (
  asset_id integer primary key,
  source text not null,
  generation bigint not null              -- of the index that it is in: an older one is not
);

-- Texts that later rooms find in an asset: what is spoken, read on the screen, seen.
create table search_text (
  id integer primary key,
  asset_id bigint not null,
  kind text not null,
  key text not null,
  text text not null,
  start_ms bigint,
  end_ms bigint
);
create unique index search_text_key on search_text (asset_id, kind, key);

create table search_state (
  single integer primary key check (single = 1),
  generation bigint not null,
  words_version bigint not null,          -- of the rules by which text is cut into terms
  rebuilt_to bigint                       -- assets up to this row are in; null: all are
);
insert into search_state (single, generation, words_version, rebuilt_to) values (1, 1, 0, 0);

create virtual table search_index using fts5 (terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii');
-- Merging is done when nobody waits; until then a few segments more are looked at.
insert into search_index (search_index, rank) values ('automerge', 0);
insert into search_index (search_index, rank) values ('crisismerge', 64);

-- What a search looks at of its candidates, without reading their rows.
create index asset_for_search on asset (id, parent_id, asset_type, status, media_type, deleted_at, size, created_at,
  modified_at, duration_ms, has_audio, content_type, language_code, sort_name);
create index asset_all_by_name on asset (sort_name, id) where deleted_at is null;
create index asset_all_by_modified on asset (modified_at, id) where deleted_at is null;
create index asset_all_by_size on asset (size, id) where deleted_at is null;
