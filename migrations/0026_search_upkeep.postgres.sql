-- It was to answer searches without the table, which PostgreSQL cannot where names are wanted as well: it is read as the
-- primary key would be, and every change of an asset writes into it.
drop index asset_for_search;
-- New terms are kept aside and sorted in when there are so many KiB of them, by whoever writes next. A batch of ten
-- thousand stays below; the upkeep of the index sorts them in when nobody waits.
alter index search_document_terms set (gin_pending_list_limit = 16384);
