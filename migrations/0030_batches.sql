-- Of every asset's status it served only the few that the archive is at work on.
drop index asset_by_status;
create index asset_archive_work on asset (id) where asset_type = 2 and status in (4, 7, 9, 11);

-- Targets that are done together with a folder that was named too, for what fails below it.
create index batch_target_along on batch_target (batch_id, ordinal) where asset_id is null and state = 0;
