-- In which bucket an asset is follows from the tree, so that a folder of a million moves to another by one row.
alter table asset drop column bucket_id;
