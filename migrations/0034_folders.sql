-- What a start reads of every folder lies in the index: row by row it was a read of the disk for each, minutes on a slow
-- one.
drop index asset_folders;
create index asset_folders on asset (asset_type, id, parent_id, uid, name, deleted_at) where asset_type <> 2;
