-- Two look-ups for each tag that an asset gets. Who tags an asset holds both (catalog/tag_repository.hpp), and who deletes
-- one takes its tags along.
alter table asset_tag drop constraint asset_tag_listed_asset_id_fkey;
alter table asset_tag drop constraint asset_tag_listed_tag_id_fkey;

-- Assets that changed alike are one note. Nodes that are restarted begin anew, so none of before is needed.
delete from search_change;
alter table search_change drop column asset_id;
alter table search_change add column asset_ids bigint[] not null;
